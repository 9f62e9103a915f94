/**
 * How much room the disk has left. Part of it is kept for what gives room back (acknowledgements,
 * snapshots, a checkpoint): messages are to stop before that, and everything before the very end,
 * since a write that runs out of disk in the middle tells nobody how far it came.
 */
import { BrokerError } from '../../base/errors.ts';
import type { LmdbSettings } from './options.ts';
import type { Spares } from './spares.ts';

/** Looked at again after so long, or once so large a part of the reserve may have been written. */
const LOOK_MS = 1_000;
const LOOKS = 16;
/** Of a small disk only so large a part is kept. */
const MAX_SHARE = 1 / 16;
/** Over again once there is so many times as much as is kept. */
const ENOUGH = 1.25;
/** Of what is kept, this part is for nobody. */
const FLOOR = 1 / 8;

export class Room {
  readonly #settings: LmdbSettings;
  readonly #spares: Spares;
  #freeBytes = Number.POSITIVE_INFINITY;
  #reserveBytes = 0;
  #isShort = false;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #writtenBytes = 0;

  constructor(settings: LmdbSettings, spares: Spares) {
    this.#settings = settings;
    this.#spares = spares;
  }

  /** Less is left than is kept. */
  get isShort(): boolean {
    this.#look();
    return this.#isShort;
  }

  /** Why nothing is to be written at all, if so. */
  get refusal(): BrokerError | undefined {
    this.#look();
    if (this.#freeBytes >= this.#reserveBytes * FLOOR) return undefined;
    const { dir } = this.#settings;
    const left = `${Math.floor(this.#freeBytes / 1024)} KiB`;
    return new BrokerError('storage-full', `${dir} has ${left} of disk left: free some.`);
  }

  /** So many bytes are on their way to the disk. */
  takes(bytes: number): void {
    this.#writtenBytes += bytes;
  }

  #look(): void {
    const { clock, files, dir, reserveBytes } = this.#settings;
    const nowMs = clock.monotonicMs();
    const isSoon = nowMs - this.#lookedAtMs < LOOK_MS;
    if (isSoon && this.#writtenBytes * LOOKS <= this.#reserveBytes) return;
    this.#lookedAtMs = nowMs;
    this.#writtenBytes = 0;
    const disk = files.diskOf(dir);
    this.#freeBytes = disk.freeBytes + this.#spares.bytes;
    this.#reserveBytes = Math.min(reserveBytes, disk.bytes * MAX_SHARE);
    const enough = this.#isShort ? this.#reserveBytes * ENOUGH : this.#reserveBytes;
    this.#isShort = this.#freeBytes < enough;
  }
}

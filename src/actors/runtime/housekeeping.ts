/**
 * Keeps memory and recovery short: saves what has changed and moves the checkpoint (fuzzily: actors
 * go on meanwhile), lets actors that nobody uses leave memory, drops the machines of resting ones.
 */
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { pacer } from '../../base/slices.ts';
import type { Snapshot } from '../../storage/state.ts';
import type { Storage } from '../../storage/storage.ts';
import type { Agenda } from './agenda.ts';
import { type Cell, isBusy, rest } from './cell.ts';
import type { CommitQueue } from './commit.ts';
import type { Registry } from './registry.ts';

export interface HousekeepingLimits {
  /** A checkpoint starts at the latest so long after the one before. */
  readonly checkpointIntervalMs: number;
  /** An actor that nobody uses leaves memory after so long. */
  readonly actorIdleMs: number;
  /** Above so many actors in memory, unused ones leave at once. */
  readonly maxIdleActors: number;
}

const SWEEP_INTERVAL_MS = 500;
/** On a disk that is short of room: segments are given back by checkpoints. */
const SHORT_CHECKPOINT_MS = 2_000;
/** Actors looked at, or saved, before others get their turn, if that does not take too long. */
const SLICE = 500;
/** One that is told that it is due counts for so many: it has its turn together with the others. */
const DUE_WEIGHT = 20;

export class Housekeeping {
  readonly #registry: Registry;
  readonly #agenda: Agenda;
  readonly #storage: Storage;
  readonly #commits: CommitQueue;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #limits: HousekeepingLimits;
  #sweep: IterableIterator<Cell> | undefined;
  #checkpointing: Promise<void> | undefined;
  #lastCheckpointMs: number;
  #wasShort = false;
  #stopped = false;

  constructor(
    registry: Registry,
    agenda: Agenda,
    storage: Storage,
    commits: CommitQueue,
    clock: Clock,
    log: Log,
    limits: HousekeepingLimits,
  ) {
    this.#registry = registry;
    this.#agenda = agenda;
    this.#storage = storage;
    this.#commits = commits;
    this.#clock = clock;
    this.#log = log;
    this.#limits = limits;
    this.#lastCheckpointMs = clock.monotonicMs();
  }

  start(): void {
    this.#clock.after(SWEEP_INTERVAL_MS, () => this.#tick());
  }

  /** Ends the regular work and waits for a checkpoint that is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#checkpointing;
  }

  /** Saves every changed actor and moves the checkpoint to what was durable at the start. */
  checkpoint(): Promise<void> {
    this.#checkpointing ??= this.#runCheckpoint().finally(() => {
      this.#checkpointing = undefined;
      this.#lastCheckpointMs = this.#clock.monotonicMs();
    });
    return this.#checkpointing;
  }

  #tick(): void {
    if (this.#stopped) return;
    const sinceMs = this.#clock.monotonicMs() - this.#lastCheckpointMs;
    if (sinceMs >= this.#checkpointIntervalMs()) {
      this.checkpoint().catch((error) => {
        this.#log.error('a checkpoint failed', { error });
      });
    }
    this.#clock.after(this.#work() ? 0 : SWEEP_INTERVAL_MS, () => this.#tick());
  }

  #checkpointIntervalMs(): number {
    const { checkpointIntervalMs } = this.#limits;
    const { isShort } = this.#storage;
    if (isShort !== this.#wasShort) {
      if (isShort) this.#log.warn('the disk is short of room: no messages are taken for now');
      else this.#log.info('the disk has room again');
    }
    this.#wasShort = isShort;
    return isShort ? Math.min(SHORT_CHECKPOINT_MS, checkpointIntervalMs) : checkpointIntervalMs;
  }

  /** Whether there is more to do at once. What cannot be read is left for the next time. */
  #work(): boolean {
    try {
      const areMoreDue = this.#agenda.wakeSaved(this.#clock.nowMs());
      return this.#sweepSlice() || areMoreDue;
    } catch (error) {
      this.#log.error('actors could not be looked after', { error });
      return false;
    }
  }

  /** Whether the sweep has more to look at at once. */
  #sweepSlice(): boolean {
    this.#sweep ??= this.#registry.cells();
    const nowMs = this.#clock.nowMs();
    const crowded = this.#registry.size > this.#limits.maxIdleActors;
    const leaving: Taken[] = [];
    const pace = pacer(this.#clock);
    for (let seen = 0; seen < SLICE && !pace.isOver(); seen++) {
      const next = this.#sweep.next();
      if (next.done) {
        this.#sweep = undefined;
        break;
      }
      if (this.#visit(next.value, nowMs, crowded, leaving)) seen += DUE_WEIGHT;
    }
    if (leaving.length > 0) this.#letGo(leaving);
    return this.#sweep !== undefined;
  }

  /** Whether the actor is due, and has been told so. */
  #visit(cell: Cell, nowMs: number, crowded: boolean, leaving: Taken[]): boolean {
    if (isBusy(cell)) return false;
    if (this.#agenda.tellDue(cell, nowMs)) return true;
    this.#rest(cell, nowMs, crowded, leaving);
    return false;
  }

  /** An actor that nobody uses is to leave memory. */
  #rest(cell: Cell, nowMs: number, crowded: boolean, leaving: Taken[]): void {
    const restedMs = nowMs - cell.lastActiveMs;
    if (restedMs > SWEEP_INTERVAL_MS) rest(cell);
    if (!crowded && restedMs < this.#limits.actorIdleMs) return;
    if (!this.#registry.isIdle(cell) || !this.#commits.settled(cell)) return;
    leaving.push({ cell, snapshot: this.#snapshotOf(cell) });
  }

  /**
   * Only once all are saved: those that were looked at after one may have asked what it shows, and
   * would have found it as its last snapshot has it, if it had left memory by then.
   */
  #letGo(leaving: readonly Taken[]): void {
    const changed = leaving
      .filter(({ cell, snapshot }) => cell.dirty || snapshot.dueAtMs !== cell.savedDueAtMs)
      .map(({ snapshot }) => snapshot);
    if (changed.length > 0) {
      this.#storage.state.save(changed).catch((error) => {
        this.#log.error('snapshots could not be saved; the journal still holds them', { error });
      });
    }
    for (const { cell } of leaving) {
      rest(cell);
      this.#registry.drop(cell);
    }
  }

  async #runCheckpoint(): Promise<void> {
    const through = this.#commits.durableSequence;
    if (through === this.#storage.state.checkpointSequence) return;
    const cells = [...this.#registry.cells()];
    let slice: Taken[] = [];
    const pace = pacer(this.#clock);
    for (const cell of cells) {
      if (pace.isOver()) await pace.pause();
      if (!cell.dirty || cell.fenced || this.#registry.loaded(cell.id) !== cell) continue;
      while (this.#commits.gathers(cell)) await this.#commits.nextDurable();
      if (!cell.dirty || this.#registry.loaded(cell.id) !== cell) continue;
      slice.push({ cell, snapshot: this.#snapshotOf(cell) });
      if (slice.length >= SLICE) {
        await this.#saveDurable(slice);
        slice = [];
      }
    }
    await this.#saveDurable(slice);
    // One that was fenced is recovered from the journal, which must not be given up yet.
    if (!cells.some(({ fenced }) => fenced)) await this.#storage.state.checkpoint(through);
  }

  /**
   * Snapshots may be saved only once the records that they include are durable. Who has left memory
   * while that was waited for has saved a later state itself, which must not be overwritten; until
   * a snapshot is saved its actor counts as changed, so that it does not leave without it.
   */
  async #saveDurable(slice: readonly Taken[]): Promise<void> {
    const last = Math.max(0, ...slice.map(({ snapshot }) => snapshot.sequence));
    while (this.#commits.durableSequence < last) await this.#commits.nextDurable();
    const here = slice.filter(
      ({ cell }) => this.#registry.loaded(cell.id) === cell && !cell.fenced,
    );
    const saved = this.#storage.state.save(here.map(({ snapshot }) => snapshot));
    for (const { cell, snapshot } of here) {
      cell.savedDueAtMs = snapshot.dueAtMs;
      if (cell.sequence === snapshot.sequence && !this.#commits.gathers(cell)) cell.dirty = false;
    }
    await saved;
  }

  #snapshotOf(cell: Cell): Snapshot {
    const { behaviour, state, sequence } = cell;
    if (!behaviour.exists(state)) return { actor: cell.id, sequence, state: undefined };
    const dueAtMs = this.#agenda.dueWhenAway(cell);
    return { actor: cell.id, sequence, state: behaviour.snapshot(state), dueAtMs };
  }
}

/** A snapshot on its way to being saved. */
interface Taken {
  readonly cell: Cell;
  readonly snapshot: Snapshot;
}

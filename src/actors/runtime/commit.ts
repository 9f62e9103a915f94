/**
 * Group commit. Batches become durable in order; replies and continuations of a batch are released
 * when it is, and never before those of an earlier one. At most `maxInFlight` batches are with the
 * disk; meanwhile one more is gathered, and past `maxBatchBytes` the step loop stops until the disk
 * has caught up. While several tenants share the journal both are smaller, in bytes: what one of
 * them publishes waits behind all that lies between a step and the disk.
 */
import type { Clock } from '../../base/clock.ts';
import type { Latencies } from '../../base/latencies.ts';
import type { Appended, Journal, JournalEvent } from '../../storage/journal.ts';
import type { Recipient } from '../ports.ts';
import { Batch, type Reply } from './batch.ts';
import type { ActorEvent, WriteTimes } from './behaviour.ts';
import type { Cell } from './cell.ts';

export interface CommitLimits {
  readonly maxInFlight: number;
  readonly maxBatchBytes: number;
  readonly maxBatchEvents: number;
  /**
   * While several tenants share the journal: bytes with the disk before no other batch is handed
   * to it. A batch that is gathered meanwhile is full with a quarter of it.
   */
  readonly maxSharedBytesInFlight: number;
}

/** Batches that may be with the disk while several tenants share it. */
const SHARED_BATCHES = 4;

export interface CommitHost {
  /** A batch is durable: its continuations are to be posted and the loop may go on. */
  committed(continuations: ReadonlyMap<Cell, unknown>): void;
  /** The journal can no longer say what it holds. */
  broken(error: unknown): void;
}

export class CommitQueue {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #limits: CommitLimits;
  readonly #host: CommitHost;
  /** Of every entry, until it is durable. */
  readonly #latencies: Latencies;
  readonly #inFlight: Batch[] = [];
  #inFlightBytes = 0;
  readonly #sharedBatchBytes: number;
  /** Whether several tenants share the journal at this time. */
  isShared = false;
  #gathering = new Batch();
  #broken = false;
  #failure: unknown;
  #waiters: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];
  /** Last sequence known to be durable. */
  durableSequence: number;
  batches = 0;
  /** Entry bytes decided and not yet durable. */
  pendingBytes = 0;

  constructor(
    journal: Journal,
    clock: Clock,
    limits: CommitLimits,
    latencies: Latencies,
    host: CommitHost,
  ) {
    this.#journal = journal;
    this.#clock = clock;
    this.#limits = limits;
    this.#latencies = latencies;
    this.#host = host;
    const { maxBatchBytes, maxSharedBytesInFlight } = limits;
    this.#sharedBatchBytes = Math.min(maxBatchBytes, maxSharedBytesInFlight / SHARED_BATCHES);
    this.durableSequence = journal.lastSequence;
  }

  /** Bytes of the batch that is being gathered. */
  get gatheredBytes(): number {
    return this.#gathering.bytes;
  }

  /** Whether no command from outside may add to the gathered batch. */
  get full(): boolean {
    const { bytes, events } = this.#gathering;
    const most = this.isShared ? this.#sharedBatchBytes : this.#limits.maxBatchBytes;
    return bytes >= most || events.length >= this.#limits.maxBatchEvents;
  }

  /** Whether the full batch has to wait for the disk, too. */
  get saturated(): boolean {
    return !this.mayAppend && this.full;
  }

  /** Whether the gathered batch goes to the disk at the end of the step. */
  get mayAppend(): boolean {
    const { maxInFlight, maxSharedBytesInFlight } = this.#limits;
    const { length } = this.#inFlight;
    if (length === 0 || length >= maxInFlight) return length === 0;
    return !this.isShared || this.#inFlightBytes < maxSharedBytesInFlight;
  }

  get idle(): boolean {
    return this.#inFlight.length === 0 && this.#gathering.empty;
  }

  /** Whether events of this actor wait to be appended, so that their record has no number yet. */
  gathers(cell: Cell): boolean {
    return this.#gathering.touched.has(cell);
  }

  /** Whether everything that this actor decided is durable. */
  settled(cell: Cell): boolean {
    return cell.sequence <= this.durableSequence && !this.gathers(cell);
  }

  /** What the journal has failed with; then nothing leaves any more. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Resolves, or rejects, with the next batch that becomes durable. */
  nextDurable(): Promise<void> {
    if (this.#broken) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  add(cell: Cell, event: ActorEvent, command: unknown): void {
    const batch = this.#gathering;
    batch.events.push(journalEvent(cell.id, event, causeOf(command)));
    batch.touched.add(cell);
    cell.dirty = true;
    if (event.entries !== undefined) {
      let bytes = 0;
      const { entries } = event.entries;
      for (const entry of entries) bytes += entry.length;
      if (batch.entries === 0) batch.sinceMs = this.#clock.monotonicMs();
      batch.entries += entries.length;
      batch.bytes += bytes;
      batch.entryBytes += bytes;
      this.pendingBytes += bytes;
    }
    batch.bytes += event.weight ?? 0;
  }

  reply(reply: Reply): void {
    this.#gathering.replies.push(reply);
  }

  continueWith(cell: Cell, command: unknown): void {
    this.#gathering.continuations.set(cell, command);
  }

  /** End of a step: hand the gathered batch to the disk, or let go what need not wait for it. */
  flush(): void {
    const batch = this.#gathering;
    if (batch.empty || this.#broken) return;
    if (batch.events.length === 0) {
      this.#gathering = new Batch();
      const last = this.#inFlight.at(-1);
      if (last === undefined) this.#release(batch);
      else last.absorb(batch);
      return;
    }
    if (this.mayAppend) this.#append(batch);
  }

  /** Everything undone, for an owner that starts over. */
  abandon(error: unknown): Reply[] {
    this.#break(error);
    const lost = this.#inFlight.flatMap((batch) => batch.replies);
    lost.push(...this.#gathering.replies);
    this.#inFlight.length = 0;
    this.#inFlightBytes = 0;
    this.#gathering = new Batch();
    return lost;
  }

  #append(batch: Batch): void {
    this.#gathering = new Batch();
    const atMs = this.#clock.nowMs();
    const begunMs = this.#clock.monotonicMs();
    const { sequence, durable } = this.#handOver(atMs, batch.events);
    for (const cell of batch.touched) cell.sequence = sequence;
    this.#inFlight.push(batch);
    this.#inFlightBytes += batch.bytes;
    this.batches++;
    durable.then(
      () => this.#durable(batch, sequence, begunMs),
      (error) => this.#fail(error),
    );
  }

  /** A journal that refuses outright has failed like one that fails later. */
  #handOver(atMs: number, events: readonly JournalEvent[]): Appended {
    try {
      return this.#journal.append({ atMs, events });
    } catch (error) {
      return { sequence: this.durableSequence + 1, durable: Promise.reject(error) };
    }
  }

  #durable(batch: Batch, sequence: number, begunMs: number): void {
    if (this.#broken) return;
    this.#inFlight.shift();
    this.#inFlightBytes -= batch.bytes;
    this.durableSequence = sequence;
    this.pendingBytes -= batch.entryBytes;
    if (batch.entries > 0) this.#measure(batch, begunMs);
    this.#release(batch);
    this.flush();
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { resolve } of waiters) resolve();
  }

  /** What other batches wanted to say with this one is told the same. */
  #measure({ continuations, entries, sinceMs }: Batch, begunMs: number): void {
    const nowMs = this.#clock.monotonicMs();
    const written: WriteTimes = { totalMs: nowMs - sinceMs, journalMs: nowMs - begunMs };
    for (const command of continuations.values()) {
      const asking = command as { written?: WriteTimes | undefined };
      if ('written' in asking) asking.written = written;
    }
    this.#latencies.add(written.totalMs, entries);
  }

  #release(batch: Batch): void {
    const recipients = new Set<Recipient>();
    for (const { recipient, effect } of batch.replies) {
      recipient.receive(effect);
      recipients.add(recipient);
    }
    for (const recipient of recipients) recipient.flush();
    this.#host.committed(batch.continuations);
  }

  #fail(error: unknown): void {
    if (this.#broken) return;
    this.#break(error);
    this.#host.broken(error);
  }

  #break(error: unknown): void {
    if (!this.#broken) this.#failure = error;
    this.#broken = true;
    for (const { reject } of this.#waiters) reject(error);
    this.#waiters = [];
  }
}

function journalEvent(actor: string, event: ActorEvent, cause: string): JournalEvent {
  return {
    actor,
    type: event.type,
    data: event.data,
    cause,
    ...(event.entries === undefined ? {} : { entries: event.entries }),
    ...(event.trim === undefined ? {} : { trim: event.trim }),
  };
}

/** The command, and who sent it where that is known. */
function causeOf(command: unknown): string {
  const { type, reply, by } = command as {
    readonly type?: string;
    readonly by?: string;
    readonly reply?: { readonly recipient: Recipient };
  };
  const sender = by ?? reply?.recipient.label;
  return sender === undefined ? (type ?? 'unknown') : `${type} ${sender}`;
}

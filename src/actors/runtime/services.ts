/** What decisions ask for besides messages: reads of entries, searches by time, what is due,
 * deadlines. */
import type { Cancel, Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Entries } from '../../storage/entries.ts';
import type { StateStore } from '../../storage/state.ts';
import type { EntryFormat } from '../ports.ts';
import type {
  Asker,
  Decision,
  DueRequest,
  FindRequest,
  ListRequest,
  ReadRequest,
  WakeRequest,
} from './behaviour.ts';
import type { Cell } from './cell.ts';

/**
 * A read that failed is tried again after so long: the disk may be repaired, the error is logged.
 */
const READ_RETRY_MS = 10_000;

/** When reads for dispatch are carried out. */
export interface ReadTurns {
  readonly steps: number;
  /** Whether they take turns, because several tenants are served. */
  readonly isShared: boolean;
  /** Carries it out in a step, when its turn has come. */
  read(cell: Cell, carryOut: () => void): void;
}

export class Services {
  readonly #entries: Entries;
  readonly #state: StateStore;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #format: EntryFormat;
  readonly #post: (actor: string, command: unknown) => void;
  readonly #turns: () => ReadTurns;
  readonly #deadlines = new Map<string, Cancel>();
  /** Clients that wait for something to be read. */
  readonly #askers = new Set<Asker>();
  #closed = false;
  readFailures = 0;

  constructor(
    entries: Entries,
    state: StateStore,
    clock: Clock,
    log: Log,
    format: EntryFormat,
    post: (actor: string, command: unknown) => void,
    turns: () => ReadTurns,
  ) {
    this.#entries = entries;
    this.#state = state;
    this.#clock = clock;
    this.#log = log;
    this.#format = format;
    this.#post = post;
    this.#turns = turns;
  }

  run(cell: Cell, decision: Decision): void {
    for (const request of decision.reads) this.#read(cell, request);
    for (const request of decision.finds) this.#find(cell.id, request);
    for (const request of decision.dues) this.#due(cell.id, request);
    for (const request of decision.lists) this.#list(cell.id, request);
    for (const request of decision.wakes) this.#wake(cell.id, request);
  }

  /** Cancels every deadline; nothing comes back any more. Gives those who wait in vain. */
  close(): readonly Asker[] {
    this.#closed = true;
    for (const cancel of this.#deadlines.values()) cancel();
    this.#deadlines.clear();
    return [...this.#askers];
  }

  /**
   * What is cached comes at once, but in a step only once: who reads on and on lets others in
   * between, and hears of a socket that is full. It is lent: the step that takes it ends the loan.
   */
  #read(cell: Cell, request: ReadRequest): void {
    const turns = this.#turns();
    if (turns.isShared && request.isLoan) {
      if (request.reply !== undefined) this.#askers.add(request.reply);
      this.#inTurn(cell, () => this.#readNow(cell, request));
      return;
    }
    if (cell.readInStep === turns.steps) {
      if (request.reply !== undefined) this.#askers.add(request.reply);
      void Promise.resolve().then(() => {
        if (!this.#closed) this.#readNow(cell, request);
      });
      return;
    }
    cell.readInStep = turns.steps;
    this.#readNow(cell, request);
  }

  /** At once where nobody else is served: turns are for those who share. */
  #inTurn(cell: Cell, carryOut: () => void): void {
    if (this.#closed) return;
    const turns = this.#turns();
    if (!turns.isShared) carryOut();
    else
      turns.read(cell, () => {
        if (!this.#closed) carryOut();
      });
  }

  #readNow(cell: Cell, request: ReadRequest, hasArrived = false): void {
    const { topicId, offset, limits, only, result, isLoan } = request;
    const isCached = isLoan && only === undefined;
    const cached = isCached ? this.#entries.cached(topicId, offset, limits) : undefined;
    if (cached !== undefined) {
      this.#come(cell.id, result(cached), request.reply);
      return;
    }
    if (request.reply !== undefined) this.#askers.add(request.reply);
    // Lent like what is cached, not made to be kept: it would be memory of its own each time.
    const arrival = isCached && !hasArrived ? this.#entries.arrival(topicId, offset) : undefined;
    if (arrival !== undefined) {
      void arrival.then(() => this.#inTurn(cell, () => this.#readNow(cell, request, true)));
      return;
    }
    const read =
      only === undefined
        ? this.#entries.read(topicId, offset, limits)
        : this.#entries.pick(topicId, only, limits.maxBytes);
    read.then(
      (runs) => {
        const come = () => this.#come(cell.id, result(runs), request.reply);
        if (isLoan) this.#inTurn(cell, come);
        else come();
      },
      (error) => this.#retry(cell, request, error),
    );
  }

  #come(actor: string, command: unknown, reply: Asker | undefined): void {
    if (this.#closed) return;
    if (reply !== undefined) this.#askers.delete(reply);
    this.#post(actor, command);
  }

  /** Damaged entries are reported and never skipped: the reader waits, others go on. */
  #retry(cell: Cell, request: ReadRequest, error: unknown): void {
    if (this.#closed) return;
    this.readFailures++;
    this.#log.error('entries cannot be read; their readers wait', {
      actor: cell.id,
      topicId: request.topicId,
      offset: request.offset,
      error,
    });
    this.#clock.after(READ_RETRY_MS, () => {
      if (!this.#closed) this.#read(cell, request);
    });
  }

  #find(actor: string, request: FindRequest): void {
    const { reply } = request;
    if (reply !== undefined) this.#askers.add(reply);
    this.#bisect(request).then(
      ({ offset, foundMs }) => this.#come(actor, request.result(offset, foundMs), reply),
      (error) => {
        if (!this.#closed) this.#log.error('a search by time failed', { actor, error });
        this.#come(actor, request.result(undefined, undefined), reply);
      },
    );
  }

  async #bisect({ topicId, from, to, timeMs, orderOf }: FindRequest) {
    let low = from;
    let high = to;
    let foundMs: number | undefined;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const limits = { maxEntries: 1, maxBytes: 1 };
      const runs = await this.#entries.read(topicId, middle, limits);
      const [run] = runs;
      const entry = run?.entries[0];
      const isThere = run !== undefined && entry !== undefined;
      const entryMs = isThere
        ? (orderOf?.(run.data, run.dataIndex) ?? this.#format.publishTimeMs(entry, run.data))
        : undefined;
      if (entryMs !== undefined && entryMs < timeMs) low = middle + 1;
      else {
        high = middle;
        foundMs = entryMs;
      }
    }
    return { offset: low, foundMs };
  }

  #due(actor: string, { topicId, after, untilMs, limit, result }: DueRequest): void {
    this.#post(actor, result(this.#entries.due(topicId, after, untilMs, limit)));
  }

  #list(actor: string, { prefix, after, limit, result }: ListRequest): void {
    const page = after === undefined ? { limit } : { after, limit };
    this.#post(actor, result(this.#state.list(prefix, page)));
  }

  #wake(actor: string, { name, atMs, command }: WakeRequest): void {
    const key = `${actor}|${name}`;
    this.#deadlines.get(key)?.();
    this.#deadlines.delete(key);
    if (atMs === undefined) return;
    const delayMs = Math.max(0, atMs - this.#clock.nowMs());
    const cancel = this.#clock.after(delayMs, () => {
      this.#deadlines.delete(key);
      this.#post(actor, command);
    });
    this.#deadlines.set(key, cancel);
  }
}

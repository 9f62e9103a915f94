/**
 * What an actor is to the runtime: a pair of plain functions over a state. `decide` looks at a
 * state and a command and says what has happened and what should be done about it; `evolve` folds
 * what happened into the state. Neither does I/O, reads a clock or draws a random number.
 */
import type { ErrorCode } from '../../base/errors.ts';
import type { Long } from '../../base/long.ts';
import type { DueEntry, EntryRun, ReadLimits } from '../../storage/entries.ts';
import type { EntryBlock, TrimMark } from '../../storage/journal.ts';
import type { Effect, EntryFormat, Recipient } from '../ports.ts';

/** What happened. `data` is plain, since the journal keeps it. */
export interface ActorEvent {
  readonly type: string;
  readonly data: unknown;
  readonly entries?: EntryBlock;
  readonly trim?: TrimMark;
  /** About how many bytes `data` takes in the journal, where it may be many. */
  readonly weight?: number;
}

/** What decisions may know besides state and command. */
export interface Facts {
  readonly nowMs: number;
  /** Which start of the process this is: differs from all earlier ones on the same data. */
  readonly incarnation: number;
  readonly format: EntryFormat;
  /** The disk has so little room that no messages are to be stored for now. */
  readonly isStorageShort: boolean;
  /** A number never given before, in this shard and for this purpose. */
  nextId(kind: IdKind): number;
  /** What another actor shows of itself (`Behaviour.expose`), loaded if need be. */
  exposed(actor: string): unknown;
}

export type IdKind = 'topic' | 'ledger' | 'producer';

/** A read of entries; its result comes back as the command that `result` makes. */
export interface ReadRequest {
  readonly topicId: number;
  readonly offset: number;
  readonly limits: ReadLimits;
  /** Only the entries at these offsets, which ascend from `offset` on (`Entries.pick`). */
  readonly only?: readonly number[];
  readonly result: (runs: readonly EntryRun[]) => unknown;
  /**
   * Whether the entries leave in the step in which they come, to recipients or not at all. Then
   * they may be lent; otherwise they are the actor's to keep.
   */
  readonly isLoan?: boolean;
  /**
   * Who waits for what the result leads to, and is told when there will be none. The command that
   * `result` makes names the same as its `reply`: it may be lost, too.
   */
  readonly reply?: Asker;
}

/**
 * A search for the first entry in [from, to) published at or after `timeMs`, `to` when there is
 * none; publish times are taken to grow with the offset. The result comes as the command `result`
 * makes of its offset and publish time, of undefined when entries could not be read.
 */
export interface FindRequest {
  readonly topicId: number;
  readonly from: number;
  readonly to: number;
  readonly timeMs: number;
  /**
   * What else the offsets are in the order of, in the place of publish times, so that `timeMs` is
   * one of these numbers: what the storing event says of the entry at `at` of its block.
   */
  readonly orderOf?: (stored: unknown, at: number) => number;
  readonly result: (offset: number | undefined, publishTimeMs: number | undefined) => unknown;
  readonly reply?: Asker;
}

/** A question to the time index of a topic (`Entries.due`), answered in the same step. */
export interface DueRequest {
  readonly topicId: number;
  readonly after: DueEntry;
  readonly untilMs: number;
  readonly limit: number;
  readonly result: (found: readonly DueEntry[]) => unknown;
}

/** A request of a client that is being worked on. */
export interface Asker {
  readonly recipient: Recipient;
  readonly requestId: Long;
}

/** A look at which actors are saved: a page of identities, ascending, as `result` makes it. */
export interface ListRequest {
  readonly prefix: string;
  readonly after: string | undefined;
  readonly limit: number;
  readonly result: (actors: readonly string[]) => unknown;
}

/** A deadline of this actor; setting the same name again moves it, `atMs` undefined cancels it. */
export interface WakeRequest {
  readonly name: string;
  readonly atMs: number | undefined;
  readonly command: unknown;
}

/** How long a batch with entries took to become durable, in milliseconds. */
export interface WriteTimes {
  /** Since the first of its entries was decided. */
  readonly totalMs: number;
  /** Since the journal was given it. */
  readonly journalMs: number;
}

/**
 * The outcome of one decision, as data. Order of what the runtime does with it: events are evolved
 * and join the step's journal batch; `again` runs; `tells` reach other actors within the same step,
 * so that their events join the same batch; `now` leaves at the end of the step, and `last` behind
 * it; `replies` and `whenDurable` wait until the batch is durable.
 */
export class Decision {
  events: readonly ActorEvent[] = NONE;
  /**
   * Index-wise with `events`: true for facts of this process only, which the journal does not keep.
   */
  transient: readonly boolean[] = NONE;
  replies: readonly Outgoing[] = NONE;
  now: readonly Outgoing[] = NONE;
  last: readonly Outgoing[] = NONE;
  tells: readonly { readonly actor: string; readonly command: unknown }[] = NONE;
  reads: readonly ReadRequest[] = NONE;
  finds: readonly FindRequest[] = NONE;
  dues: readonly DueRequest[] = NONE;
  lists: readonly ListRequest[] = NONE;
  wakes: readonly WakeRequest[] = NONE;
  /**
   * Whether the mail that it sends is handled before the actor decides its next command, which
   * looks at what comes of it. Otherwise the actor's mail that is there already may come first.
   */
  awaitsMail = false;
  /** A command to the actor itself, decided right after the events are evolved. */
  again: unknown;
  /**
   * A command to the actor itself once the batch is durable; the last one of a batch counts. One
   * with a field `written` is told there how long that took (`WriteTimes`).
   */
  whenDurable: unknown;

  /** Something that survives the process. */
  record(event: ActorEvent): void {
    this.events = plus(this.events, event);
    this.transient = plus(this.transient, false);
  }

  /** Something that ends with the process: connections, permits, what is in flight to whom. */
  change(event: ActorEvent): void {
    this.events = plus(this.events, event);
    this.transient = plus(this.transient, true);
  }

  /** Records it where it is durable, else it ends with the process. */
  put(event: ActorEvent, isDurable: boolean): void {
    if (isDurable) this.record(event);
    else this.change(event);
  }

  /** Says something that is true only once the decision is durable. */
  reply(recipient: Recipient, effect: Effect): void {
    this.replies = plus(this.replies, { recipient, effect });
  }

  /** The request succeeds, with what it asked for. */
  answer({ recipient, requestId }: Asker, value?: unknown): this {
    const effect = { type: 'done', requestId } as const;
    this.reply(recipient, value === undefined ? effect : { ...effect, value });
    return this;
  }

  refuse({ recipient, requestId }: Asker, code: ErrorCode, message: string): this {
    this.reply(recipient, { type: 'refused', requestId, refusal: { code, message } });
    return this;
  }

  /** Says something that rests on durable facts alone. */
  send(recipient: Recipient, effect: Effect): void {
    this.now = plus(this.now, { recipient, effect });
  }

  /** As `send`, once everybody has handed on what was lent to this step. */
  sendLast(recipient: Recipient, effect: Effect): void {
    this.last = plus(this.last, { recipient, effect });
  }

  /** As `answer`, where what it says is durable already. */
  sendAnswer({ recipient, requestId }: Asker, value: unknown): void {
    this.send(recipient, { type: 'done', requestId, value });
  }

  tell(actor: string, command: unknown): void {
    this.tells = plus(this.tells, { actor, command });
  }

  read(request: ReadRequest): void {
    this.reads = plus(this.reads, request);
  }

  find(request: FindRequest): void {
    this.finds = plus(this.finds, request);
  }

  due(request: DueRequest): void {
    this.dues = plus(this.dues, request);
  }

  list(request: ListRequest): void {
    this.lists = plus(this.lists, request);
  }

  wake(request: WakeRequest): void {
    this.wakes = plus(this.wakes, request);
  }
}

/** Something for somebody outside. */
export interface Outgoing {
  readonly recipient: Recipient;
  readonly effect: Effect;
}

/**
 * Most lists of most decisions stay empty, and decisions are made a hundred thousand times a
 * second.
 */
const NONE: readonly never[] = [];

function plus<T>(list: readonly T[], item: T): readonly T[] {
  if (list === NONE) return [item];
  (list as T[]).push(item);
  return list;
}

/** Where an actor stands in its life; only `open` and `terminated` ones take commands. */
export type Phase = 'open' | 'terminated' | 'deleted';

export interface Behaviour<State, Command = unknown, Event extends ActorEvent = ActorEvent> {
  readonly kind: string;
  /** The state of an actor that has no history. */
  initial(actor: string): State;
  decide(state: State, command: Command, facts: Facts): Decision;
  /** May change the state that it is given, and returns it. */
  evolve(state: State, event: Event): State;
  phase(state: State): Phase;
  /**
   * Whether there is something to keep: false for an actor that was never created, or is deleted.
   */
  exists(state: State): boolean;
  /**
   * Whether nobody is attached, so that the actor may leave memory. `isUsed`: whether another actor
   * is there and not idle.
   */
  idle(state: State, isUsed: (actor: string) => boolean): boolean;
  /** A deep, plain copy of what must survive. */
  snapshot(state: State): unknown;
  restore(actor: string, snapshot: unknown): State;
  /**
   * When the actor next has something to do by itself, in ms since the epoch; it is told `due` then
   * or a little later, whether it is in memory or not, before a restart or after it. `away`: nobody
   * is attached; its snapshot is taken as if this were so, since clients may go without a word.
   */
  dueAtMs?(state: State, facts: Facts, away: boolean): number | undefined;
  /** Everything folded so far is durable: called once after a replay. */
  recovered(state: State): void;
  /**
   * The full name of the topic that the actor belongs to, where what is said to a topic may concern
   * it.
   */
  topicOf?(state: State): string;
  /** The topic in whose tenant's turns it has its own, where `topicOf` does not say. */
  turnOf?(state: State): string;
  /** What other actors and views may see. */
  expose(state: State): unknown;
  /**
   * What the attached clients must hear when the actor is thrown away and recovered, and what the
   * actors that counted on its memory are told.
   */
  abandon(state: State): Decision;
}

/**
 * The step loop: takes the mail that is there, lets actors decide and evolve in memory, and hands
 * what was decided to the commit queue. Nothing here waits: while one batch is being flushed the
 * next is being gathered.
 *
 * Order that everything rests on: (1) events are evolved before the next command is decided;
 * (2) mail between actors is handled in the step that sent it, so that its events join the same
 * batch; (3) deliveries leave at the end of the step; (4) replies leave when their batch is
 * durable; (5) entries out of the cache are lent for the step that hands them on, and so are those
 * that are never stored, whose receipts leave behind all deliveries.
 */
import { assert } from '../../base/assert.ts';
import type { Clock } from '../../base/clock.ts';
import { Company } from '../../base/company.ts';
import type { Log } from '../../base/log.ts';
import { Parties } from '../../base/parties.ts';
import { tenantOf } from '../../base/topic-name.ts';
import type { Recipient } from '../ports.ts';
import type { Decision, Facts, Outgoing } from './behaviour.ts';
import type { Cell } from './cell.ts';
import type { CommitQueue } from './commit.ts';
import { startLifecycle } from './lifecycle.ts';

export interface StepLimits {
  /** Commands of one step; then the sockets get their turn. */
  readonly maxCommandsPerStep: number;
  /** The same by time, looked at once in a few commands. What they cause is in the step as well. */
  readonly maxStepMs: number;
  /** The same while several tenants are served: each of them waits for steps several times. */
  readonly maxSharedStepMs: number;
  /** Waiting commands of one actor from outside before `post` refuses. */
  readonly mailboxLimit: number;
}

/** What the loop leaves to its surroundings. */
export interface StepHost {
  readonly facts: Facts;
  cell(actor: string): Cell;
  /** Carries out a decision's reads, searches and deadlines. */
  services(cell: Cell, decision: Decision): void;
  /** An actor contradicted itself over a command, or its surroundings failed it. Never throws. */
  failed(cell: Cell, command: unknown, error: unknown): void;
  /** Mail for an actor that cannot take it now. */
  refused(cell: Cell, batch: readonly unknown[]): void;
  /** The step is over, and with it the loan of entries, unless somebody has `kept` some. */
  settled(kept: boolean): void;
}

interface Read {
  readonly cell: Cell;
  readonly carryOut: () => void;
}

/** Commands between two looks at the clock. */
const COMMANDS_PER_LOOK = 16;

/** Bytes that an actor adds to a batch for the journal before others have their turn. */
const SHARE_BYTES = 128 * 1024;

/** So many that they are worth a batch of their own: one message may be larger than any share. */
const HUGE_BYTES = 512 * 1024;

/** In one step entries are handed on by turns for so long; when that is over. */
const MAX_READS_MS = 2;
const PAST = Number.NEGATIVE_INFINITY;

/** A decision may chain so many follow-ups before it counts as running in circles. */
const MAX_FOLLOW_UPS = 10_000;

export class StepLoop {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #limits: StepLimits;
  readonly #host: StepHost;
  readonly #commits: CommitQueue;
  /** Actors with commands from outside, and those with mail that must be handled in this step. */
  readonly #ready = new Parties<Cell>();
  readonly #company = new Company();
  /** Tenants that filled a batch of the journal with their last turn alone. */
  readonly #huge = new Set<string>();
  /** Whether only such have mail, and wait for the disk. */
  #isHeldUp = false;
  #beganMs = 0;
  /** Reads that tenants take turns at. And those that are for a later step. */
  readonly #reads = new Parties<Read>();
  #laterReads: Read[] = [];
  #urgent: Cell[] = [];
  /** How large the journal's batch is when the mail being handled is cut short; what was left. */
  #shareEnd = Number.POSITIVE_INFINITY;
  #left: readonly unknown[] = [];
  /** Whether what was decided last sends mail that its actor's next command is to come behind. */
  #awaitsMail = false;
  #scheduled = false;
  #stopped = false;
  /** When the sockets are to get their turn, however much mail is left; whether that is now. */
  #endMs = 0;
  #late = false;
  #untilLook = COMMANDS_PER_LOOK;
  readonly #delivered = new Set<Recipient>();
  #last: Outgoing[] = [];
  /** Whether entries that were handed on in this step may be looked at after it. */
  #keptEntries = false;
  steps = 0;

  constructor(clock: Clock, log: Log, limits: StepLimits, host: StepHost, commits: CommitQueue) {
    this.#clock = clock;
    this.#log = log;
    this.#limits = limits;
    this.#host = host;
    this.#commits = commits;
  }

  /** A command from outside; false when the mailbox is full. */
  offer(cell: Cell, command: unknown): boolean {
    if (cell.mailbox.length + cell.held.length >= this.#limits.mailboxLimit) return false;
    cell.mailbox.push(command);
    this.#enqueue(cell);
    return true;
  }

  /** Mail of actors and of the runtime, bounded by what caused it. */
  post(cell: Cell, command: unknown): void {
    cell.urgent.push(command);
    if (!cell.queuedUrgent) {
      cell.queuedUrgent = true;
      this.#urgent.push(cell);
    }
    this.schedule();
  }

  /** Whether several tenants are served, so that reads for dispatch take turns. */
  get isShared(): boolean {
    return this.#commits.isShared;
  }

  /**
   * Carries out a read in a step, when the turn of the actor's tenant has come. An actor has one in
   * each step: who reads on and on lets others in between, and hears of a socket that is full.
   */
  read(cell: Cell, carryOut: () => void): void {
    if (cell.readInStep === this.steps) this.#laterReads.push({ cell, carryOut });
    else this.#reads.add(partyOf(cell), { cell, carryOut });
    this.schedule();
  }

  schedule(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    this.#clock.soon(() => this.#run());
  }

  /** Nothing is decided any more, in this step neither; mail is kept. */
  stop(): void {
    this.#stopped = true;
  }

  #run(): void {
    this.#scheduled = false;
    if (this.#stopped) return;
    // A gathered batch that is full waits for the disk, and so does everybody who adds to it.
    if (this.#commits.saturated) return;
    this.steps++;
    const nowMs = this.#clock.nowMs();
    this.#begin();
    this.#serveUrgent(nowMs);
    this.#serveByTurns(nowMs);
    if (this.#last.length > 0) this.#sendLast();
    this.#commits.flush();
    for (const recipient of this.#delivered) recipient.flush();
    this.#delivered.clear();
    this.#host.settled(this.#keptEntries);
    this.#keptEntries = false;
    const { mayAppend, saturated } = this.#commits;
    const hasMail = !this.#ready.isEmpty && (mayAppend || !this.#isHeldUp);
    const hasMore = hasMail || !this.#reads.isEmpty || this.#laterReads.length > 0;
    if (hasMore && !saturated) this.schedule();
  }

  #begin(): void {
    const { maxStepMs, maxSharedStepMs } = this.#limits;
    this.#beganMs = this.#clock.monotonicMs();
    const isShared = this.#company.isThere(this.#beganMs);
    this.#commits.isShared = isShared;
    if (!isShared) this.#huge.clear();
    this.#endMs = this.#beganMs + (isShared ? maxSharedStepMs : maxStepMs);
    this.#late = false;
    this.#isHeldUp = false;
    if (this.#laterReads.length === 0) return;
    for (const read of this.#laterReads) this.#reads.add(partyOf(read.cell), read);
    this.#laterReads = [];
  }

  /** A mailbox and a read, again and again. What they cause joins the same batch, or nothing. */
  #serveByTurns(nowMs: number): void {
    let budget = this.#limits.maxCommandsPerStep;
    let readEndMs: number | undefined;
    while (!this.#stopped) {
      const cell = budget > 0 && !this.#mustEnd ? this.#nextMailbox() : undefined;
      if (cell !== undefined) {
        cell.queued = false;
        budget -= this.#serveMailbox(cell, nowMs);
        this.#serveUrgent(nowMs);
        this.#lookNow();
      }
      const mayRead = !this.#reads.isEmpty && !this.#stopped && readEndMs !== PAST;
      if (mayRead) {
        readEndMs ??= this.#clock.monotonicMs() + MAX_READS_MS;
        if (this.#carryOutRead(nowMs) >= readEndMs) readEndMs = PAST;
      } else if (cell === undefined) return;
    }
  }

  /**
   * Tenants with huge messages begin batches of their own, and only such as go to the disk at once:
   * what others publish meanwhile goes before them.
   */
  #nextMailbox(): Cell | undefined {
    const mayBegin = this.#huge.size === 0 || this.#mayBeginBatch;
    const cell = this.#ready.take(mayBegin ? undefined : this.#huge);
    if (cell === undefined) this.#isHeldUp = !mayBegin;
    return cell;
  }

  get #mayBeginBatch(): boolean {
    return this.#commits.gatheredBytes === 0 && this.#commits.mayAppend;
  }

  /** What belongs to no topic is nobody's company. */
  #note(party: string, bytes: number): void {
    if (party === '') return;
    this.#company.note(party, this.#beganMs);
    if (bytes >= HUGE_BYTES && this.#commits.isShared) this.#huge.add(party);
    else if (this.#huge.size > 0) this.#huge.delete(party);
  }

  /** Gives the time after it. */
  #carryOutRead(nowMs: number): number {
    const { cell, carryOut } = this.#reads.take()!;
    cell.readInStep = this.steps;
    carryOut();
    this.#serveUrgent(nowMs);
    const afterMs = this.#clock.monotonicMs();
    this.#late ||= afterMs >= this.#endMs;
    return afterMs;
  }

  #sendLast(): void {
    const last = this.#last;
    this.#last = [];
    for (const { recipient, effect } of last) {
      recipient.receive(effect);
      this.#delivered.add(recipient);
    }
  }

  #enqueue(cell: Cell): void {
    if (!cell.queued) {
      cell.queued = true;
      this.#ready.add(partyOf(cell), cell);
    }
    this.schedule();
  }

  #serveUrgent(nowMs: number): void {
    while (this.#urgent.length > 0) {
      const round = this.#urgent;
      this.#urgent = [];
      for (const cell of round) {
        if (this.#stopped) break;
        const batch = cell.urgent;
        cell.urgent = [];
        cell.queuedUrgent = false;
        this.#serve(cell, batch, nowMs);
      }
    }
  }

  /**
   * Commands from outside, until they have filled a share of the batch for the journal. How many
   * were handled.
   */
  #serveMailbox(cell: Cell, nowMs: number): number {
    const batch = cell.mailbox;
    cell.mailbox = [];
    const { turn } = this.#ready;
    const before = this.#commits.gatheredBytes;
    this.#shareEnd = before + SHARE_BYTES;
    this.#left = [];
    this.#serve(cell, batch, nowMs);
    this.#shareEnd = Number.POSITIVE_INFINITY;
    this.#note(turn, this.#commits.gatheredBytes - before);
    if (this.#left.length === 0) return batch.length;
    cell.mailbox = [...this.#left, ...cell.mailbox];
    this.#enqueue(cell);
    return batch.length - this.#left.length;
  }

  #serve(cell: Cell, batch: readonly unknown[], nowMs: number): void {
    cell.lastActiveMs = nowMs;
    if (cell.fenced) {
      this.#refuse(cell, batch);
      return;
    }
    cell.lifecycle ??= startLifecycle(
      {
        handle: (mail) => this.#handle(cell, mail),
        refuse: (mail) => this.#refuse(cell, mail),
      },
      cell.phase,
    );
    cell.lifecycle.send({ type: 'mail', batch });
    const phase = cell.behaviour.phase(cell.state);
    if (phase !== cell.phase) {
      cell.phase = phase;
      cell.lifecycle?.send({ type: 'phase', phase });
    }
  }

  #handle(cell: Cell, batch: readonly unknown[]): void {
    let done = 0;
    try {
      while (done < batch.length) {
        if (this.#stopped) {
          this.#refuse(cell, batch.slice(done));
          return;
        }
        this.#awaitsMail = false;
        this.#decide(cell, batch[done]);
        done++;
        this.#look();
        if ((this.#awaitsMail || this.#isShareOver) && done < batch.length) {
          this.#leave(cell, batch.slice(done));
          return;
        }
      }
    } catch (error) {
      this.#log.error('an actor contradicted itself and is recovered from the journal', {
        actor: cell.id,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
      this.#host.failed(cell, batch[done], error);
      this.#refuse(cell, batch.slice(done + 1));
    }
  }

  /** For the actor's next turn; mail that must be handled in this step, behind that of others. */
  #leave(cell: Cell, rest: readonly unknown[]): void {
    if (this.#shareEnd !== Number.POSITIVE_INFINITY) {
      this.#left = rest;
      return;
    }
    cell.urgent = [...rest, ...cell.urgent];
    if (cell.queuedUrgent) return;
    cell.queuedUrgent = true;
    this.#urgent.push(cell);
  }

  get #mustEnd(): boolean {
    return this.#late || this.#commits.full;
  }

  /** Never of mail that must be handled in this step. */
  get #isShareOver(): boolean {
    if (this.#shareEnd === Number.POSITIVE_INFINITY) return false;
    return this.#mustEnd || this.#commits.gatheredBytes >= this.#shareEnd;
  }

  /** At the clock, once in so many commands, and behind each mailbox: a command may do much. */
  #look(): void {
    this.#untilLook -= 1;
    if (this.#untilLook <= 0) this.#lookNow();
  }

  #lookNow(): void {
    this.#untilLook = COMMANDS_PER_LOOK;
    this.#late ||= this.#clock.monotonicMs() >= this.#endMs;
  }

  /** Whoever takes it back may hold it, and entries in it, for any time. */
  #refuse(cell: Cell, batch: readonly unknown[]): void {
    this.#keptEntries = true;
    this.#host.refused(cell, batch);
  }

  #decide(cell: Cell, first: unknown): void {
    let command = first;
    for (let turns = 0; command !== undefined; turns++) {
      assert(turns < MAX_FOLLOW_UPS, `${cell.id} keeps telling itself ${typeOf(command)}`);
      const decision = cell.behaviour.decide(cell.state, command, this.#host.facts);
      this.#apply(cell, decision, command);
      command = decision.again;
    }
  }

  #apply(cell: Cell, decision: Decision, command: unknown): void {
    const { events, transient } = decision;
    this.#awaitsMail ||= decision.awaitsMail;
    const commits = this.#commits;
    for (let i = 0; i < events.length; i++) {
      const event = events[i]!;
      if (!transient[i]) commits.add(cell, event, command);
      cell.state = cell.behaviour.evolve(cell.state, event);
    }
    for (const reply of decision.replies) {
      if (reply.effect.type === 'deliver') this.#keptEntries = true;
      commits.reply(reply);
    }
    if (decision.whenDurable !== undefined) commits.continueWith(cell, decision.whenDurable);
    for (const { recipient, effect } of decision.now) {
      recipient.receive(effect);
      this.#delivered.add(recipient);
    }
    for (const outgoing of decision.last) this.#last.push(outgoing);
    for (const { actor, command: mail } of decision.tells) {
      this.post(this.#host.cell(actor), mail);
    }
    this.#host.services(cell, decision);
  }
}

/** Tenants take turns, and so do the actors of each; what belongs to no topic is one more. */
function partyOf({ behaviour, state }: Cell): string {
  const topic = behaviour.topicOf?.(state) ?? behaviour.turnOf?.(state) ?? '';
  return topic === '' ? '' : tenantOf(topic);
}

function typeOf(command: unknown): string {
  return String((command as { readonly type?: unknown } | undefined)?.type);
}

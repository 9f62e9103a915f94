/**
 * The step loop: takes the mail that is there, lets actors decide and evolve in memory, and hands
 * what was decided to the commit queue. Nothing here waits: while one batch is being flushed the
 * next is being gathered.
 *
 * Order that everything rests on: (1) events are evolved before the next command is decided;
 * (2) mail between actors is handled in the step that sent it, so that its events join the same
 * batch; (3) deliveries leave at the end of the step; (4) replies leave when their batch is
 * durable.
 */
import { assert } from '../../base/assert.ts';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Recipient } from '../ports.ts';
import type { Decision, Facts } from './behaviour.ts';
import type { Cell } from './cell.ts';
import type { CommitQueue } from './commit.ts';
import { startLifecycle } from './lifecycle.ts';

export interface StepLimits {
  /** Commands of one step; then the sockets get their turn. */
  readonly maxCommandsPerStep: number;
  /** Waiting commands of one actor from outside before `post` refuses. */
  readonly mailboxLimit: number;
}

/** What the loop leaves to its surroundings. */
export interface StepHost {
  readonly facts: Facts;
  cell(actor: string): Cell;
  /** Carries out a decision's reads, searches and deadlines. */
  services(cell: Cell, decision: Decision): void;
  /** An actor contradicted itself. */
  failed(cell: Cell, error: unknown): void;
  /** Mail for an actor that cannot take it now. */
  refused(cell: Cell, batch: readonly unknown[]): void;
}

/** A decision may chain so many follow-ups before it counts as running in circles. */
const MAX_FOLLOW_UPS = 10_000;

export class StepLoop {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #limits: StepLimits;
  readonly #host: StepHost;
  readonly #commits: CommitQueue;
  #ready: Cell[] = [];
  #scheduled = false;
  #stopped = false;
  readonly #delivered = new Set<Recipient>();
  steps = 0;

  constructor(clock: Clock, log: Log, limits: StepLimits, host: StepHost, commits: CommitQueue) {
    this.#clock = clock;
    this.#log = log;
    this.#limits = limits;
    this.#host = host;
    this.#commits = commits;
  }

  /** Mail from outside; false when the mailbox is full. */
  offer(cell: Cell, command: unknown): boolean {
    if (cell.mailbox.length >= this.#limits.mailboxLimit) return false;
    this.post(cell, command);
    return true;
  }

  /** Mail from actors and from the runtime, bounded by what caused it. */
  post(cell: Cell, command: unknown): void {
    cell.mailbox.push(command);
    if (!cell.queued) {
      cell.queued = true;
      this.#ready.push(cell);
    }
    this.schedule();
  }

  schedule(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    this.#clock.soon(() => this.#run());
  }

  /** No step runs any more; mail is kept. */
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
    let budget = this.#limits.maxCommandsPerStep;
    while (this.#ready.length > 0 && budget > 0) {
      const round = this.#ready;
      this.#ready = [];
      for (const cell of round) budget -= this.#serve(cell, nowMs);
    }
    this.#commits.flush();
    for (const recipient of this.#delivered) recipient.flush();
    this.#delivered.clear();
    if (this.#ready.length > 0) this.schedule();
  }

  #serve(cell: Cell, nowMs: number): number {
    const batch = cell.mailbox;
    cell.mailbox = [];
    cell.queued = false;
    cell.lastActiveMs = nowMs;
    if (cell.fenced) {
      this.#host.refused(cell, batch);
      return batch.length;
    }
    cell.lifecycle ??= startLifecycle(
      {
        handle: (mail) => this.#handle(cell, mail),
        refuse: (mail) => this.#host.refused(cell, mail),
      },
      cell.phase,
    );
    cell.lifecycle.send({ type: 'mail', batch });
    const phase = cell.behaviour.phase(cell.state);
    if (phase !== cell.phase) {
      cell.phase = phase;
      cell.lifecycle.send({ type: 'phase', phase });
    }
    return batch.length;
  }

  #handle(cell: Cell, batch: readonly unknown[]): void {
    try {
      for (const command of batch) this.#decide(cell, command);
    } catch (error) {
      this.#log.error('an actor contradicted itself and is recovered from the journal', {
        actor: cell.id,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
      this.#host.failed(cell, error);
    }
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
    const commits = this.#commits;
    for (let i = 0; i < events.length; i++) {
      const event = events[i]!;
      if (!transient[i]) commits.add(cell, event, command);
      cell.state = cell.behaviour.evolve(cell.state, event);
    }
    for (const reply of decision.replies) commits.reply(reply);
    if (decision.whenDurable !== undefined) commits.continueWith(cell, decision.whenDurable);
    for (const { recipient, effect } of decision.now) {
      recipient.receive(effect);
      this.#delivered.add(recipient);
    }
    for (const { actor, command: mail } of decision.tells) {
      this.post(this.#host.cell(actor), mail);
    }
    this.#host.services(cell, decision);
  }
}

function typeOf(command: unknown): string {
  return String((command as { readonly type?: unknown } | undefined)?.type);
}

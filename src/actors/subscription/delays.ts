/**
 * Messages that are to be delivered later, on shared and key_shared subscriptions.
 *
 * Reading on passes over what is not due yet and remembers no more of it than the earliest time.
 * When that has come, the topic's time index names what is due, and it is sent as what has to be
 * sent again is. Both go by `taken`, a point in the order of the index: what lies behind it waits
 * when reading comes to it, what lies before it is sent then; and the index is asked from there on,
 * for what reading has passed. So each message is found by one of the two, and memory holds
 * nothing of those that wait.
 */
import { compareDue, type DueEntry } from '../../storage/entries.ts';
import { cursorActor } from '../names.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { CameDue } from './commands.ts';
import type { SubscriptionOptions } from './options.ts';
import { policiesOf } from './policies.ts';
import type { SubscriptionLive, SubscriptionState } from './state.ts';

export interface Delays {
  /** Nothing that reading has passed waits at this point of the time index or before it. */
  taken: DueEntry;
  /** When the first of what waits is due, at the earliest; Infinity when nothing waits. */
  nextAtMs: number;
  /** The index is being asked. */
  asking: boolean;
  askedAtMs: number;
}

export function noDelays(): Delays {
  return { taken: NOTHING_TAKEN, nextAtMs: NEVER_MS, asking: false, askedAtMs: 0 };
}

const NOTHING_TAKEN: DueEntry = { atMs: 0, offset: 0 };
const NEVER_MS = Number.POSITIVE_INFINITY;

/** What is due is looked for so many times a tick at most: it comes late by a share of one. */
const LOOKS_A_TICK = 10;

/**
 * Entries that the index is asked for at a time: so many that of what is scattered over a large
 * backlog, several lie in each of the records that are read for them.
 */
const MAX_DUE = 5_000;

/** What the entries that wait are reckoned from: those passed that nobody has. */
export function passedBy({ delays, next, pending, replay }: SubscriptionLive) {
  if (delays.nextAtMs === NEVER_MS) return undefined;
  return { below: next, held: pending.size + replay.size };
}

/** Asks the index for what has become due; false when nothing has, or others must come first. */
export function askForDue(
  state: SubscriptionState,
  decision: Decision,
  facts: Facts,
  options: SubscriptionOptions,
): boolean {
  const { nowMs } = facts;
  const { delays, generation } = state.live;
  const { nextAtMs, asking, askedAtMs, taken } = delays;
  if (nextAtMs > nowMs || asking) return false;
  const { tickTime } = policiesOf(state, facts, options).delayedDelivery;
  const restsUntilMs = askedAtMs + tickTime / LOOKS_A_TICK;
  // Of what was due when the index was last asked, the rest may follow at once.
  if (nextAtMs > askedAtMs && nowMs < restsUntilMs) {
    wakeAt(decision, restsUntilMs);
    return false;
  }
  decision.change({ type: 'due-asked', data: { atMs: nowMs } });
  decision.tell(cursorActor(state.topicId, state.name), {
    type: 'find-due',
    after: taken,
    untilMs: nowMs,
    limit: MAX_DUE,
    generation,
  });
  return true;
}

/** The index has answered: what reading has passed, and nobody has, is to be sent. */
export function cameDue(state: SubscriptionState, command: CameDue, { nowMs }: Facts): Decision {
  const decision = new Decision();
  const { next, pending, replay, generation } = state.live;
  if (command.generation !== generation) return decision;
  const { taken, nextAtMs } = command;
  // Nobody has any of it, unless delays were switched off for a while.
  const isAway = (offset: number) => pending.has(offset) || replay.has(offset);
  const offsets = command.offsets.filter((offset) => offset < next && !isAway(offset));
  decision.change({ type: 'came-due', data: { offsets, taken, nextAtMs } });
  if (nextAtMs > nowMs) wakeAt(decision, nextAtMs);
  decision.again = { type: 'dispatch' };
  return decision;
}

/** The deadline is over, or timers cannot hold as much as is left of it. */
export function wakeForDue({ live }: SubscriptionState, { nowMs }: Facts): Decision {
  const decision = new Decision();
  if (live.delays.nextAtMs > nowMs) wakeAt(decision, live.delays.nextAtMs);
  else decision.again = { type: 'dispatch' };
  return decision;
}

/** Nobody is left to wake for. */
export function endWait(state: SubscriptionState, decision: Decision): void {
  if (state.live.delays.nextAtMs < NEVER_MS) wakeAt(decision, undefined);
}

function wakeAt(decision: Decision, atMs: number | undefined): void {
  if (atMs !== NEVER_MS) decision.wake({ name: 'due', atMs, command: { type: 'wake-for-due' } });
}

/** Which of the entries that reading comes to must wait. */
export class Waiting {
  readonly #delays: Delays;
  readonly #taken: DueEntry;
  #nextAtMs = NEVER_MS;
  #isInUse = false;
  /** Entries that must wait. */
  count = 0;

  constructor(delays: Delays, nowMs: number) {
    this.#delays = delays;
    // While nothing that was passed is due, nothing waits that was due until now.
    const isCurrent = !delays.asking && delays.nextAtMs > nowMs;
    this.#taken = isCurrent ? { atMs: nowMs, offset: NEVER_MS } : delays.taken;
  }

  mustWait(atMs: number, offset: number): boolean {
    if (atMs === 0) return false;
    this.#isInUse = true;
    if (compareDue({ atMs, offset }, this.#taken) <= 0) return false;
    this.#nextAtMs = Math.min(this.#nextAtMs, atMs);
    this.count++;
    return true;
  }

  /** Remembers what was passed. */
  finish(decision: Decision): void {
    if (!this.#isInUse) return;
    const nextAtMs = Math.min(this.#nextAtMs, this.#delays.nextAtMs);
    decision.change({ type: 'passed-over', data: { taken: this.#taken, nextAtMs } });
    if (nextAtMs < this.#delays.nextAtMs) wakeAt(decision, nextAtMs);
  }
}

/**
 * Numbers that a coordinator has promised before anybody asks: that a client is told of its new
 * transaction need not wait for the disk then, as the transaction's beginning does. What is durable
 * first is that these numbers are taken, and for how long. If the process ends between the answer
 * and the beginning, the number is adrift: whoever uses it finds an open transaction, for as long
 * as it was promised, and nobody is ever given it again.
 */
import { Decision } from '../runtime/behaviour.ts';
import type { ReleaseNumbers, Settled } from './commands.ts';
import type { CoordinatorState } from './state.ts';

/** Numbers from that of the next transaction on. */
export interface Reservation {
  /** The first one behind them. */
  readonly upTo: number;
  /** How long a transaction may stay open that is begun by one of them. */
  readonly timeoutMs: number;
}

/** Numbers that may have been given by a process whose memory is lost. */
export interface Adrift {
  readonly numbers: Set<number>;
  readonly timeoutMs: number;
  untilMs: number;
}

/** What one process begins while a batch or two are with the disk, in most cases. */
const BLOCK = 128;

/**
 * Whether a client may be told at once that the next transaction has begun. Where others are open
 * the disk sets the pace: nothing else keeps clients from more than their own queues can hold.
 */
export function isPromised(
  { next, reserved, transactions, live }: CoordinatorState,
  timeoutMs: number,
): boolean {
  const { promised } = live;
  if (transactions.size > 0 || live.isReleased) return false;
  if (promised === undefined || next >= promised.upTo) return false;
  return promised.timeoutMs === timeoutMs && reserved?.timeoutMs === timeoutMs;
}

/** Renews the promise where it is half used up, or was made for another time. */
export function reserve(
  { next, reserved, live }: CoordinatorState,
  decision: Decision,
  timeoutMs: number,
): void {
  if (live.isReleased) return;
  const isEnough = reserved !== undefined && reserved.upTo - next > BLOCK / 2;
  if (isEnough && reserved.timeoutMs === timeoutMs) return;
  const reservation: Reservation = { upTo: next + BLOCK, timeoutMs };
  decision.record({ type: 'reserved', data: reservation });
  decision.change({ type: 'reserving', data: null });
  const settled: Settled = { type: 'settled', aborts: live.aborts, reserved: reservation };
  decision.whenDurable = settled;
}

/**
 * An orderly end leaves no numbers adrift. What begins after this waits for the disk, as if nothing
 * had ever been promised.
 */
export function release(
  { next, reserved, live }: CoordinatorState,
  { reply }: ReleaseNumbers,
): Decision {
  const decision = new Decision();
  decision.change({ type: 'released', data: null });
  if (live.isReserving && reserved !== undefined && reserved.upTo > next) {
    const { timeoutMs } = reserved;
    decision.record({ type: 'reserved', data: { upTo: next, timeoutMs } });
  }
  return decision.answer(reply);
}

/** What a process before this one has promised may have been given, though nothing says so. */
export function setAdrift(
  { next, reserved, live }: CoordinatorState,
  nowMs: number,
): Decision | undefined {
  if (live.isReserving || reserved === undefined || reserved.upTo <= next) return undefined;
  const { upTo, timeoutMs } = reserved;
  const decision = new Decision();
  decision.record({
    type: 'adrift',
    data: { from: next, to: upTo, timeoutMs, untilMs: nowMs + timeoutMs },
  });
  return decision;
}

/**
 * How long a transaction may stay open that nobody knows to have begun, but somebody may be about
 * to use; undefined: there is none of this number. Who is told that it is over may rely on that.
 */
export function adriftTimeoutMs(
  { next, reserved, adrift, live }: CoordinatorState,
  sequence: number,
): number | undefined {
  if (adrift?.numbers.has(sequence) === true) return adrift.timeoutMs;
  if (live.isReserving || reserved === undefined || sequence < next) return undefined;
  return sequence < reserved.upTo ? reserved.timeoutMs : undefined;
}

/** Somebody uses a number that is adrift: its transaction has begun, and is theirs. */
export function beginLate(
  { adrift }: CoordinatorState,
  sequence: number,
  nowMs: number,
  owner: string | undefined,
): Decision | undefined {
  if (adrift?.numbers.has(sequence) !== true) return undefined;
  const { timeoutMs } = adrift;
  const decision = new Decision();
  const begun = { sequence, atMs: nowMs, timeoutMs };
  decision.record({ type: 'begun', data: owner === undefined ? begun : { ...begun, owner } });
  return decision;
}

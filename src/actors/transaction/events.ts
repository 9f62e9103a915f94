/** What happens to the transactions of a coordinator, and how that changes its state. */
import type { Asker } from '../runtime/behaviour.ts';
import { type Participant, participantKey } from './commands.ts';
import { count } from './counts.ts';
import type { Reservation } from './reservation.ts';
import {
  type CoordinatorState,
  initialCoordinator,
  newTransaction,
  type TransactionStatus,
} from './state.ts';

export type CoordinatorEvent = NumbersEvent | TransactionEvent;

/** About numbers without transactions (reservation.ts). */
type NumbersEvent =
  | { readonly type: 'reserved'; readonly data: Reservation }
  | {
      readonly type: 'adrift';
      readonly data: {
        readonly from: number;
        readonly to: number;
        readonly timeoutMs: number;
        readonly untilMs: number;
      };
    }
  | { readonly type: 'adrift-ended'; readonly data: { readonly untilMs: number } }
  // Of this process only
  | { readonly type: 'reserving'; readonly data: null }
  | { readonly type: 'released'; readonly data: null }
  | { readonly type: 'promised'; readonly data: Reservation };

type TransactionEvent =
  | {
      readonly type: 'begun';
      readonly data: {
        readonly sequence: number;
        readonly atMs: number;
        readonly timeoutMs: number;
        readonly owner?: string | undefined;
      };
    }
  | {
      readonly type: 'joined';
      readonly data: { readonly sequence: number; readonly participants: readonly Participant[] };
    }
  /** From here on there is only one way in which it can end. */
  | {
      readonly type: 'ending';
      readonly data: { readonly sequence: number; readonly commit: boolean };
    }
  | {
      readonly type: 'ended';
      readonly data: { readonly sequence: number; readonly atMs: number };
    }
  // Of this process only
  | {
      readonly type: 'abort-waits';
      readonly data: {
        readonly sequence: number;
        readonly abort: number;
        readonly isTimeout: boolean;
      };
    }
  | {
      readonly type: 'participants-told';
      readonly data: { readonly sequence: number; readonly atMs: number };
    }
  | {
      readonly type: 'confirmed';
      readonly data: { readonly sequence: number; readonly participants: readonly string[] };
    }
  | {
      readonly type: 'awaited';
      readonly data: { readonly sequence: number; readonly asker: Asker };
    };

export function evolveCoordinator(
  state: CoordinatorState,
  event: CoordinatorEvent,
): CoordinatorState {
  state.live.dueAtMs = undefined;
  switch (event.type) {
    case 'reserved':
      state.reserved = event.data;
      return state;
    case 'reserving':
      state.live.isReserving = true;
      return state;
    case 'released':
      state.live.isReleased = true;
      return state;
    case 'promised':
      state.live.promised = event.data;
      return state;
    case 'adrift':
      return setNumbersAdrift(state, event.data);
    case 'adrift-ended':
      state.adrift = undefined;
      return state;
    default:
      return evolveTransaction(state, event);
  }
}

function setNumbersAdrift(
  state: CoordinatorState,
  { from, to, timeoutMs, untilMs }: (NumbersEvent & { type: 'adrift' })['data'],
): CoordinatorState {
  const numbers = new Set(state.adrift?.numbers);
  for (let number = from; number < to; number++) numbers.add(number);
  state.adrift = {
    numbers,
    timeoutMs,
    untilMs: Math.max(untilMs, state.adrift?.untilMs ?? 0),
  };
  state.next = to;
  return state;
}

function evolveTransaction(state: CoordinatorState, event: TransactionEvent): CoordinatorState {
  const { sequence } = event.data;
  count(state.live.counts, event, state.transactions.get(sequence));
  if (event.type === 'begun') {
    const { atMs, timeoutMs, owner } = event.data;
    state.transactions.set(sequence, newTransaction(sequence, atMs, timeoutMs, owner));
    state.adrift?.numbers.delete(sequence);
    state.next = Math.max(state.next, sequence + 1);
    return state;
  }
  const transaction = state.transactions.get(sequence);
  if (transaction === undefined) return state;
  const { live, participants } = transaction;
  switch (event.type) {
    case 'joined':
      for (const each of event.data.participants) participants.set(participantKey(each), each);
      return state;
    case 'ending':
      transaction.status = event.data.commit ? 'committing' : 'aborting';
      return state;
    case 'ended':
      state.transactions.delete(sequence);
      return state;
    case 'abort-waits':
      live.waits = event.data.abort;
      state.live.aborts = event.data.abort;
      return state;
    case 'participants-told':
      live.waits = undefined;
      live.toldAtMs = event.data.atMs;
      return state;
    case 'confirmed':
      for (const key of event.data.participants) live.confirmed.add(key);
      return state;
    case 'awaited':
      live.askers.push(event.data.asker);
      return state;
  }
}

interface CoordinatorSnapshot {
  readonly next: number;
  readonly reserved: Reservation | null;
  readonly adrift: readonly [readonly number[], timeoutMs: number, untilMs: number] | null;
  /** Sequence, begin, time-out, status, participants, owner. */
  readonly transactions: readonly (readonly [
    number,
    number,
    number,
    TransactionStatus,
    readonly Participant[],
    string | null,
  ])[];
}

export function snapshotCoordinator(state: CoordinatorState): CoordinatorSnapshot {
  const { next, reserved, adrift } = state;
  return {
    next,
    reserved: reserved ?? null,
    adrift: adrift === undefined ? null : [[...adrift.numbers], adrift.timeoutMs, adrift.untilMs],
    transactions: [...state.transactions.values()].map((each) => [
      each.sequence,
      each.openedAtMs,
      each.timeoutMs,
      each.status,
      [...each.participants.values()],
      each.owner ?? null,
    ]),
  };
}

export function restoreCoordinator(actor: string, data: unknown): CoordinatorState {
  const snapshot = data as CoordinatorSnapshot;
  const state = initialCoordinator(actor);
  state.next = snapshot.next;
  state.reserved = snapshot.reserved ?? undefined;
  if (snapshot.adrift !== null) {
    const [numbers, timeoutMs, untilMs] = snapshot.adrift;
    state.adrift = { numbers: new Set(numbers), timeoutMs, untilMs };
  }
  for (const each of snapshot.transactions) {
    const [sequence, openedAtMs, timeoutMs, status, participants, owner] = each;
    const transaction = newTransaction(sequence, openedAtMs, timeoutMs, owner ?? undefined);
    transaction.status = status;
    for (const one of participants) transaction.participants.set(participantKey(one), one);
    state.transactions.set(sequence, transaction);
  }
  return state;
}

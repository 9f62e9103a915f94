/**
 * How many messages the consumers of all shared and key_shared subscriptions hold without
 * acknowledging them. At its limit the subscriptions that hold more than their share get nothing
 * new, each until half of its share is left, all of them until half of the limit is.
 * (Pulsar's maxUnackedMessagesPerBroker)
 */
import { type Behaviour, Decision } from './runtime/behaviour.ts';

export const BROKER_UNACKED = 'unacked:broker';

export interface BrokerUnackedLimit {
  /** maxUnackedMessagesPerBroker. */
  readonly messages: number;
  /** Of one subscription: that times maxUnackedMessagesPerSubscriptionOnBrokerBlocked. */
  readonly perSubscription: number;
}

/** Undefined without a limit, or where a share of it is none. */
export function brokerUnackedLimit(
  messages: number,
  share: number,
): BrokerUnackedLimit | undefined {
  if (messages <= 0 || share <= 0) return undefined;
  return { messages, perSubscription: Math.floor(messages * share) };
}

/** From a subscription: it holds so many now. */
export interface HoldsUnacked {
  readonly type: 'holds-unacked';
  /** The subscription's actor. */
  readonly holder: string;
  readonly messages: number;
}

/** What subscriptions see. */
export interface BrokerUnackedExposed {
  readonly isBlocked: boolean;
}

interface UnackedState {
  /** By holder; only those that hold some. */
  readonly held: Map<string, number>;
  total: number;
  isBlocked: boolean;
}

interface UnackedEvent {
  readonly type: 'held';
  readonly data: Omit<HoldsUnacked, 'type'> & { readonly isBlocked: boolean };
}

export function brokerUnackedBehaviour(
  limit: BrokerUnackedLimit | undefined,
): Behaviour<UnackedState, HoldsUnacked, UnackedEvent> {
  const initial = () => ({ held: new Map(), total: 0, isBlocked: false });
  return {
    kind: 'unacked',
    initial,
    decide: (state, command) => decide(state, command, limit),
    evolve(state, { data: { holder, messages, isBlocked } }) {
      state.total = totalWith(state, holder, messages);
      if (messages > 0) state.held.set(holder, messages);
      else state.held.delete(holder);
      state.isBlocked = isBlocked;
      return state;
    },
    phase: () => 'open',
    exists: () => false,
    idle: () => false,
    snapshot: () => undefined,
    restore: initial,
    recovered: () => undefined,
    expose: ({ isBlocked }): BrokerUnackedExposed => ({ isBlocked }),
    abandon: () => new Decision(),
  };
}

/** Those that a change of the whole may stop or let go look again. */
function decide(
  state: UnackedState,
  { holder, messages }: HoldsUnacked,
  limit: BrokerUnackedLimit | undefined,
): Decision {
  const decision = new Decision();
  if (limit === undefined) return decision;
  const total = totalWith(state, holder, messages);
  const isBlocked = state.isBlocked
    ? total >= Math.floor(limit.messages / 2)
    : total >= limit.messages;
  decision.change({ type: 'held', data: { holder, messages, isBlocked } });
  if (isBlocked === state.isBlocked) return decision;
  const half = Math.floor(limit.perSubscription / 2);
  for (const [each, held] of [...state.held, [holder, messages] as const]) {
    if (held >= half) decision.tell(each, { type: 'dispatch' });
  }
  return decision;
}

function totalWith({ held, total }: UnackedState, holder: string, messages: number): number {
  return total - (held.get(holder) ?? 0) + messages;
}

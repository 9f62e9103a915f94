/**
 * A resource group: how much all topics of all namespaces that belong to it may publish and be
 * sent a second. The rates are events; the bucket that subscriptions draw from, and what has been
 * drawn, live as long as the process.
 */
import type { ErrorCode } from '../../base/errors.ts';
import { draw, newPace, type Pace } from '../../base/pace.ts';
import { changed } from '../change.ts';
import type { Dispatched, DispatchedEvent } from '../dispatch-pace.ts';
import { type Behaviour, Decision, type Facts } from '../runtime/behaviour.ts';
import type { ReplyTo } from '../topic/commands.ts';
import type { Traffic } from '../views.ts';

/** A second; 0 and below set no limit. The names are those of Pulsar's REST document. */
export interface GroupRates {
  readonly publishRateInMsgs: number;
  readonly publishRateInBytes: number;
  readonly dispatchRateInMsgs: number;
  readonly dispatchRateInBytes: number;
}

/** As Pulsar has it of what nobody has set. */
export const NO_GROUP_RATES: GroupRates = {
  publishRateInMsgs: -1,
  publishRateInBytes: -1,
  dispatchRateInMsgs: -1,
  dispatchRateInBytes: -1,
};

export type GroupCommand =
  /** Makes the group, or sets the rates given. */
  | { readonly type: 'put'; readonly reply: ReplyTo; readonly change: Partial<GroupRates> }
  | { readonly type: 'delete'; readonly reply: ReplyTo }
  | Dispatched;

export type GroupEvent =
  | { readonly type: 'written'; readonly data: GroupRates }
  | { readonly type: 'deleted'; readonly data: Record<string, never> }
  | DispatchedEvent;

interface GroupState {
  readonly rates: GroupRates | undefined;
  readonly isDeleted: boolean;
  readonly pace: Pace | undefined;
  /** Since the group is in memory, which it stays in as long as it exists. */
  readonly dispatched: { messages: number; bytes: number };
}

export interface GroupExposed {
  readonly rates: GroupRates;
  /** Undefined where there is no limit on dispatch. */
  readonly dispatchPace: Pace | undefined;
  readonly dispatched: Traffic;
}

export const resourceGroupBehaviour: Behaviour<GroupState, GroupCommand, GroupEvent> = {
  kind: 'resource-group',
  initial: () => NONE,
  decide,
  evolve,
  phase: ({ isDeleted }) => (isDeleted ? 'deleted' : 'open'),
  exists: ({ rates }) => rates !== undefined,
  idle: ({ rates }) => rates === undefined,
  snapshot: ({ rates }) => rates,
  restore: (_actor, snapshot) => withRates(NONE, snapshot as GroupRates),
  recovered: () => undefined,
  expose({ rates, pace, dispatched }): GroupExposed | undefined {
    return rates && { rates, dispatchPace: pace, dispatched };
  },
  abandon: () => new Decision(),
};

const NONE: GroupState = Object.freeze({
  rates: undefined,
  isDeleted: false,
  pace: undefined,
  dispatched: { messages: 0, bytes: 0 },
});

const MISSING: readonly [ErrorCode, string] = ['topic-not-found', 'ResourceGroup does not exist'];

function decide({ rates }: GroupState, command: GroupCommand, { nowMs }: Facts): Decision {
  const decision = new Decision();
  switch (command.type) {
    case 'put':
      decision.record({ type: 'written', data: changed(rates ?? NO_GROUP_RATES, command.change) });
      return decision.answer(command.reply);
    case 'delete':
      if (rates === undefined) return decision.refuse(command.reply, ...MISSING);
      decision.record({ type: 'deleted', data: {} });
      return decision.answer(command.reply);
    case 'dispatched': {
      const { messages, bytes } = command;
      decision.change({ type: 'dispatched', data: { messages, bytes, atMs: nowMs } });
      return decision;
    }
  }
}

function evolve(state: GroupState, event: GroupEvent): GroupState {
  if (event.type === 'written') return withRates(state, event.data);
  if (event.type === 'deleted') return { ...NONE, isDeleted: true };
  const { messages, bytes, atMs } = event.data;
  if (state.rates === undefined) return state;
  if (state.pace !== undefined) draw(state.pace, messages, bytes, atMs);
  state.dispatched.messages += messages;
  state.dispatched.bytes += bytes;
  return state;
}

/** With full buckets: new rates count from now on. */
function withRates({ dispatched }: GroupState, rates: GroupRates): GroupState {
  const { dispatchRateInMsgs: messages, dispatchRateInBytes: bytes } = rates;
  return {
    rates: Object.freeze(rates),
    isDeleted: false,
    pace: newPace({ messages, bytes, periodMs: 1_000 }, 0),
    dispatched: { ...dispatched },
  };
}

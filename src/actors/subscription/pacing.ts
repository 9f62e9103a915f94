/**
 * Dispatch rates: of the subscription, its topic, its namespace's resource group and the broker.
 * What they have left bounds the next read; once nothing is left, reading waits until the buckets
 * are full again, so that it goes on with as much at a time as Pulsar. The subscription draws from
 * its own buckets and tells the owners of the others.
 */
import {
  hasRoom,
  isNoRate,
  newPace,
  type Pace,
  type Room,
  refilledAtMs,
  roomOf,
} from '../../base/pace.ts';
import { BROKER_PACE, type BrokerPace, brokerPaceOf, rateOf } from '../dispatch-pace.ts';
import type { TopicExposed } from '../exposed.ts';
import { resourceGroupActor, subscriptionActor, topicActor } from '../names.ts';
import { isNoDispatchRate, isSameRate } from '../policies/table.ts';
import type { DispatchRate, PolicyValues } from '../policies/values.ts';
import type { GroupExposed } from '../resource-group/behaviour.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { Traffic } from '../views.ts';
import type { Delivered } from './events.ts';
import type { SubscriptionOptions } from './options.ts';
import { policiesOf } from './policies.ts';
import type { SubscriptionState } from './state.ts';

/** Whose limit held something back, where that is counted. */
export type Limiter = 'subscription' | 'topic' | 'broker';

/** A subscription that lacks no more entries than this keeps up (Pulsar's backlogged threshold). */
const KEEPS_UP_ENTRIES = 1_000;

const NOTHING: Traffic = { messages: 0, bytes: 0 };

const ALL: Room = { messages: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };

/**
 * What may be read now of `permits` messages. Undefined when it is nothing: then the subscription
 * is woken.
 */
export function roomForDispatch(
  state: SubscriptionState,
  decision: Decision,
  permits: number,
  facts: Facts,
  options: SubscriptionOptions,
): Room | undefined {
  const policies = policiesOf(state, facts, options);
  const own = ownRate(state, policies);
  if (!isPaced(state, facts, options) || (!options.throttlesAll && keepsUp(state, facts)))
    return ALL;
  if (state.live.isHeld) return undefined;
  let room = ALL;
  let untilMs = 0;
  for (const [limiter, pace] of pacesOf(state, decision, own, policies, facts, options)) {
    const left = roomOf(pace, facts.nowMs);
    if (!hasRoom(left)) untilMs = Math.max(untilMs, refilledAtMs(pace, facts.nowMs));
    const isHeld = left.messages < permits || left.bytes < options.maxReadBytes;
    if (isHeld && limiter !== 'group') throttled(decision, limiter, left, permits);
    room = {
      messages: Math.min(room.messages, left.messages),
      bytes: Math.min(room.bytes, left.bytes),
    };
  }
  if (untilMs === 0) return room;
  decision.change({ type: 'dispatch-held', data: { held: true } });
  decision.wake({ name: 'dispatch-rate', atMs: untilMs, command: { type: 'resume-dispatch' } });
  return undefined;
}

/** Whether there is a rate to keep to. */
export function isPaced(
  state: SubscriptionState,
  facts: Facts,
  options: SubscriptionOptions,
): boolean {
  const policies = policiesOf(state, facts, options);
  return !isNoDispatchRate(ownRate(state, policies)) || isShared(policies, options);
}

/** The buckets are full again. */
export function resumeDispatch(): Decision {
  const decision = new Decision();
  decision.change({ type: 'dispatch-held', data: { held: false } });
  decision.again = { type: 'dispatch' };
  return decision;
}

/** Tells the topic and the broker what was sent, where they have limits. */
export function tellPaces(
  state: SubscriptionState,
  decision: Decision,
  facts: Facts,
  options: SubscriptionOptions,
): void {
  const policies = policiesOf(state, facts, options);
  if (!isShared(policies, options)) return;
  let [messages, bytes] = [0, 0];
  for (const { type, data } of decision.events) {
    if (type !== 'delivered') continue;
    messages += (data as Delivered['data']).messages;
    bytes += (data as Delivered['data']).bytes;
  }
  if (messages === 0) return;
  const mail = { type: 'dispatched', messages, bytes } as const;
  if (!isNoDispatchRate(policies.dispatchRate)) decision.tell(topicActor(state.topic), mail);
  if (policies.resourceGroup !== '')
    decision.tell(resourceGroupActor(policies.resourceGroup), mail);
  if (!isNoRate(options.brokerRate)) decision.tell(BROKER_PACE, mail);
  // They hear of it before more is read: what they have left counts.
  if (decision.again === undefined) return;
  decision.tell(subscriptionActor(state.topicId, state.name), decision.again);
  decision.again = undefined;
}

/** The subscription's own, as it is named, before that of all subscriptions. */
function ownRate({ name }: SubscriptionState, policies: PolicyValues): DispatchRate {
  return policies.dispatchRateOf[name] ?? policies.subscriptionDispatchRate;
}

function isShared(
  { dispatchRate, resourceGroup }: PolicyValues,
  { brokerRate }: SubscriptionOptions,
): boolean {
  return !isNoRate(brokerRate) || resourceGroup !== '' || !isNoDispatchRate(dispatchRate);
}

function pacesOf(
  state: SubscriptionState,
  decision: Decision,
  own: DispatchRate,
  { dispatchRate, resourceGroup }: PolicyValues,
  facts: Facts,
  { brokerRate }: SubscriptionOptions,
): (readonly [Limiter | 'group', Pace])[] {
  const paces: (readonly [Limiter | 'group', Pace])[] = [];
  const topic = facts.exposed(topicActor(state.topic)) as TopicExposed | undefined;
  const add = (limiter: Limiter | 'group', pace: Pace | undefined) => {
    if (pace !== undefined) paces.push([limiter, pace]);
  };
  add('subscription', ownPace(state, decision, own, topic, facts));
  if (!isNoDispatchRate(dispatchRate)) {
    // One that was not in memory has full buckets, and makes them when it hears of this.
    const full = () => rateOf(dispatchRate, topic?.publishRateAt(facts.nowMs) ?? NOTHING);
    add('topic', topic?.dispatchPace ?? newPace(full(), facts.nowMs));
  }
  if (resourceGroup !== '') {
    const group = facts.exposed(resourceGroupActor(resourceGroup)) as GroupExposed | undefined;
    add('group', group?.dispatchPace);
  }
  if (!isNoRate(brokerRate)) {
    const exposed = facts.exposed(BROKER_PACE) as BrokerPace | undefined;
    add('broker', brokerPaceOf(exposed, brokerRate, facts.nowMs));
  }
  return paces;
}

/** Made anew, and full, with each change of the policy; it follows the publish rate if it must. */
function ownPace(
  { live }: SubscriptionState,
  decision: Decision,
  rate: DispatchRate,
  topic: TopicExposed | undefined,
  { nowMs: atMs }: Facts,
): Pace | undefined {
  const published = topic?.publishRateAt(atMs) ?? NOTHING;
  if (isSameRate(rate, live.dispatchRate)) {
    if (rate.relativeToPublishRate) {
      const data = { rate: rateOf(rate, published), atMs };
      decision.change({ type: 'dispatch-pace-changed', data });
    }
    return live.dispatchPace;
  }
  const pace = newPace(rateOf(rate, published), atMs);
  decision.change({ type: 'dispatch-rate-set', data: { rate, pace } });
  return pace;
}

function throttled(decision: Decision, limiter: Limiter, left: Room, permits: number): void {
  const unit = left.messages < permits ? 'messages' : 'bytes';
  decision.change({ type: 'dispatch-throttled', data: { limiter, unit } });
}

function keepsUp({ live, topic }: SubscriptionState, facts: Facts): boolean {
  const exposed = facts.exposed(topicActor(topic)) as TopicExposed | undefined;
  if (exposed === undefined || live.next < 0) return false;
  return exposed.progress.end - live.next <= KEEPS_UP_ENTRIES;
}

/**
 * Publish rates. A topic that has one tells each producer how much it may have sent in all; its
 * connection is not read beyond that, while others are. What is left in the buckets is divided
 * among the producers, a message at least, and told anew whenever one has used its part.
 */
import { hasRoom, newPace, type Pace, type Room, readyAtMs, roomOf } from '../../base/pace.ts';
import { type Dispatched, rateOf as dispatchRateOf } from '../dispatch-pace.ts';
import { isNoDispatchRate, isNoPublishRate, isSameRate } from '../policies/table.ts';
import type { PublishRate } from '../policies/values.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { Traffic } from '../views.ts';
import type { Publish } from './commands.ts';
import { messagesIn, type Passed } from './events.ts';
import type { TopicOptions } from './options.ts';
import { policiesOf } from './policies.ts';
import { isOver, measured, newPublishMeter } from './publish-meter.ts';
import type { Producer, TopicState } from './state.ts';

/** From the topic to itself: a producer has sent something, which was drawn from the buckets. */
export interface PaceProducer {
  readonly type: 'pace-producer';
  readonly key: number;
}

/** From the topic to itself: those that were held back may go on. */
export interface ResumeProducers {
  readonly type: 'resume-producers';
}

/** The rate counts from now on, for everybody who is connected. */
export function applyPublishRate(
  state: TopicState,
  decision: Decision,
  facts: Facts,
  options: TopicOptions,
): void {
  const { publishRate: rate } = policiesOf(state, facts, options);
  const { publishRate: current, producers } = state.live;
  if (isSameRate(rate, current) || (current === undefined && isNoPublishRate(rate))) return;
  const pace = newPace(rateOf(rate), facts.nowMs);
  setRate(decision, rate, pace);
  const room = pace === undefined ? ALL : roomOf(pace, facts.nowMs);
  for (const producer of producers.values()) {
    decision.reply(producer.recipient, windowOf(producer, room, producers.size));
  }
}

/** The same for dispatch: the subscriptions look at the buckets before they read. */
export function applyDispatchRate(
  state: TopicState,
  decision: Decision,
  facts: Facts,
  options: TopicOptions,
): void {
  const { dispatchRate: rate } = policiesOf(state, facts, options);
  const { dispatchRate: current } = state.live;
  if (isSameRate(rate, current) || (current === undefined && isNoDispatchRate(rate))) return;
  const pace = newPace(dispatchRateOf(rate, publishRateAt(state, facts.nowMs)), facts.nowMs);
  decision.change({ type: 'dispatch-rate-set', data: { rate, pace } });
}

/** A subscription has sent something. The topic may have left memory while nobody could. */
export function dispatched(
  state: TopicState,
  { messages, bytes }: Dispatched,
  facts: Facts,
  options: TopicOptions,
): Decision {
  const decision = new Decision();
  if (!state.exists) return decision;
  const atMs = facts.nowMs;
  applyDispatchRate(state, decision, facts, options);
  followPublishing(state, decision, publishRateAt(state, atMs), atMs);
  decision.change({ type: 'dispatched', data: { messages, bytes, atMs } });
  return decision;
}

/** Before each publish: what came in the interval that is over makes the publish rate. */
export function measurePublishing(
  state: TopicState,
  decision: Decision,
  { nowMs }: Facts,
  { statsIntervalMs }: TopicOptions,
): void {
  const { publishMeter } = state.live;
  if (publishMeter !== undefined && !isOver(publishMeter, nowMs)) return;
  const total = publishedBy(state);
  const meter =
    publishMeter === undefined
      ? newPublishMeter(statsIntervalMs, nowMs, total)
      : measured(publishMeter, nowMs, total);
  decision.change({ type: 'publishing-measured', data: { meter } });
  followPublishing(state, decision, meter.rate, nowMs);
}

/** See `TopicExposed`. */
export function publishRateAt(state: TopicState, nowMs: number): Traffic {
  const { publishMeter } = state.live;
  if (publishMeter === undefined) return NOTHING;
  return measured(publishMeter, nowMs, publishedBy(state)).rate;
}

function publishedBy({ live }: TopicState): Traffic {
  return { messages: live.messagesIn, bytes: live.bytesIn };
}

const NOTHING: Traffic = { messages: 0, bytes: 0 };

/** A dispatch rate that is relative to the publish rate changes with it. */
function followPublishing(
  { live }: TopicState,
  decision: Decision,
  published: Traffic,
  atMs: number,
): void {
  const { dispatchRate } = live;
  if (dispatchRate?.relativeToPublishRate !== true) return;
  const rate = dispatchRateOf(dispatchRate, published);
  decision.change({ type: 'dispatch-pace-changed', data: { rate, atMs } });
}

/** The first word to a producer that is about to be opened. */
export function paceNewcomer(
  state: TopicState,
  decision: Decision,
  producer: Producer,
  facts: Facts,
  options: TopicOptions,
): void {
  const { publishRate: rate } = policiesOf(state, facts, options);
  if (isNoPublishRate(rate)) return;
  const { publishPace, publishRate, producers } = state.live;
  const isKnown = isSameRate(rate, publishRate) && publishPace !== undefined;
  const pace = isKnown ? publishPace : newPace(rateOf(rate), facts.nowMs);
  if (pace === undefined) return;
  if (!isKnown) setRate(decision, rate, pace);
  const room = roomOf(pace, facts.nowMs);
  decision.reply(producer.recipient, windowOf(producer, room, producers.size + 1));
}

/** For the publish rate everything counts that was sent, whatever became of it. */
export function countUnstored(decision: Decision, command: Publish, { nowMs }: Facts): void {
  let [entries, messages, bytes] = [command.sequenceIds.length, 0, command.bytes];
  for (const { type, data } of decision.events) {
    if (type !== 'entries-stored' && type !== 'entries-passed') continue;
    const stored = data as Passed;
    entries -= stored.count;
    messages -= messagesIn(stored);
    bytes -= stored.bytes;
  }
  if (entries === 0) return;
  for (const count of command.messageCounts) messages += count;
  const data = { key: command.key, messages, bytes, atMs: nowMs };
  decision.change({ type: 'entries-unstored', data });
}

/** After each publish, of a topic that has a rate. */
export function paceProducer(state: TopicState, { key }: PaceProducer, facts: Facts): Decision {
  const decision = new Decision();
  const { publishPace: pace, producers, throttled } = state.live;
  const producer = producers.get(key);
  if (pace === undefined || producer === undefined) return decision;
  const room = roomOf(pace, facts.nowMs);
  if (hasRoom(room)) {
    decision.send(producer.recipient, windowOf(producer, room, producers.size));
    return decision;
  }
  decision.change({ type: 'producer-throttled', data: { key } });
  if (throttled.size === 0) wakeAt(decision, readyAtMs(pace, facts.nowMs));
  return decision;
}

export function resumeProducers(state: TopicState, facts: Facts): Decision {
  const decision = new Decision();
  const { publishPace: pace, producers, throttled } = state.live;
  if (pace === undefined || throttled.size === 0) return decision;
  const room = roomOf(pace, facts.nowMs);
  if (!hasRoom(room)) {
    wakeAt(decision, readyAtMs(pace, facts.nowMs));
    return decision;
  }
  for (const key of throttled) {
    const producer = producers.get(key);
    if (producer === undefined) continue;
    decision.send(producer.recipient, windowOf(producer, room, throttled.size));
  }
  decision.change({ type: 'producers-resumed', data: {} });
  return decision;
}

/** A producer that was fenced out waits for nothing any more: what it sends is refused. */
export function releaseFenced({ live }: TopicState, decision: Decision, fenced: Producer): void {
  if (live.publishPace === undefined) return;
  decision.reply(fenced.recipient, windowOf(fenced, ALL, 1));
}

function setRate(decision: Decision, rate: PublishRate, pace: Pace | undefined): void {
  decision.change({ type: 'publish-rate-set', data: { rate, pace } });
  wakeAt(decision, undefined);
}

function wakeAt(decision: Decision, atMs: number | undefined): void {
  decision.wake({ name: 'publish-rate', atMs, command: { type: 'resume-producers' } });
}

function windowOf(producer: Producer, room: Room, sharers: number) {
  const part = (left: number) => Math.max(1, Math.floor(left / sharers));
  return {
    type: 'publish-window',
    producerId: producer.producerId,
    messages: producer.messages + producer.unstored.messages + part(room.messages),
    bytes: producer.bytes + producer.unstored.bytes + part(room.bytes),
  } as const;
}

function rateOf(rate: PublishRate) {
  return {
    messages: rate.publishThrottlingRateInMsg,
    bytes: rate.publishThrottlingRateInByte,
    periodMs: 1_000,
  };
}

const ALL: Room = { messages: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };

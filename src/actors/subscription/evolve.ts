/** How what happened changes a subscription. */
import { changeRate, draw } from '../../base/pace.ts';
import { remaining } from '../ack-set.ts';
import { newGeneration } from '../generation.ts';
import { rankingFor } from './active.ts';
import { noDelays } from './delays.ts';
import type { Delivered, SubscriptionEvent } from './events.ts';
import { heldBy, remember } from './held.ts';
import type { SubscriptionOptions } from './options.ts';
import { ANYBODY } from './replay-queue.ts';
import { HashRing, type Selector, splitRanges, stickyRanges } from './selector.ts';
import {
  type Consumer,
  initialSubscription,
  type SubscriptionLive,
  type SubscriptionState,
  tracks,
} from './state.ts';
import { block, limit, unblock } from './unacked.ts';

export function evolveSubscription(
  state: SubscriptionState,
  event: SubscriptionEvent,
  options: SubscriptionOptions,
): SubscriptionState {
  switch (event.type) {
    case 'opened':
      return { ...initialSubscription(), ...event.data, exists: true };
    case 'settings-changed':
      return Object.assign(state, event.data);
    case 'policies-changed':
      state.live.policies = undefined;
      state.live.isHeld = false;
      return state;
    case 'deleted':
      return { ...initialSubscription(), deleted: true };
    case 'consumer-added':
      consumerAdded(state, event.data, options);
      return state;
    case 'consumer-removed':
      consumerRemoved(state, event.data.key, options);
      return state;
    case 'active-changed':
      state.live.active = event.data.key;
      state.live.activeChange = event.data.change;
      state.live.switching = event.data.switching;
      return state;
    case 'rewound':
      rewound(state);
      return state;
    case 'epoch-raised': {
      const consumer = state.live.consumers.get(event.data.key);
      if (consumer !== undefined) consumer.epoch = event.data.epoch;
      return state;
    }
    case 'delivered':
      delivered(state, event.data, options);
      return state;
    case 'set-aside':
      for (const [i, offset] of event.data.offsets.entries()) {
        const hash = event.data.hashes[i]!;
        state.live.replay.add(offset, hash);
        state.live.holders.blocked(hash);
      }
      return state;
    case 'given-back':
      givenBack(state, event.data.key, event.data.offsets);
      return state;
    case 'reads-given-up':
      state.live.generation = newGeneration();
      state.live.reading = false;
      state.live.replaying = false;
      state.live.delays = { ...state.live.delays, asking: false };
      return state;
    case 'acks-returned':
      for (const offset of event.data.offsets) state.live.replay.add(offset, 0);
      return state;
    case 'settled':
      settled(state, event.data);
      return state;
    default:
      return evolveFlow(state, event);
  }
}

function evolveFlow(state: SubscriptionState, event: SubscriptionEvent): SubscriptionState {
  const { live } = state;
  switch (event.type) {
    case 'permits-added': {
      const consumer = live.consumers.get(event.data.key);
      if (consumer === undefined) return state;
      consumer.permits += event.data.permits;
      if (consumer.firstFlowAtMs === 0) consumer.firstFlowAtMs = event.data.atMs;
      consumer.lastFlowAtMs = event.data.atMs;
      live.lastFlowAtMs = event.data.atMs;
      return state;
    }
    case 'congestion-changed': {
      const consumer = live.consumers.get(event.data.key);
      if (consumer !== undefined) consumer.congested = event.data.congested;
      return state;
    }
    case 'read-started':
      live.reading = true;
      return state;
    case 'read-ended':
      live.reading = false;
      live.next = event.data.next;
      live.skims = event.data.skims ?? false;
      return state;
    case 'replay-started':
      live.replaying = true;
      live.returned.clear();
      return state;
    case 'replay-ended':
      live.replaying = false;
      for (const offset of event.data.gone) live.replay.delete(offset);
      return state;
    case 'dropped':
      live.dropped += event.data.messages;
      return state;
    case 'unacked-told':
      live.toldUnacked = event.data.messages;
      return state;
    case 'held-by-broker':
      live.isHeldByBroker = event.data.held;
      return state;
    case 'unacked-limited':
      limit(live, event.data.limits);
      return state;
    case 'passed-over':
      live.delays = { ...live.delays, ...event.data };
      return state;
    case 'due-asked':
      live.delays = { ...live.delays, asking: true, askedAtMs: event.data.atMs };
      return state;
    case 'came-due': {
      const { offsets, taken, nextAtMs } = event.data;
      live.delays = { ...live.delays, taken, nextAtMs, asking: false };
      for (const offset of offsets) live.replay.add(offset, 0);
      return state;
    }
    case 'released':
      for (const consumer of live.consumers.values()) {
        if (consumer.heldMark <= event.data.mark) consumer.heldMark = 0;
      }
      return state;
    case 'end-announced':
      for (const consumer of live.consumers.values()) consumer.endSent = true;
      return state;
    default:
      return evolveRates(state, event);
  }
}

function evolveRates(state: SubscriptionState, event: SubscriptionEvent): SubscriptionState {
  const { live } = state;
  switch (event.type) {
    case 'dispatch-rate-set':
      live.dispatchRate = event.data.rate;
      live.dispatchPace = event.data.pace;
      return state;
    case 'dispatch-pace-changed': {
      const { rate, atMs } = event.data;
      if (live.dispatchPace !== undefined) changeRate(live.dispatchPace, rate, atMs);
      return state;
    }
    case 'dispatch-held':
      live.isHeld = event.data.held;
      return state;
    case 'dispatch-throttled':
      live.throttled ??= {
        subscription: { messages: 0, bytes: 0 },
        topic: { messages: 0, bytes: 0 },
        broker: { messages: 0, bytes: 0 },
      };
      live.throttled[event.data.limiter][event.data.unit]++;
      return state;
    default:
      return state;
  }
}

function consumerAdded(
  state: SubscriptionState,
  data: Extract<SubscriptionEvent, { type: 'consumer-added' }>['data'],
  options: SubscriptionOptions,
): void {
  const { live } = state;
  if (live.consumers.size === 0) {
    live.type = data.type;
    live.keyShared = data.keyShared;
    live.ranking = rankingFor(state.topic, data.type, options);
    startOver(state);
  }
  live.unackedLimits = data.unackedLimits;
  live.consumers.set(data.consumer.key, data.consumer);
  live.ranking?.add(data.consumer);
  select(state, data.consumer.key, options);
}

function consumerRemoved(
  state: SubscriptionState,
  key: number,
  options: SubscriptionOptions,
): void {
  const { live } = state;
  const consumer = live.consumers.get(key);
  if (consumer === undefined) return;
  // Behind the last one all starts over.
  if (live.consumers.size > 1) giveBack(live, consumer, heldBy(live, consumer));
  live.consumers.delete(key);
  live.ranking?.remove(consumer);
  live.holders.forget(key);
  for (const [uuid, owner] of live.chunkOwners) {
    if (owner === key) live.chunkOwners.delete(uuid);
  }
  if (live.active === key) {
    live.active = undefined;
    live.switching = false;
  }
  if (live.consumers.size === 0) startOver(state);
  select(state, key, options);
}

/**
 * Without consumers nothing is in flight: the next one starts at the first unacknowledged entry.
 */
function startOver(state: SubscriptionState): void {
  const { live } = state;
  live.generation = newGeneration();
  live.reading = false;
  live.skims = false;
  live.replaying = false;
  live.next = -1;
  live.replay.clear();
  live.delays = noDelays();
  live.pending.clear();
  live.holders.clear();
  live.chunkOwners.clear();
  live.unacked = 0;
  live.blocked = false;
  live.isHeldByBroker = false;
}

function rewound({ live }: SubscriptionState): void {
  live.generation = newGeneration();
  live.reading = false;
  live.skims = false;
  live.next = -1;
}

function delivered(
  state: SubscriptionState,
  data: Delivered['data'],
  options: SubscriptionOptions,
): void {
  const { live } = state;
  const consumer = live.consumers.get(data.key);
  if (consumer === undefined) return;
  consumer.permits -= data.messages;
  consumer.messagesOut += data.sent;
  consumer.bytesOut += data.bytes;
  consumer.redelivered += data.redelivered;
  const mean = data.messages / data.entries;
  consumer.messagesPerEntry = movingMean(consumer.messagesPerEntry || mean, mean);
  if (consumer.firstDeliveredAtMs === 0) consumer.firstDeliveredAtMs = data.atMs;
  consumer.lastDeliveredAtMs = data.atMs;
  if (data.heldMark > 0) {
    consumer.heldMark = data.heldMark;
    live.heldMark = data.heldMark;
  }
  const { dispatchPace } = live;
  if (dispatchPace !== undefined) draw(dispatchPace, data.messages, data.bytes, data.atMs);
  live.messagesOut += data.sent;
  live.bytesOut += data.bytes;
  live.entriesOut += data.entries;
  live.redelivered += data.redelivered;
  live.lastDeliveredAtMs = data.atMs;
  live.lastServed = data.key;
  live.messagesPerEntry = movingMean(live.messagesPerEntry, mean);
  if (!tracks(state)) return;
  const ordered = live.keyShared?.allowOutOfOrder === false;
  for (const [i, offset] of data.offsets.entries()) {
    const hash = data.hashes[i] ?? 0;
    const messages = data.counts[i]!;
    live.pending.set(offset, { key: data.key, messages, hash, open: undefined });
    live.replay.delete(offset);
    if (hash !== 0 && ordered) live.holders.hold(hash, data.key);
  }
  for (const { offset, words } of data.partial) live.pending.get(offset)!.open = words;
  for (const uuid of data.chunks) rememberChunk(state, uuid, data.key, options);
  consumer.unacked += data.messages;
  live.unacked += data.messages;
  remember(live, consumer, data.offsets);
  block(live, consumer);
}

function movingMean(before: number, value: number): number {
  return 0.9 * before + 0.1 * value;
}

function rememberChunk(
  state: SubscriptionState,
  uuid: string,
  key: number,
  options: SubscriptionOptions,
): void {
  const { chunkOwners } = state.live;
  chunkOwners.set(uuid, key);
  if (chunkOwners.size <= options.maxChunkOwners) return;
  for (const oldest of chunkOwners.keys()) {
    chunkOwners.delete(oldest);
    return;
  }
}

function givenBack({ live }: SubscriptionState, key: number, offsets: readonly number[]): void {
  const consumer = live.consumers.get(key);
  if (consumer !== undefined) giveBack(live, consumer, offsets);
}

function giveBack(live: SubscriptionLive, consumer: Consumer, offsets: readonly number[]): void {
  for (const offset of offsets) {
    const pending = live.pending.get(offset);
    if (pending === undefined || pending.key !== consumer.key) continue;
    live.pending.delete(offset);
    consumer.unacked -= pending.messages;
    live.unacked -= pending.messages;
    live.holders.release(pending.hash, pending.key);
    live.replay.add(offset, pending.hash);
    const first = live.returned.get(pending.hash) ?? offset;
    if (live.replaying) live.returned.set(pending.hash, Math.min(first, offset));
  }
  unblock(live, consumer);
}

function settled(
  { live }: SubscriptionState,
  data: Extract<SubscriptionEvent, { type: 'settled' }>['data'],
): void {
  const acker = live.consumers.get(data.key);
  if (acker !== undefined) {
    acker.acked += data.messages;
    acker.lastAckedAtMs = data.atMs;
  }
  live.lastAckedAtMs = data.atMs;
  const owners = new Set<Consumer>();
  const take = (offset: number, left: number) => {
    const pending = live.pending.get(offset);
    if (left === 0) live.replay.delete(offset);
    if (pending === undefined) return;
    const owner = live.consumers.get(pending.key);
    const gone = Math.max(0, pending.messages - left);
    pending.messages -= gone;
    live.unacked -= gone;
    if (owner !== undefined) {
      owner.unacked -= gone;
      owners.add(owner);
    }
    if (left > 0) return;
    live.pending.delete(offset);
    live.holders.release(pending.hash, pending.key);
  };
  for (const offset of data.offsets) take(offset, 0);
  for (const { offset, words } of data.partial) {
    const pending = live.pending.get(offset);
    if (pending !== undefined) pending.open = words;
    take(offset, remaining(words));
  }
  for (const owner of owners) unblock(live, owner);
}

/** A consumer has come or gone: who gets which keys, and what waits for whom. */
function select(state: SubscriptionState, key: number, options: SubscriptionOptions): void {
  const { live } = state;
  const { consumers } = live;
  if (live.type === 'Key_Shared') {
    const selector = selectorOf(live, key, options);
    live.selector = selector;
    live.holders.reassign((hash) => selector.ownerOf(hash));
  } else live.selector = undefined;
  const { selector } = live;
  live.replay.divide((hash) => {
    if (hash > 0) return selector?.ownerOf(hash) ?? NOBODY;
    return consumers.has(-hash) ? -hash : ANYBODY;
  });
}

function selectorOf(
  live: SubscriptionLive,
  changed: number,
  { ringPoints }: SubscriptionOptions,
): Selector {
  const { consumers, keyShared, selector } = live;
  if (keyShared?.mode === 'STICKY') return stickyRanges([...consumers.values()]);
  if (ringPoints === 0) return splitRanges(selector, [...consumers.values()]);
  const ring = selector instanceof HashRing ? selector : new HashRing(ringPoints);
  ring.seat(changed, consumers.get(changed));
  return ring;
}

/** The lane of hashes that no consumer covers. */
const NOBODY = -1;

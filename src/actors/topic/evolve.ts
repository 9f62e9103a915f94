/** How what happened changes a topic. */
import { changeRate, draw } from '../../base/pace.ts';
import type { Traffic } from '../views.ts';
import { evolveCompaction } from './compaction-evolve.ts';
import { type EntriesStored, messagesIn, type Passed, type TopicEvent } from './events.ts';
import { looked } from './looked.ts';
import { initialTopic, meanOf, type TopicState } from './state.ts';
import { MAX_SUBSCRIBERS } from './subscribe-rate.ts';
import { forgetAges, haveCome } from './survey.ts';
import { joinTransaction, transactionEnded } from './transactions.ts';
import { Writes } from './writes.ts';

export function evolveTopic(state: TopicState, event: TopicEvent): TopicState {
  switch (event.type) {
    case 'created':
      return created(state, event.data);
    case 'ledger-opened':
      openLedger(state, event.data);
      return state;
    case 'entries-stored':
      stored(state, event);
      return state;
    case 'transaction-ended':
      transactionEnded(state, event.data);
      return state;
    case 'end-told': {
      const { coordinator, lowWaterMark } = event.data;
      state.live.transactions.lowWaterMarks ??= new Map();
      state.live.transactions.lowWaterMarks.set(coordinator, lowWaterMark);
      return state;
    }
    case 'trimmed':
      trimmed(state, event.data.before);
      return state;
    case 'terminated':
      state.progress.terminated = true;
      return state;
    case 'properties-changed':
      state.properties = event.data.properties;
      return state;
    case 'deleted':
      return { ...initialTopic(`topic:${state.name}`), deleted: true };
    case 'sequences-forgotten':
      for (const name of event.data.names) state.sequences.delete(name);
      return state;
    case 'sequence-left':
    case 'sequence-held':
      holdSequence(state, event);
      return state;
    case 'epoch-set':
      state.epoch = event.data.epoch;
      return state;
    case 'subscription-added':
      subscriptionAdded(state, event.data);
      return state;
    case 'subscription-removed':
      state.subscriptions.delete(event.data.name);
      state.live.readers.delete(event.data.name);
      state.live.aging.round?.asked.delete(event.data.name);
      return state;
    case 'sent-by-gone':
      sentByGone(state, event.data);
      return state;
    case 'unused':
      state.unusedSinceMs = event.data.atMs;
      return state;
    case 'used':
      state.unusedSinceMs = undefined;
      return state;
    case 'subscriptions-idle':
      for (const name of event.data.names) setIdle(state, name, event.data.atMs);
      return state;
    case 'subscription-used':
      setIdle(state, event.data.name, undefined);
      return state;
    default:
      return evolveLive(state, event);
  }
}

/** Connections, waiting readers and what has become durable: gone with the process. */
function evolveLive(state: TopicState, event: TopicEvent): TopicState {
  const { live } = state;
  switch (event.type) {
    case 'policies-changed':
      live.policies = undefined;
      return state;
    case 'producer-added': {
      const { producer } = event.data;
      live.producers.set(producer.key, producer);
      live.byName.set(producer.name, producer);
      removeWaiting(state, producer.key);
      return state;
    }
    case 'producer-waits':
      live.waiting.push(event.data.producer);
      return state;
    case 'producer-removed':
      removeProducer(state, event.data.key);
      live.fencedOut.delete(event.data.key);
      return state;
    case 'producer-fenced': {
      const producer = live.producers.get(event.data.key);
      removeProducer(state, event.data.key);
      if (producer !== undefined) live.fencedOut.set(producer.key, producer);
      return state;
    }
    case 'entries-passed':
      count(state, event.data);
      return state;
    case 'messages-dropped': {
      const producer = live.producers.get(event.data.key);
      if (producer !== undefined) producer.dropped += event.data.messages;
      return state;
    }
    case 'duplicates-seen':
      live.duplicates += event.data.count;
      return state;
    case 'entries-unstored':
      unstored(state, event.data);
      return state;
    case 'cursor-moved': {
      const entry = state.subscriptions.get(event.data.name);
      // It may have gone back to older ones.
      if (event.data.acked < (entry?.acked ?? 0)) forgetAges(live.aging);
      if (entry !== undefined) entry.acked = event.data.acked;
      return state;
    }
    case 'unloaded':
      live.unloaded = true;
      return state;
    case 'reader-waits':
      live.readers.add(event.data.name);
      return state;
    case 'reader-left':
      live.readers.delete(event.data.name);
      return state;
    case 'readers-called':
      live.readers.clear();
      return state;
    case 'stored-until':
      storedUntil(state, event.data);
      return state;
    default:
      return evolveLimits(state, event);
  }
}

/** What rates hold back. */
function evolveLimits(state: TopicState, event: TopicEvent): TopicState {
  const { live } = state;
  switch (event.type) {
    case 'publish-rate-set':
      live.publishRate = event.data.rate;
      live.publishPace = event.data.pace;
      live.throttled.clear();
      return state;
    case 'dispatch-rate-set':
      live.dispatchRate = event.data.rate;
      live.dispatchPace = event.data.pace;
      return state;
    case 'publishing-measured':
      live.publishMeter = event.data.meter;
      return state;
    case 'dispatch-pace-changed': {
      const { rate, atMs } = event.data;
      if (live.dispatchPace !== undefined) changeRate(live.dispatchPace, rate, atMs);
      return state;
    }
    case 'dispatched': {
      const { messages, bytes, atMs } = event.data;
      if (live.dispatchPace !== undefined) draw(live.dispatchPace, messages, bytes, atMs);
      return state;
    }
    case 'producer-throttled':
      live.throttled.add(event.data.key);
      live.throttledTimes++;
      return state;
    case 'producers-resumed':
      live.throttled.clear();
      return state;
    case 'subscribing-counted': {
      const { subscriber, subscribing } = event.data;
      // In the order in which their periods began.
      if (subscribing.count === 1) live.subscribers.delete(subscriber);
      live.subscribers.set(subscriber, subscribing);
      const [oldest] = live.subscribers.keys();
      const isFull = live.subscribers.size > MAX_SUBSCRIBERS;
      if (isFull && oldest !== undefined) live.subscribers.delete(oldest);
      return state;
    }
    default:
      looked(state, event);
      return evolveCompaction(state, event);
  }
}

function created(
  state: TopicState,
  data: Extract<TopicEvent, { type: 'created' }>['data'],
): TopicState {
  state.exists = true;
  state.deleted = false;
  state.createdAtMs = data.atMs;
  state.properties = data.properties;
  state.progress.topicId = data.topicId;
  const { ledgerId } = data;
  if (ledgerId !== undefined) openLedger(state, { ...data, ledgerId });
  return state;
}

function openLedger(
  state: TopicState,
  data: { readonly ledgerId: number; readonly atMs: number; readonly incarnation: number },
): void {
  const { progress } = state;
  const last = progress.ledgers.at(-1);
  // A ledger that never got an entry leaves no trace.
  if (last !== undefined && last.firstOffset === state.next) progress.ledgers.pop();
  progress.ledgers.push({
    ledgerId: data.ledgerId,
    firstOffset: state.next,
    openedAtMs: data.atMs,
    bytes: 0,
  });
  state.ledgerIncarnation = data.incarnation;
  state.live.unloaded = false;
}

function storedUntil(
  { progress, live }: TopicState,
  { end, readable, written, atMs }: Extract<TopicEvent, { type: 'stored-until' }>['data'],
): void {
  const fresh = end - progress.end;
  if (written !== undefined && fresh > 0) live.writes?.durable(fresh, written, atMs);
  progress.end = Math.max(progress.end, end);
  progress.readable = Math.max(progress.readable, readable);
}

function stored(state: TopicState, { data, entries }: EntriesStored): void {
  const { progress, live } = state;
  // Those that are replayed were measured when they were written.
  if (entries !== undefined) {
    live.writes ??= new Writes();
    live.writes.decided(entries.entries, data.atMs);
  }
  if (data.txn !== undefined) {
    joinTransaction(state, data.txn, state.next, state.next + data.count);
  }
  state.next += data.count;
  const ledger = progress.ledgers.at(-1);
  if (ledger !== undefined) ledger.bytes += data.bytes;
  if (data.sequence !== undefined) {
    // Deleting first keeps the map in order of last use, oldest first.
    state.sequences.delete(data.producer);
    state.sequences.set(data.producer, { last: data.sequence, idleSinceMs: undefined });
  }
  const messages = count(state, data);
  if (data.index !== undefined) state.nextIndex = data.index + messages;
  progress.meanEntryBytes = meanOf(progress.ledgers, state.next);
}

function sentByGone({ live }: TopicState, { messages, bytes }: Traffic): void {
  const before = live.sentByGone;
  live.sentByGone = { messages: before.messages + messages, bytes: before.bytes + bytes };
}

/** What came in, for statistics; how many messages. */
function count(state: TopicState, data: Passed): number {
  const { live } = state;
  const messages = messagesIn(data);
  live.messagesIn += messages;
  live.bytesIn += data.bytes;
  live.entriesIn += data.count;
  live.chunks ||= data.chunked;
  live.lastPublishAtMs = data.atMs;
  drawFor(state, messages, data.bytes, data.atMs);
  haveCome(live.aging, data.atMs);
  const producer = live.byName.get(data.producer);
  if (producer !== undefined) {
    producer.messages += messages;
    producer.bytes += data.bytes;
  }
  return messages;
}

function unstored(
  state: TopicState,
  data: Extract<TopicEvent, { type: 'entries-unstored' }>['data'],
): void {
  const producer = state.live.producers.get(data.key);
  if (producer !== undefined) {
    producer.unstored.messages += data.messages;
    producer.unstored.bytes += data.bytes;
  }
  drawFor(state, data.messages, data.bytes, data.atMs);
}

/** For the publish rate everything counts that came, stored or not. */
function drawFor({ live }: TopicState, messages: number, bytes: number, atMs: number): void {
  if (live.publishPace !== undefined) draw(live.publishPace, messages, bytes, atMs);
}

function holdSequence(
  { sequences }: TopicState,
  event: Extract<TopicEvent, { type: 'sequence-left' | 'sequence-held' }>,
): void {
  const known = sequences.get(event.data.name);
  if (known === undefined) return;
  const idleSinceMs = event.type === 'sequence-left' ? event.data.atMs : undefined;
  sequences.set(event.data.name, { ...known, idleSinceMs });
}

type Added = Extract<TopicEvent, { type: 'subscription-added' }>['data'];

function subscriptionAdded(state: TopicState, { name, ...entry }: Added): void {
  state.subscriptions.set(name, entry);
  forgetAges(state.live.aging);
}

function trimmed(state: TopicState, before: number): void {
  const { progress } = state;
  progress.first = Math.max(progress.first, before);
  if (progress.aborted.size > 0) progress.aborted.removeBelow(before);
  const keep = progress.ledgers.findLastIndex((ledger) => ledger.firstOffset <= before);
  if (keep > 0) progress.ledgers.splice(0, keep);
}

function setIdle(state: TopicState, name: string, sinceMs: number | undefined): void {
  const entry = state.subscriptions.get(name);
  if (entry !== undefined) entry.idleSinceMs = sinceMs;
}

function removeProducer(state: TopicState, key: number): void {
  const { live } = state;
  const producer = live.producers.get(key);
  live.producers.delete(key);
  live.throttled.delete(key);
  if (producer !== undefined && live.byName.get(producer.name) === producer) {
    live.byName.delete(producer.name);
  }
  removeWaiting(state, key);
}

function removeWaiting(state: TopicState, key: number): void {
  const { waiting } = state.live;
  const index = waiting.findIndex((producer) => producer.key === key);
  if (index >= 0) waiting.splice(index, 1);
}

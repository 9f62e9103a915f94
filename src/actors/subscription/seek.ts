/** SEEK and cursor resets: consumers are closed first, then told; they subscribe again. */

import type { TopicExposed } from '../exposed.ts';
import { topicActor } from '../names.ts';
import { compactedView, offsetAtOrAfter, offsetOfEntry, type TopicProgress } from '../progress.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { Seek, SkipMessages, Skipped } from './commands.ts';
import { closeConsumers, refuse, vanish } from './consumers.ts';
import type { SubscriptionOptions } from './options.ts';
import { tellSource } from './source.ts';
import { isMulti, type SubscriptionState } from './state.ts';

/** Clients subscribe again at once; so long they may be without a connection. */
const READER_RETURN_MS = 60_000;

/** From the subscription to itself: where the time that was asked for begins. */
export interface SeekFound {
  readonly type: 'seek-found';
  readonly reply: Seek['reply'];
  readonly command: Seek;
  /** Undefined when it could not be found out. */
  readonly offset: number | undefined;
}

export function seek(
  state: SubscriptionState,
  command: Seek,
  facts: Facts,
  options: SubscriptionOptions,
): Decision {
  const decision = new Decision();
  const topic = topicOf(state, facts);
  const known = command.key === undefined || state.live.consumers.has(command.key);
  if (!known) return refuse(decision, command.reply, ['consumer-not-found', 'Consumer not found']);
  if (topic === undefined) {
    return refuse(decision, command.reply, ['seek-failed', `Topic ${state.topic} is gone`]);
  }
  // There is nowhere to go; Pulsar's clients are told that they are there.
  if (!state.isPersistent) return decision.answer(command.reply);
  const { target } = command;
  const progress = progressFor(state, topic);
  if (target.kind === 'time') {
    decision.find({
      topicId: progress.topicId,
      from: topic.progress.first,
      to: progress.end,
      timeMs: target.publishTimeMs,
      reply: command.reply,
      result: (offset): SeekFound => {
        return { type: 'seek-found', reply: command.reply, command, offset };
      },
    });
    return decision;
  }
  const { position, ackSet } = target;
  const exact = offsetOfEntry(progress, position.ledgerId, position.entryId);
  const offset = offsetAtOrAfter(progress, position);
  const to = command.excluded === true && exact >= 0 ? exact + 1 : offset;
  reset(state, decision, command, to, exact >= 0 ? ackSet : undefined, facts, options);
  return decision;
}

export function seekFound(
  state: SubscriptionState,
  { command, offset }: SeekFound,
  facts: Facts,
  options: SubscriptionOptions,
): Decision {
  const decision = new Decision();
  const isGone = command.key !== undefined && !state.live.consumers.has(command.key);
  if (offset === undefined || !state.exists || isGone) {
    const message =
      offset === undefined
        ? 'The time was not found: entries cannot be read'
        : 'The consumer or its subscription is gone';
    return refuse(decision, command.reply, ['seek-failed', message]);
  }
  const topic = topicOf(state, facts);
  const isFirst = topic !== undefined && offset <= topic.progress.first;
  const to = isFirst ? progressFor(state, topic).first : offset;
  reset(state, decision, command, to, undefined, facts, options);
  return decision;
}

/** Who reads what is compacted goes back to entries, too, that are trimmed. */
function progressFor({ live }: SubscriptionState, { progress }: TopicExposed): TopicProgress {
  const readsCompacted = [...live.consumers.values()].some((consumer) => consumer.readCompacted);
  return readsCompacted ? compactedView(progress) : progress;
}

/**
 * Nobody is sent anything again for it; the cursor leaves out of later reads what is skipped.
 */
export function skip(state: SubscriptionState, { reply, count }: SkipMessages): Decision {
  const decision = new Decision();
  tellSource(state, decision, { type: 'skip', count, reply });
  return decision;
}

/**
 * What consumers have of it needs no acknowledgement any more: it may be trimmed before one comes,
 * and would then count as unacknowledged, and keep its key from others, for ever.
 */
export function skipped(state: SubscriptionState, { below }: Skipped, facts: Facts): Decision {
  const decision = new Decision();
  const { pending, replay } = state.live;
  const offsets = [...pending.keys(), ...replay.offsets()];
  const done = offsets.filter((offset) => offset < below);
  if (done.length === 0) return decision;
  const data = { key: -1, offsets: done, partial: [], messages: 0, atMs: facts.nowMs };
  decision.change({ type: 'settled', data });
  decision.again = { type: 'dispatch' };
  return decision;
}

function reset(
  state: SubscriptionState,
  decision: Decision,
  command: Seek,
  to: number,
  ackSet: readonly bigint[] | undefined,
  facts: Facts,
  options: SubscriptionOptions,
): void {
  const { live } = state;
  const active = live.active === undefined ? [] : [live.active];
  const keys = isMulti(state) ? [...live.consumers.keys()] : active;
  const words = ackSet !== undefined && options.batchIndexAck ? ackSet : undefined;
  const isReaders = !state.durable && keys.length > 0 && keys.length === live.consumers.size;
  if (isReaders && command.key === undefined) {
    // Somebody else's reset: the subscription goes with its readers, and they go on where they say.
    closeConsumers(state, decision, keys, facts, options);
    decision.answer(command.reply);
    return;
  }
  if (isReaders) {
    closeForReader(state, decision, keys, facts);
  } else closeConsumers(state, decision, keys, facts, options);
  tellSource(state, decision, {
    type: 'reset',
    to,
    ackSet: words,
    reply: command.reply,
  });
}

/** A reader's cursor must outlive its consumer until it has subscribed again. */
function closeForReader(
  state: SubscriptionState,
  decision: Decision,
  keys: readonly number[],
  facts: Facts,
): void {
  for (const key of keys) {
    const consumer = state.live.consumers.get(key);
    if (consumer === undefined) continue;
    const { recipient, consumerId } = consumer;
    decision.reply(recipient, { type: 'consumer-closed', consumerId });
    decision.change({ type: 'consumer-removed', data: { key } });
  }
  decision.change({ type: 'rewound', data: {} });
  const atMs = facts.nowMs + READER_RETURN_MS;
  decision.wake({ name: 'reader', atMs, command: { type: 'expire-reader' } });
}

/** A reader that has not come back by now will not. */
export function expireReader(state: SubscriptionState): Decision {
  const decision = new Decision();
  const { exists, durable, live } = state;
  if (exists && !durable && live.consumers.size === 0) vanish(state, decision);
  return decision;
}

function topicOf(state: SubscriptionState, facts: Facts): TopicExposed | undefined {
  return facts.exposed(topicActor(state.topic)) as TopicExposed | undefined;
}

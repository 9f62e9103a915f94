/** Acknowledgements and redelivery: who had what, told to the cursor that remembers it for good. */
import { compareLongs } from '../../base/long.ts';
import type { Position } from '../../base/position.ts';
import { intersect } from '../ack-set.ts';
import type { PartialAck } from '../cursor/commands.ts';
import type { TopicExposed } from '../exposed.ts';
import { topicActor } from '../names.ts';
import { compactedView, offsetAtOrAfter, offsetOfEntry, type TopicProgress } from '../progress.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { Ack, AckedEntry, Redeliver } from './commands.ts';
import { heldBy } from './held.ts';
import type { SubscriptionOptions } from './options.ts';
import { tellSource } from './source.ts';
import { type Consumer, isMulti, type SubscriptionState } from './state.ts';
import { ackInTransaction } from './transactions.ts';

export function acknowledge(
  state: SubscriptionState,
  command: Ack,
  facts: Facts,
  options: SubscriptionOptions,
): Decision {
  const decision = new Decision();
  const consumer = state.live.consumers.get(command.key);
  const topic = facts.exposed(topicActor(state.topic)) as TopicExposed | undefined;
  if (consumer === undefined || topic === undefined) return decision;
  const progress = progressFor(consumer, topic);
  if (command.txn !== undefined) {
    ackInTransaction(state, decision, command, command.txn, consumer, progress, facts);
    return decision;
  }
  if (command.cumulative) {
    acknowledgeUpTo(state, decision, command, consumer, progress, options);
    return decision;
  }
  const { ranges, partial, offsets, left } = individual(state, command.entries, progress, options);
  tellSource(state, decision, {
    type: 'ack',
    ranges,
    partial,
    cumulative: undefined,
    properties: undefined,
    consumerId: consumer.consumerId,
    reply: command.reply,
  });
  settle(state, decision, consumer, offsets, left, facts.nowMs);
  return decision;
}

/** Who reads what is compacted acknowledges entries, too, that are trimmed. */
function progressFor({ readCompacted }: Consumer, { progress }: TopicExposed): TopicProgress {
  return readCompacted ? compactedView(progress) : progress;
}

interface Individual {
  /** Flat [start, end) pairs of whole entries, neighbours joined where they came in order. */
  readonly ranges: number[];
  /** Batches of which not all was said to be acknowledged, with what was not. */
  readonly partial: readonly PartialAck[];
  /** Entries of which consumers have nothing left to acknowledge. */
  readonly offsets: readonly number[];
  /** The others, with what is left. */
  readonly left: readonly PartialAck[];
}

function individual(
  state: SubscriptionState,
  entries: readonly AckedEntry[],
  progress: TopicProgress,
  options: SubscriptionOptions,
): Individual {
  const ranges: number[] = [];
  const partial = new Map<number, readonly bigint[]>();
  const whole: number[] = [];
  for (const { position, ackSet } of entries) {
    const offset = offsetOfEntry(progress, position.ledgerId, position.entryId);
    if (offset < 0) continue;
    const words = ackSet === undefined ? undefined : intersect(ackSet, ackSet);
    if (words !== undefined) {
      // Switched off, a batch counts only as a whole.
      if (!options.batchIndexAck || whole.includes(offset)) continue;
      const open = intersect(partial.get(offset) ?? words, words);
      if (open !== undefined) {
        partial.set(offset, open);
        continue;
      }
    }
    partial.delete(offset);
    whole.push(offset);
    if (ranges.at(-1) === offset) ranges[ranges.length - 1] = offset + 1;
    else ranges.push(offset, offset + 1);
  }
  if (partial.size === 0) return { ranges, partial: [], offsets: whole, left: [] };
  return { ranges, ...leftOf(state, partial, whole) };
}

/**
 * Clients name what they know of; with what was acknowledged before, or waits for a transaction,
 * nothing may be left to them. What waits is not acknowledged by that.
 */
export function leftOf(
  { live }: SubscriptionState,
  acknowledged: ReadonlyMap<number, readonly bigint[]>,
  whole: readonly number[],
): Omit<Individual, 'ranges'> {
  const partial: PartialAck[] = [];
  const offsets = [...whole];
  const left: PartialAck[] = [];
  for (const [offset, words] of acknowledged) {
    partial.push({ offset, words });
    const open = intersect(live.pending.get(offset)?.open ?? words, words);
    if (open === undefined) offsets.push(offset);
    else left.push({ offset, words: open });
  }
  return { partial, offsets, left };
}

/** Only where one consumer receives in order; elsewhere it is ignored, though answered. */
function acknowledgeUpTo(
  state: SubscriptionState,
  decision: Decision,
  command: Ack,
  consumer: Consumer,
  progress: TopicProgress,
  options: SubscriptionOptions,
): void {
  const entry = command.entries.at(-1);
  const common = { type: 'ack', consumerId: consumer.consumerId, reply: command.reply } as const;
  if (isMulti(state) || entry === undefined) {
    const nothing = { ranges: [], partial: [], cumulative: undefined, properties: undefined };
    tellSource(state, decision, { ...common, ...nothing });
    return;
  }
  const { position, ackSet } = entry;
  const offset = offsetOfEntry(progress, position.ledgerId, position.entryId);
  if (offset < 0 && isBeyondEnd(progress, position)) {
    // Nothing was ever delivered there: it must not be taken for all that there is.
    const nothing = { ranges: [], partial: [], cumulative: undefined, properties: undefined };
    tellSource(state, decision, { ...common, ...nothing });
    return;
  }
  const open = ackSet === undefined ? undefined : intersect(ackSet, ackSet);
  // An id that is no entry (trimmed, or entry -1) still says that all before it is done with.
  const upTo = offset < 0 ? offsetAtOrAfter(progress, position) : offset;
  tellSource(state, decision, {
    ...common,
    ranges: [],
    partial:
      open !== undefined && offset >= 0 && options.batchIndexAck ? [{ offset, words: open }] : [],
    cumulative: offset >= 0 && open === undefined ? upTo + 1 : upTo,
    properties: command.properties,
  });
}

/** Of a position that is no entry: past the last one, not trimmed and not before a first one. */
function isBeyondEnd({ ledgers }: TopicProgress, { ledgerId, entryId }: Position): boolean {
  const last = ledgers.at(-1);
  if (last === undefined) return false;
  return ledgerId > last.ledgerId || (ledgerId === last.ledgerId && entryId >= 0);
}

export function settle(
  state: SubscriptionState,
  decision: Decision,
  { key }: Pick<Consumer, 'key'>,
  offsets: readonly number[],
  partial: readonly PartialAck[],
  atMs: number,
): void {
  const { pending } = state.live;
  let messages = isMulti(state) ? 0 : offsets.length;
  if (isMulti(state)) {
    for (const offset of offsets) messages += pending.get(offset)?.messages ?? 0;
  }
  decision.change({ type: 'settled', data: { key, offsets, partial, messages, atMs } });
  // Acknowledgements free consumers, hashes and the whole subscription for more.
  if (isMulti(state)) decision.again = { type: 'dispatch' };
}

export function redeliver(state: SubscriptionState, command: Redeliver, facts: Facts): Decision {
  const decision = new Decision();
  const { key, positions, consumerEpoch } = command;
  const { live } = state;
  const consumer = live.consumers.get(key);
  if (consumer === undefined) return decision;
  if (!isMulti(state)) return rewind(state, key, consumer, consumerEpoch);
  const asked = positions.length === 0 ? heldBy(live, consumer) : wanted(state, command, facts);
  const offsets = asked.sort((a, b) => a - b);
  if (offsets.length === 0) return decision;
  decision.change({ type: 'given-back', data: { key, offsets } });
  tellSource(state, decision, { type: 'count-redeliveries', offsets });
  decision.again = { type: 'dispatch' };
  return decision;
}

/**
 * Exclusive and failover: everything unacknowledged, and only the active consumer may ask. It comes
 * with the highest epoch that the client has named, by which it drops what was sent before; one
 * that is not active yet will drop by it, too.
 */
function rewind(
  state: SubscriptionState,
  key: number,
  consumer: Consumer,
  epoch: Redeliver['consumerEpoch'],
): Decision {
  const decision = new Decision();
  if (epoch !== undefined && compareLongs(epoch, consumer.epoch ?? -1) > 0) {
    decision.change({ type: 'epoch-raised', data: { key, epoch } });
  }
  if (state.live.active !== key) return decision;
  decision.change({ type: 'rewound', data: {} });
  decision.again = { type: 'dispatch' };
  return decision;
}

function wanted(state: SubscriptionState, { key, positions }: Redeliver, facts: Facts): number[] {
  const topic = facts.exposed(topicActor(state.topic)) as TopicExposed | undefined;
  if (topic === undefined) return [];
  const offsets = new Set<number>();
  for (const { ledgerId, entryId } of positions) {
    const offset = offsetOfEntry(topic.progress, ledgerId, entryId);
    if (state.live.pending.get(offset)?.key === key) offsets.add(offset);
  }
  return [...offsets];
}

/**
 * A topic takes messages in: one event for what arrived together, receipts in the order of
 * sending.
 */
import type { Refusal } from '../../base/errors.ts';
import { compareLongs, type Long } from '../../base/long.ts';
import type { PolicyValues } from '../policies/values.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { Publish } from './commands.ts';
import { compactCounts, type EntriesStored } from './events.ts';
import { needsLedger, openLedgerEvent, roomIn } from './ledgers.ts';
import type { TopicOptions } from './options.ts';
import { measurePublishing } from './pacing.ts';
import { passOn } from './passing.ts';
import { policiesOf } from './policies.ts';
import { closeProducers } from './producers.ts';
import {
  bytesOf,
  type PublishRules,
  refusalOf,
  refused,
  rulesOf,
  type Slice,
} from './publish-rules.ts';
import { NO_ROOM } from './refusals.ts';
import type { Producer, TopicState } from './state.ts';
import { heldBackFrom, transactionRefusal } from './transactions.ts';

interface OpenLedger {
  readonly ledgerId: number;
  readonly firstOffset: number;
  readonly openedAtMs: number;
}

/** What the same command has stored before, and in which ledger the last of it is. */
interface Before {
  readonly entries: number;
  readonly messages: number;
  readonly ledger: OpenLedger | undefined;
}

const NOTHING: Before = { entries: 0, messages: 0, ledger: undefined };

export function publish(
  state: TopicState,
  command: Publish,
  facts: Facts,
  options: TopicOptions,
): Decision {
  const decision = new Decision();
  const producer = state.live.producers.get(command.key);
  if (producer === undefined) return refuseUnknown(state, command, decision);
  measurePublishing(state, decision, facts, options);
  if (!state.isPersistent) return passOn(state, command, producer, facts, options);
  const all = { from: 0, to: command.entries.length };
  if (state.progress.terminated) {
    decision.reply(producer.recipient, refused(producer, command, all, TERMINATED));
    return decision;
  }
  if (facts.isStorageShort) {
    // What is not receipted is sent again by a producer that is let in again.
    closeProducers(state, decision, facts, NO_ROOM);
    return decision;
  }
  const refusal =
    command.txn === undefined ? undefined : transactionRefusal(state, command.txn, facts);
  if (refusal !== undefined) {
    decision.reply(producer.recipient, refused(producer, command, all, refusal));
    return decision;
  }
  const policies = policiesOf(state, facts, options);
  forgetSequences(state, decision, policies);
  const rules = rulesOf(command, policies);
  if (rules === undefined) {
    store(state, decision, producer, command, all, undefined, facts, options);
  } else publishEach(state, decision, command, producer, rules, facts, options);
  return decision;
}

/** Without deduplication sequence ids are not recorded, so that those known before say nothing. */
function forgetSequences(state: TopicState, decision: Decision, policies: PolicyValues): void {
  if (policies.deduplication || state.sequences.size === 0) return;
  decision.record({ type: 'sequences-forgotten', data: { names: [...state.sequences.keys()] } });
}

/** New ones are stored, known ones only receipted, and those that break a rule are refused. */
type Verdict = 'new' | 'known' | Refusal;

/** Each message is looked at; those that follow each other and have the same fate share it. */
function publishEach(
  state: TopicState,
  decision: Decision,
  command: Publish,
  producer: Producer,
  rules: PublishRules,
  facts: Facts,
  options: TopicOptions,
): void {
  let highest: Long = state.sequences.get(producer.name)?.last ?? -1;
  let from = 0;
  let stored = NOTHING;
  let run: Verdict = 'new';
  const close = (to: number) => {
    const slice = { from, to };
    from = to;
    if (slice.from === to) return;
    if (run === 'new') {
      const sequence = rules.isDeduplicated ? highest : undefined;
      stored = store(state, decision, producer, command, slice, sequence, facts, options, stored);
    } else if (run === 'known') {
      receipt(decision, producer, command, slice, -1, -1);
      decision.change({ type: 'duplicates-seen', data: { count: to - slice.from } });
    } else decision.reply(producer.recipient, refused(producer, command, slice, run));
  };
  for (let i = 0; i < command.entries.length; i++) {
    const verdict = verdictOn(command, i, highest, rules, facts);
    if (verdict !== run) close(i);
    run = verdict;
    if (verdict === 'new') highest = recorded(command, i, highest, facts);
  }
  close(command.entries.length);
}

function verdictOn(
  command: Publish,
  i: number,
  highest: Long,
  rules: PublishRules,
  facts: Facts,
): Verdict {
  const refusal = refusalOf(command, i, rules, facts);
  if (refusal !== undefined) return refusal;
  return rules.isDeduplicated && isDuplicate(command, i, highest, facts) ? 'known' : 'new';
}

/** Compared by the first id of a batch; of a chunked message only the last chunk counts. */
function isDuplicate(command: Publish, i: number, highest: Long, facts: Facts): boolean {
  if (isInnerChunk(command, i, facts)) return false;
  return compareLongs(command.sequenceIds[i]!, highest) <= 0;
}

function recorded(command: Publish, i: number, highest: Long, facts: Facts): Long {
  if (isInnerChunk(command, i, facts)) return highest;
  const first = command.sequenceIds[i]!;
  const last = command.highestSequenceIds[i];
  return last !== undefined && compareLongs(last, first) > 0 ? last : first;
}

function isInnerChunk(command: Publish, i: number, facts: Facts): boolean {
  if (!command.chunked) return false;
  const chunk = facts.format.chunk(command.entries[i]!);
  return chunk !== undefined && chunk.index < chunk.count - 1;
}

/** What a ledger has no place for begins the next one. */
function store(
  state: TopicState,
  decision: Decision,
  producer: Producer,
  command: Publish,
  slice: Slice,
  sequence: Long | undefined,
  facts: Facts,
  options: TopicOptions,
  before = NOTHING,
): Before {
  let { entries, messages, ledger } = before;
  if (ledger === undefined) {
    const needsOne = needsLedger(state, facts, options);
    ledger = needsOne ? openLedger(decision, state.next, facts) : state.progress.ledgers.at(-1)!;
  }
  for (let { from } = slice; from < slice.to; ) {
    const firstOffset = state.next + entries;
    const room = roomIn(ledger.openedAtMs, firstOffset - ledger.firstOffset, facts, options);
    if (room <= 0) {
      ledger = openLedger(decision, firstOffset, facts);
      continue;
    }
    const part = { from, to: Math.min(slice.to, from + room) };
    const stored = { entries, messages, ledger };
    storeIn(state, decision, producer, command, part, sequence, facts, options, stored);
    entries += part.to - from;
    messages += messagesIn(command, part);
    from = part.to;
  }
  return { entries, messages, ledger };
}

function openLedger(decision: Decision, firstOffset: number, facts: Facts): OpenLedger {
  const opened = openLedgerEvent(facts);
  decision.record(opened);
  return { ledgerId: opened.data.ledgerId, firstOffset, openedAtMs: facts.nowMs };
}

function storeIn(
  state: TopicState,
  decision: Decision,
  producer: Producer,
  command: Publish,
  slice: Slice,
  sequence: Long | undefined,
  facts: Facts,
  options: TopicOptions,
  before: Before & { readonly ledger: OpenLedger },
): void {
  const { progress } = state;
  const { ledger } = before;
  const firstOffset = state.next + before.entries;
  const whole = slice.from === 0 && slice.to === command.entries.length;
  const entries = whole ? command.entries : command.entries.slice(slice.from, slice.to);
  const firstEntryId = firstOffset - ledger.firstOffset;
  const event: EntriesStored = {
    type: 'entries-stored',
    data: {
      ledgerId: ledger.ledgerId,
      firstEntryId,
      messages: compactCounts(command.messageCounts, slice.from, slice.to),
      count: entries.length,
      bytes: whole ? command.bytes : bytesOf(entries),
      chunked: command.chunked,
      producer: producer.name,
      ...(sequence === undefined ? {} : { sequence }),
      atMs: facts.nowMs,
      ...(options.numbersMessages ? { index: state.nextIndex + before.messages } : {}),
      ...(options.stampsMessages ? { isStamped: true } : {}),
      ...(command.txn === undefined ? {} : { txn: command.txn }),
    },
    entries: {
      topicId: progress.topicId,
      firstOffset,
      entries,
      ...dueTimes(command, slice, facts),
    },
  };
  decision.record(event);
  receipt(decision, producer, command, slice, ledger.ledgerId, firstEntryId);
  const end = firstOffset + entries.length;
  // What a transaction brings waits at once, and so does what follows.
  const isOpen = command.txn !== undefined || state.open.size > 0;
  const readable = isOpen ? heldBackFrom(state) : end;
  const { topicId } = progress;
  decision.whenDurable = { type: 'stored', topicId, end, readable, written: undefined };
}

function receipt(
  decision: Decision,
  producer: Producer,
  command: Publish,
  slice: Slice,
  ledgerId: number,
  firstEntryId: number,
): void {
  const whole = slice.from === 0 && slice.to === command.entries.length;
  const cut = <T>(column: readonly T[]) => (whole ? column : column.slice(slice.from, slice.to));
  decision.reply(producer.recipient, {
    type: 'published',
    producerId: producer.producerId,
    sequenceIds: cut(command.sequenceIds),
    highestSequenceIds: cut(command.highestSequenceIds),
    ledgerId,
    firstEntryId,
    bytes: whole ? command.bytes : bytesOf(cut(command.entries)),
  });
}

const TERMINATED: Refusal = { code: 'topic-terminated', message: 'Topic was already terminated' };
const FENCED: Refusal = {
  code: 'persistence',
  message: 'Cannot persist message: producer is fenced',
};

/** A producer that was fenced out learns it here; one that was told to close is not answered. */
function refuseUnknown(state: TopicState, command: Publish, decision: Decision): Decision {
  const fenced = state.live.fencedOut.get(command.key);
  if (fenced !== undefined) {
    const all = { from: 0, to: command.entries.length };
    decision.reply(fenced.recipient, refused(fenced, command, all, FENCED));
  }
  return decision;
}

/** The latest time that the time index can hold. */
const MAX_DUE_MS = 2 ** 48 - 1;

/** What is due when it is stored has no time of its own. */
function dueTimes({ dueAtMs }: Publish, { from, to }: Slice, { nowMs }: Facts) {
  if (dueAtMs === undefined) return undefined;
  const times = dueAtMs
    .slice(from, to)
    .map((atMs) => (atMs <= nowMs ? 0 : Math.min(atMs, MAX_DUE_MS)));
  return times.some((atMs) => atMs > 0) ? { dueAtMs: times } : undefined;
}

function messagesIn({ messageCounts }: Publish, { from, to }: Slice): number {
  let messages = 0;
  for (let i = from; i < to; i++) messages += messageCounts[i]!;
  return messages;
}

/**
 * A topic takes messages in: one event for what arrived together, receipts in the order of
 * sending.
 */
import { compareLongs, type Long } from '../../base/long.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { Publish } from './commands.ts';
import { compactCounts, type EntriesStored } from './events.ts';
import { needsLedger, openLedgerEvent } from './ledgers.ts';
import type { TopicOptions } from './options.ts';
import { passOn } from './passing.ts';
import { policiesOf } from './policies.ts';
import type { Producer, TopicState } from './state.ts';

/** A slice [from, to) of a publish command. */
interface Slice {
  readonly from: number;
  readonly to: number;
}

interface OpenLedger {
  readonly ledgerId: number;
  readonly firstOffset: number;
}

export function publish(
  state: TopicState,
  command: Publish,
  facts: Facts,
  options: TopicOptions,
): Decision {
  const decision = new Decision();
  const producer = state.live.producers.get(command.key);
  if (producer === undefined) return refuseUnknown(state, command, decision);
  if (!state.isPersistent) return passOn(state, command, producer, facts);
  if (state.progress.terminated) {
    refuse(decision, producer, command, 'topic-terminated', 'Topic was already terminated');
    return decision;
  }
  if (!policiesOf(state, facts, options).deduplication) {
    const all = { from: 0, to: command.entries.length };
    store(state, decision, producer, command, all, undefined, facts, options);
    return decision;
  }
  return publishOnce(state, command, producer, facts, options);
}

/** With deduplication: slices of new messages are stored, slices of known ones only receipted. */
function publishOnce(
  state: TopicState,
  command: Publish,
  producer: Producer,
  facts: Facts,
  options: TopicOptions,
): Decision {
  const decision = new Decision();
  let highest: Long = state.sequences.get(producer.name) ?? -1;
  let from = 0;
  let duplicates = 0;
  let runIsNew: boolean | undefined;
  let stored = 0;
  const close = (to: number) => {
    if (runIsNew === undefined || from === to) return;
    if (runIsNew) {
      const slice = { from, to };
      store(state, decision, producer, command, slice, highest, facts, options, stored);
      stored += to - from;
    } else {
      receipt(decision, producer, command, { from, to }, -1, -1);
      duplicates += to - from;
    }
    from = to;
  };
  for (let i = 0; i < command.entries.length; i++) {
    const seen = isDuplicate(command, i, highest, facts);
    if (seen !== (runIsNew === undefined ? seen : !runIsNew)) close(i);
    runIsNew = !seen;
    if (!seen) highest = recorded(command, i, highest, facts);
  }
  close(command.entries.length);
  if (duplicates > 0) decision.change({ type: 'duplicates-seen', data: { count: duplicates } });
  return decision;
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

function store(
  state: TopicState,
  decision: Decision,
  producer: Producer,
  command: Publish,
  slice: Slice,
  sequence: Long | undefined,
  facts: Facts,
  options: TopicOptions,
  storedBefore = 0,
): void {
  const { progress } = state;
  const firstOffset = state.next + storedBefore;
  let ledger: OpenLedger = progress.ledgers.at(-1)!;
  if (storedBefore === 0 && needsLedger(state, facts, options)) {
    const opened = openLedgerEvent(facts);
    decision.record(opened);
    ledger = { ledgerId: opened.data.ledgerId, firstOffset };
  } else if (storedBefore > 0) {
    ledger = ledgerOpenedBy(decision, ledger, state.next);
  }
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
    },
    entries: { topicId: progress.topicId, firstOffset, entries },
  };
  decision.record(event);
  receipt(decision, producer, command, slice, ledger.ledgerId, firstEntryId);
  const end = firstOffset + entries.length;
  decision.whenDurable = { type: 'stored', topicId: progress.topicId, end };
}

/** A ledger that this same decision has opened, else the one that was open before. */
function ledgerOpenedBy(decision: Decision, open: OpenLedger, next: number): OpenLedger {
  const event = decision.events.find(({ type }) => type === 'ledger-opened');
  if (event === undefined) return open;
  return { ledgerId: (event.data as { readonly ledgerId: number }).ledgerId, firstOffset: next };
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

function refuse(
  decision: Decision,
  producer: Producer,
  command: Publish,
  code: 'topic-terminated' | 'persistence',
  message: string,
): void {
  decision.reply(producer.recipient, {
    type: 'publish-refused',
    producerId: producer.producerId,
    sequenceIds: command.sequenceIds.map((id, i) => command.highestSequenceIds[i] ?? id),
    refusal: { code, message },
    bytes: command.bytes,
  });
}

/** A producer that was fenced out learns it here; one that was told to close is not answered. */
function refuseUnknown(state: TopicState, command: Publish, decision: Decision): Decision {
  const fenced = state.live.fencedOut.get(command.key);
  if (fenced !== undefined) {
    refuse(decision, fenced, command, 'persistence', 'Cannot persist message: producer is fenced');
  }
  return decision;
}

function bytesOf(entries: readonly Buffer[]): number {
  let bytes = 0;
  for (const entry of entries) bytes += entry.length;
  return bytes;
}

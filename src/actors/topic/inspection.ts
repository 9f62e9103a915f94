/** What administrators ask of a topic beside its life: its entries one by one, its properties. */
import { EARLIEST } from '../../base/position.ts';
import type { EntryRun } from '../../storage/entries.ts';
import { offsetOfEntry, positionOf, type TopicProgress, withheldAt } from '../progress.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type {
  ChangeProperties,
  EntryChoice,
  FindEntry,
  FindIndex,
  Offload,
  ReadEntry,
  ReplyTo,
  StoredEntry,
  TrimLedgers,
} from './commands.ts';
import { lastIndexAt, notedOf } from './events.ts';
import { needsLedger, openLedgerEvent } from './ledgers.ts';
import type { TopicOptions } from './options.ts';
import { askCursor, trim } from './retention.ts';
import type { TopicState } from './state.ts';

/** From the topic to itself: the entry that was asked for is here, unless it was trimmed. */
export interface EntryRead {
  readonly type: 'entry-read';
  readonly reply: ReplyTo;
  readonly offset: number;
  readonly runs: readonly EntryRun[];
}

/** From the topic to itself: where the time begins; undefined when it could not be found out. */
export interface EntryFound {
  readonly type: 'entry-found';
  readonly reply: ReplyTo;
  readonly offset: number | undefined;
}

/** There is no other storage: what comes of it is seen in the topic's status, as in Pulsar. */
export function offload(state: TopicState, { reply }: Offload): Decision {
  const decision = new Decision();
  if (!state.exists) return missing(state, decision, reply);
  decision.change({ type: 'offload-failed', data: {} });
  return decision.answer(reply);
}

export function changeProperties(state: TopicState, command: ChangeProperties): Decision {
  const decision = new Decision();
  const { reply, set, remove } = command;
  if (!state.exists) return missing(state, decision, reply);
  const kept = Object.entries(state.properties).filter(([key]) => !remove.includes(key));
  const properties = { ...Object.fromEntries(kept), ...set };
  decision.record({ type: 'properties-changed', data: { properties } });
  return decision.answer(reply);
}

export function readEntry(state: TopicState, { reply, choice }: ReadEntry): Decision {
  const decision = new Decision();
  if (!state.exists) return missing(state, decision, reply);
  const { progress } = state;
  if (choice.kind === 'nth' && progress.end === progress.first) {
    const message = 'Could not examine messages due to the total message is zero';
    return decision.refuse(reply, 'precondition-failed', message);
  }
  const offset = offsetOf(choice, progress);
  if (offset < progress.first || offset >= progress.end) return notFound(decision, reply);
  decision.read({
    topicId: progress.topicId,
    offset,
    limits: { maxEntries: 1, maxBytes: 1 },
    reply,
    result: (runs): EntryRead => ({ type: 'entry-read', reply, offset, runs }),
  });
  return decision;
}

export function entryRead(state: TopicState, { reply, offset, runs }: EntryRead): Decision {
  const decision = new Decision();
  const [run] = runs;
  const [entry] = run?.entries ?? [];
  if (entry === undefined || run?.firstOffset !== offset) return notFound(decision, reply);
  const position = positionOf(state.progress, offset);
  const withheld = withheldAt(state.progress, offset);
  const value: StoredEntry = { position, entry, noted: notedOf(run), withheld };
  return decision.answer(reply, value);
}

/** Counting stops at the ends, as Pulsar's does but for one past the earliest, which it fails. */
function offsetOf(choice: EntryChoice, { first, end, ...progress }: TopicProgress): number {
  if (choice.kind === 'id') {
    const { ledgerId, entryId } = choice.position;
    return offsetOfEntry({ first, end, ...progress }, ledgerId, entryId);
  }
  const steps = Math.max(0, choice.number - 1);
  return choice.from === 'earliest' ? Math.min(first + steps, end - 1) : end - 1 - steps;
}

export function findEntry(state: TopicState, { reply, timeMs }: FindEntry): Decision {
  const decision = new Decision();
  if (!state.exists) return missing(state, decision, reply);
  const { topicId, first, end } = state.progress;
  // "From the beginning", as in Pulsar; for any other time it names an entry.
  if (timeMs <= 0) return decision.answer(reply, EARLIEST);
  decision.find({
    topicId,
    from: first,
    to: end,
    timeMs,
    reply,
    result: (offset): EntryFound => ({ type: 'entry-found', reply, offset }),
  });
  return decision;
}

export function entryFound(state: TopicState, { reply, offset }: EntryFound): Decision {
  const decision = new Decision();
  if (offset === undefined) {
    return decision.refuse(reply, 'unknown', 'The time was not found: entries cannot be read');
  }
  const { progress } = state;
  // What was found may have been trimmed meanwhile.
  return decision.answer(reply, positionOf(progress, Math.max(offset, progress.first)));
}

/** From the topic to itself: where the message with a number is, or would be. */
export interface IndexFound {
  readonly type: 'index-found';
  readonly reply: ReplyTo;
  readonly index: number;
  readonly offset: number | undefined;
}

export function findIndex(state: TopicState, { reply, index }: FindIndex): Decision {
  const decision = new Decision();
  if (!state.exists) return missing(state, decision, reply);
  const { topicId, first, end } = state.progress;
  if (first === end) {
    return decision.refuse(reply, 'message-not-found', `No messages found in topic ${state.name}`);
  }
  decision.find({
    topicId,
    from: first,
    to: end,
    timeMs: index,
    orderOf: lastIndexAt,
    reply,
    result: (offset): IndexFound => ({ type: 'index-found', reply, index, offset }),
  });
  return decision;
}

export function indexFound(
  { progress }: TopicState,
  { reply, index, offset = progress.end }: IndexFound,
): Decision {
  const decision = new Decision();
  if (offset < progress.end) return decision.answer(reply, positionOf(progress, offset));
  return decision.refuse(reply, 'message-not-found', `Message not found for index ${index}`);
}

/** The newest ledger goes as well where Pulsar has closed it: on loading the topic, or full. */
export function trimLedgers(
  state: TopicState,
  command: TrimLedgers,
  facts: Facts,
  options: TopicOptions,
): Decision {
  const decision = new Decision();
  const { reply, retained } = command;
  const { progress } = state;
  if (!state.exists) return missing(state, decision, reply);
  const holdsEntries = progress.ledgers.at(-1)!.firstOffset < state.next;
  if (holdsEntries && !progress.terminated && needsLedger(state, facts, options)) {
    decision.record(openLedgerEvent(facts));
    for (const name of state.subscriptions.keys()) askCursor(state, decision, name, facts);
    decision.again = command;
    return decision;
  }
  trim(state, decision, facts, options, !retained);
  return decision.answer(reply);
}

function notFound(decision: Decision, reply: ReplyTo): Decision {
  return decision.refuse(reply, 'message-not-found', 'Message id not found');
}

function missing(state: TopicState, decision: Decision, reply: ReplyTo): Decision {
  return decision.refuse(reply, 'topic-not-found', `Topic ${state.name} not found`);
}

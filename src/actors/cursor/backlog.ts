/** What administrators ask of a backlog: one entry of it, a count of it, or to let old ones go. */
import type { TopicExposed } from '../exposed.ts';
import { offsetAtOrAfter, offsetOfEntry, positionOf, type TopicProgress } from '../progress.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { BacklogRequest, ExpiryLimit } from '../subscription/commands.ts';
import type { ReplyTo, StoredEntry } from '../topic/commands.ts';
import { messagesAt, type StoredData } from '../topic/events.ts';
import type { AnalyzeRead, BacklogAnalysis, ExpiryFound, PeekRead } from './commands.ts';
import { moveTo } from './decide.ts';
import { backlogOf, nthOpen, openBelow } from './expose.ts';
import type { CursorState } from './state.ts';

type Request<Type extends BacklogRequest['type']> = Extract<BacklogRequest, { type: Type }>;

export function peek(
  state: CursorState,
  { reply, number }: Request<'peek'>,
  { progress }: TopicExposed,
): Decision {
  const decision = new Decision();
  const offset = nthOpen(state, progress.first, number, progress.end);
  if (offset === undefined) return decision.refuse(reply, 'message-not-found', NO_MESSAGE);
  decision.read({
    topicId: progress.topicId,
    offset,
    limits: { maxEntries: 1, maxBytes: 1 },
    reply,
    result: (runs): PeekRead => ({ type: 'peek-read', reply, offset, runs }),
  });
  return decision;
}

const NO_MESSAGE = 'Message not found';

export function peekRead({ reply, offset, runs }: PeekRead, { progress }: TopicExposed): Decision {
  const decision = new Decision();
  const [run] = runs;
  const [entry] = run?.entries ?? [];
  if (entry === undefined || run?.firstOffset !== offset) {
    return decision.refuse(reply, 'message-not-found', NO_MESSAGE);
  }
  const value: StoredEntry = { position: positionOf(progress, offset), entry };
  return decision.answer(reply, value);
}

/** Entries that are read at once to be counted. */
const STRETCH = { maxEntries: 1_000, maxBytes: 1024 * 1024 };

export function analyze(
  state: CursorState,
  { reply, from, maxEntries }: Request<'analyze'>,
  { progress }: TopicExposed,
): Decision {
  const decision = new Decision();
  const start = from === undefined ? state.acked : offsetAtOrAfter(progress, from);
  const found = { entries: 0, messages: 0, aborted: false, first: undefined, last: undefined };
  const begin: AnalyzeRead = {
    type: 'analyze-read',
    reply,
    found,
    maxEntries,
    from: start,
    runs: [],
  };
  decision.again = begin;
  return decision;
}

/** Counts what is here and reads on, to the end or until enough was counted. */
export function analyzeRead(
  state: CursorState,
  { reply, found: before, maxEntries, from, runs }: AnalyzeRead,
  { progress }: TopicExposed,
): Decision {
  const decision = new Decision();
  const found = count(state, before, runs);
  const last = runs.at(-1);
  const after = last === undefined ? from : last.firstOffset + last.entries.length;
  const next = nthOpen(state, Math.max(after, progress.first), 1, progress.end);
  if (next === undefined) return decision.answer(reply, found);
  const left = maxEntries - found.entries;
  if (left <= 0) return decision.answer(reply, { ...found, aborted: true });
  decision.read({
    topicId: progress.topicId,
    offset: next,
    limits: { ...STRETCH, maxEntries: Math.min(STRETCH.maxEntries, left) },
    reply,
    result: (more): AnalyzeRead => {
      return { type: 'analyze-read', reply, found, maxEntries, from: next + 1, runs: more };
    },
  });
  return decision;
}

function count(
  state: CursorState,
  found: BacklogAnalysis,
  runs: AnalyzeRead['runs'],
): BacklogAnalysis {
  let { entries, messages, first, last } = found;
  for (const run of runs) {
    const data = run.data as StoredData;
    for (let i = 0; i < run.entries.length; i++) {
      const offset = run.firstOffset + i;
      if (offset < state.acked || state.ranges.has(offset)) continue;
      const at = run.dataIndex + i;
      entries += 1;
      messages += messagesAt(data, at);
      last = { ledgerId: data.ledgerId, entryId: data.firstEntryId + at };
      first ??= last;
    }
  }
  return { ...found, entries, messages, first, last };
}

export function expire(
  state: CursorState,
  { reply, limit }: Request<'expire'>,
  { progress }: TopicExposed,
  facts: Facts,
): Decision {
  const decision = new Decision();
  const from = Math.max(state.acked, progress.first);
  if (limit.kind === 'time') {
    if (backlogOf(state, progress.end) === 0) return notIssued(state, decision, reply, limit);
    decision.find({
      topicId: progress.topicId,
      from,
      to: progress.end,
      timeMs: limit.timeMs,
      reply,
      result: (offset): ExpiryFound => ({ type: 'expiry-found', reply, offset }),
    });
    return decision;
  }
  const below = offsetBehind(progress, limit.position);
  if (below === undefined) return notIssued(state, decision, reply, limit);
  return expireTo(state, decision, reply, below, progress, facts);
}

export function expiryFound(
  state: CursorState,
  { reply, offset }: ExpiryFound,
  { progress }: TopicExposed,
  facts: Facts,
): Decision {
  const decision = new Decision();
  if (offset !== undefined) return expireTo(state, decision, reply, offset, progress, facts);
  return decision.refuse(reply, 'unknown', 'The time was not found: entries cannot be read');
}

/** One past the entry that the position names or comes after; undefined past the last one. */
function offsetBehind(
  progress: TopicProgress,
  { ledgerId, entryId }: { readonly ledgerId: number; readonly entryId: number },
): number | undefined {
  const exact = offsetOfEntry(progress, ledgerId, entryId);
  if (exact >= 0) return exact + 1;
  const newest = progress.ledgers.at(-1);
  const last = positionOf(progress, progress.end - 1);
  const isPast = ledgerId > last.ledgerId || (ledgerId === last.ledgerId && entryId > last.entryId);
  if (newest !== undefined && isPast) return undefined;
  return offsetAtOrAfter(progress, { ledgerId, entryId });
}

function expireTo(
  state: CursorState,
  decision: Decision,
  reply: ReplyTo,
  below: number,
  { end }: TopicProgress,
  facts: Facts,
): Decision {
  const to = Math.min(below, end);
  const data = { count: openBelow(state, to), atMs: facts.nowMs };
  decision.change({ type: 'expired', data });
  moveTo(state, decision, to, facts);
  return decision.answer(reply);
}

function notIssued(
  { topic, name }: CursorState,
  decision: Decision,
  reply: ReplyTo,
  limit: ExpiryLimit,
): Decision {
  const [by, why] = limit.kind === 'time' ? ['timestamp', CAUGHT_UP] : ['position', NO_POSITION];
  const message =
    `Expire message by ${by} not issued on topic ${topic} for subscription ${name} due to ` +
    `ongoing message expiration not finished or ${why}`;
  return decision.refuse(reply, 'conflict', message);
}

/** Pulsar's words, to the blank. */
const CAUGHT_UP =
  "subscription almost catch  up. If it's performed on a partitioned topic operation might " +
  'succeeded on other partitions, please check stats of individual partition.';
const NO_POSITION = 'invalid message position provided.';

/** What administrators ask of a backlog: one entry of it, or a count of it. */
import type { TopicExposed } from '../exposed.ts';
import { offsetAtOrAfter, positionOf, withheldAt } from '../progress.ts';
import { Decision } from '../runtime/behaviour.ts';
import type { BacklogRequest } from '../subscription/commands.ts';
import type { StoredEntry } from '../topic/commands.ts';
import { messagesAt, notedOf, type StoredData } from '../topic/events.ts';
import type { AnalyzeRead, BacklogAnalysis, PeekRead } from './commands.ts';
import { nthOpen } from './expose.ts';
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
  const position = positionOf(progress, offset);
  const withheld = withheldAt(progress, offset);
  const value: StoredEntry = { position, entry, noted: notedOf(run), withheld };
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

/**
 * The topic decides its compaction: when one begins, which bytes it stores, and the moment in which
 * its ledger takes the place of the one before. The work between is done by `actors/compaction`,
 * outside of all steps; whatever becomes of it, the topic's own entries are never touched.
 */
import { COMPACTION_SUBSCRIPTION, cursorActor } from '../names.ts';
import type { CompactionPlan } from '../ports.ts';
import { compactedView, type LedgerStart, ledgerAt, uncompactedBytes } from '../progress.ts';
import { RangeSet } from '../range-set.ts';
import { type ActorEvent, Decision, type Facts } from '../runtime/behaviour.ts';
import type { Compact, EndCompaction, StoreCompacted } from './commands.ts';
import type { Duty } from './duty.ts';
import type { CompactedData } from './events.ts';
import type { TopicOptions } from './options.ts';
import { policiesOf } from './policies.ts';
import type { TopicState } from './state.ts';
import { add } from './subscriptions.ts';

/** Begins a compaction of all that is durable now. Refuses with `conflict` while one runs. */
export function compact(
  state: TopicState,
  { reply }: Compact,
  facts: Facts,
  options: TopicOptions,
): Decision {
  const decision = new Decision();
  if (!state.exists) {
    const message = `Topic ${state.name} not found`;
    return reply === undefined ? decision : decision.refuse(reply, 'topic-not-found', message);
  }
  if (isCompacting(state, facts)) {
    const message = 'Compaction already in progress';
    return reply === undefined ? decision : decision.refuse(reply, 'conflict', message);
  }
  giveUpRun(state, decision);
  keepForCompaction(state, decision);
  begin(state, decision, facts, options);
  return reply === undefined ? decision : decision.answer(reply);
}

/**
 * A topic with so much that is not compacted is compacted (brokerServiceCompactionThresholdInBytes
 * and its policies), and what the end of a process has left of a compaction goes.
 */
export const compactionDuty: Duty = { dueAtMs, fulfil };

/** A run is looked at so often: it may have ended with a process that could not say so. */
const RUN_CHECK_MS = 60 * 60_000;

function dueAtMs(state: TopicState, facts: Facts, options: TopicOptions): number | undefined {
  const { run, live, progress } = state;
  if (run !== undefined && !isCompacting(state, facts)) return facts.nowMs;
  const { checkedAtMs } = live.compaction;
  if (run !== undefined) return Math.max(run.begunAtMs, checkedAtMs) + RUN_CHECK_MS;
  const { compactionThresholdBytes: threshold } = policiesOf(state, facts, options);
  if (threshold <= 0 || uncompactedBytes(progress) <= threshold) return undefined;
  return Math.max(state.createdAtMs, checkedAtMs) + options.compactionCheckMs;
}

function fulfil(state: TopicState, facts: Facts, options: TopicOptions): Decision {
  const decision = new Decision();
  decision.change({ type: 'compaction-checked', data: { atMs: facts.nowMs } });
  if (isCompacting(state, facts)) return decision;
  giveUpRun(state, decision);
  const threshold = keepForThreshold(state, decision, facts, options);
  if (threshold > 0 && uncompactedBytes(state.progress) > threshold) {
    begin(state, decision, facts, options);
  }
  return decision;
}

/** A topic is made, or its policies have changed. */
export function checkThreshold(state: TopicState, facts: Facts, options: TopicOptions): Decision {
  const decision = new Decision();
  if (state.exists) keepForThreshold(state, decision, facts, options);
  return decision;
}

/** With a threshold, nothing may be trimmed that is not compacted. Gives the threshold. */
export function keepForThreshold(
  state: TopicState,
  decision: Decision,
  facts: Facts,
  options: TopicOptions,
): number {
  const { compactionThresholdBytes: threshold } = policiesOf(state, facts, options);
  if (threshold > 0 && state.isPersistent) keepForCompaction(state, decision);
  return threshold;
}

function keepForCompaction(state: TopicState, decision: Decision): void {
  if (!state.exists || state.subscriptions.has(COMPACTION_SUBSCRIPTION)) return;
  add(state, decision, {
    name: COMPACTION_SUBSCRIPTION,
    durable: true,
    acked: state.progress.first,
    ackSet: undefined,
    properties: {},
    replicated: false,
  });
}

function begin(state: TopicState, decision: Decision, facts: Facts, options: TopicOptions): void {
  const { topicId, first, readable, compacted, aborted } = state.progress;
  const from = Math.max(first, compacted?.horizon ?? 0);
  const atMs = facts.nowMs;
  if (from >= readable || options.compactor === undefined) {
    decision.change({ type: 'compaction-idle', data: { atMs } });
    return;
  }
  const storageId = facts.nextId('topic');
  const { incarnation } = facts;
  const data = {
    storageId,
    ledgerId: facts.nextId('ledger'),
    horizon: readable,
    incarnation,
    atMs,
  };
  decision.record({ type: 'compaction-begun', data });
  const before = compacted && { storageId: compacted.storageId, entries: compacted.entries };
  const plan: CompactionPlan = {
    topicId,
    storageId,
    before,
    from,
    horizon: readable,
    aborted: aborted.size === 0 ? undefined : RangeSet.unpack(aborted.pack()),
  };
  decision.reply(options.compactor, { type: 'compaction-due', topic: state.name, plan });
}

/** Whether the work is under way, in this life of the process. */
function isCompacting({ run }: TopicState, { incarnation }: Facts): boolean {
  return run !== undefined && run.incarnation === incarnation;
}

/** Entries that survive: they are stored, and answered once they are durable. */
export function storeCompacted(state: TopicState, command: StoreCompacted): Decision {
  const decision = new Decision();
  const { reply, storageId, offsets, entries, messages, chunked } = command;
  const { run } = state;
  if (run?.storageId !== storageId) return decision.refuse(reply, 'conflict', OVERTAKEN);
  let bytes = 0;
  for (const entry of entries) bytes += entry.length;
  const data: CompactedData = {
    offsets,
    messages,
    chunked,
    bytes,
    ledgers: newLedgers(state, offsets),
  };
  const event: ActorEvent = {
    type: 'compacted-stored',
    data,
    entries: { topicId: storageId, firstOffset: run.entries, entries },
    weight: offsets.length * BYTES_A_NUMBER,
  };
  decision.record(event);
  return decision.answer(reply);
}

const OVERTAKEN = 'The compaction was overtaken: its topic was deleted or recovered';
const BYTES_A_NUMBER = 9;

/** Ledgers of these offsets from which nothing had survived before; ascending. */
function newLedgers({ progress, run }: TopicState, offsets: readonly number[]): LedgerStart[] {
  const { ledgers } = compactedView(progress);
  const found: LedgerStart[] = [];
  let last = run?.ledgers.at(-1);
  for (const offset of offsets) {
    const ledger = ledgerAt(ledgers, offset);
    if (ledger === undefined || ledger.ledgerId === last?.ledgerId) continue;
    found.push({ ...ledger });
    last = ledger;
  }
  return found;
}

/** The work has ended: the new ledger takes the place of the one before, or is given up. */
export function endCompaction(state: TopicState, command: EndCompaction, facts: Facts): Decision {
  const decision = new Decision();
  const { reply, storageId, outcome } = command;
  const { run, progress } = state;
  if (run?.storageId !== storageId) return decision.refuse(reply, 'conflict', OVERTAKEN);
  const durationMs = Math.max(0, facts.nowMs - run.begunAtMs);
  if (outcome.kind === 'failed') {
    giveUpRun(state, decision);
    const { message } = outcome;
    decision.change({
      type: 'compaction-failed',
      data: { message, durationMs, atMs: facts.nowMs },
    });
    return decision.answer(reply);
  }
  const { ledgerId, horizon, entries, bytes, ledgers, lastOffset } = run;
  const last = lastOffset < 0 ? null : { offset: lastOffset, batchIndex: outcome.lastBatchIndex };
  const data = { ledgerId, storageId, horizon, entries, bytes, ledgers: [...ledgers], last };
  const before = progress.compacted;
  decision.record({
    type: 'compacted',
    data,
    ...(before === undefined ? {} : { trim: trimOf(before) }),
  });
  const { removed, readBytes, writeLatency } = outcome;
  decision.change({
    type: 'compaction-succeeded',
    data: { removed, readBytes, writeLatency, entries, bytes, durationMs, atMs: facts.nowMs },
  });
  acknowledge(state, decision, horizon, ledgerId);
  return decision.answer(reply);
}

/** What is compacted now may be trimmed. */
function acknowledge(state: TopicState, decision: Decision, horizon: number, ledgerId: number) {
  if (!state.subscriptions.has(COMPACTION_SUBSCRIPTION)) return;
  decision.tell(cursorActor(state.progress.topicId, COMPACTION_SUBSCRIPTION), {
    type: 'ack',
    ranges: [],
    partial: [],
    cumulative: horizon,
    properties: { CompactedTopicLedger: ledgerId },
    consumerId: 0,
    reply: undefined,
  });
}

/** Without its subscription, or its topic, the compacted ledger goes too. */
export function forgetCompacted(state: TopicState, decision: Decision): void {
  giveUpRun(state, decision);
  const { compacted } = state.progress;
  if (compacted === undefined) return;
  decision.record({ type: 'compacted-dropped', data: {}, trim: trimOf(compacted) });
}

/** What a run has stored so far is of no use without its end. */
function giveUpRun({ run }: TopicState, decision: Decision): void {
  if (run === undefined) return;
  decision.record({ type: 'compaction-given-up', data: {}, trim: trimOf(run) });
}

function trimOf({ storageId, entries }: { readonly storageId: number; readonly entries: number }) {
  return { topicId: storageId, before: entries };
}

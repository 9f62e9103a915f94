/** The topic as the runtime sees it. */

import type { TopicExposed } from '../exposed.ts';
import { cursorActor, subscriptionActor } from '../names.ts';
import { positionBefore } from '../progress.ts';
import { type Behaviour, Decision } from '../runtime/behaviour.ts';
import type { CompactionView, TopicView } from '../views.ts';
import { decideTopic, type TopicMail } from './decide.ts';
import { topicDueAtMs } from './duties.ts';
import type { TopicEvent } from './events.ts';
import { evolveTopic } from './evolve.ts';
import type { TopicOptions } from './options.ts';
import { publishRateAt } from './pacing.ts';
import {
  attachedProducers,
  initialTopic,
  restoreTopic,
  snapshotTopic,
  type TopicState,
} from './state.ts';
import type { Aging } from './survey.ts';
import { heldBackFrom, transactionsView } from './transactions.ts';

export function topicBehaviour(
  options: TopicOptions,
): Behaviour<TopicState, TopicMail, TopicEvent> {
  return {
    kind: 'topic',
    initial: initialTopic,
    decide: (state, command, facts) => decideTopic(state, command, facts, options),
    evolve: evolveTopic,
    phase: (state) => {
      if (state.deleted) return 'deleted';
      return state.progress.terminated ? 'terminated' : 'open';
    },
    exists: (state) => state.exists,
    dueAtMs: (state, facts, away) => topicDueAtMs(state, facts, options, away),
    idle,
    snapshot: snapshotTopic,
    restore: restoreTopic,
    recovered: (state) => {
      state.progress.end = state.next;
      state.progress.readable = heldBackFrom(state);
      for (const entry of state.subscriptions.values()) entry.acked = undefined;
    },
    topicOf: ({ name }) => name,
    expose: (state) => (state.exists ? exposed(state) : undefined),
    abandon,
  };
}

/**
 * Of a non-persistent topic, or a non-durable subscription, no snapshot is kept. A topic whose
 * consumers have no permits just now is used like any other, and so is one whose producer was
 * fenced and has not noticed: it is told when it publishes next.
 */
function idle(state: TopicState, isUsed: (actor: string) => boolean): boolean {
  const { live, subscriptions, run, exists, isPersistent, progress } = state;
  if (exists && !isPersistent) return false;
  const { producers, waiting, fencedOut, readers } = live;
  if (producers.size + waiting.length + fencedOut.size + readers.size > 0) return false;
  if (run !== undefined) return false;
  for (const [name, { durable }] of subscriptions) {
    if (!durable || isUsed(subscriptionActor(progress.topicId, name))) return false;
  }
  return true;
}

/** Asked for with almost every command, so it is made once. */
function exposed(state: TopicState): TopicExposed {
  state.live.exposed ??= {
    progress: state.progress,
    subscriptions: state.subscriptions,
    get dispatchPace() {
      return state.live.dispatchPace;
    },
    get next() {
      return state.next;
    },
    publishRateAt: (nowMs) => publishRateAt(state, nowMs),
    view: () => viewOf(state),
  };
  return state.live.exposed;
}

/** Consumers are closed too: the topic forgets who waits for entries, and its readers. */
function abandon(state: TopicState): Decision {
  const decision = new Decision();
  const { progress, subscriptions } = state;
  for (const [name, { durable }] of subscriptions) {
    decision.tell(subscriptionActor(progress.topicId, name), { type: 'close-consumers' });
    if (!durable && state.isPersistent)
      decision.tell(cursorActor(progress.topicId, name), { type: 'drop' });
  }
  for (const { recipient, producerId } of attachedProducers(state)) {
    decision.send(recipient, { type: 'producer-closed', producerId });
  }
  return decision;
}

function compactionOf({ run, progress, live }: TopicState): CompactionView {
  const { succeeded, error, totals, checkedAtMs: _, ...last } = live.compaction;
  const ended = succeeded === undefined ? 'NOT_RUN' : succeeded ? 'SUCCESS' : 'ERROR';
  const { compacted } = progress;
  return {
    status: run === undefined ? ended : 'RUNNING',
    error,
    ...last,
    totals: { ...totals },
    ledger: compacted && {
      ledgerId: compacted.ledgerId,
      entries: compacted.entries,
      bytes: compacted.bytes,
    },
  };
}

function viewOf(state: TopicState): TopicView {
  const { progress, live } = state;
  return {
    exists: state.exists,
    name: state.name,
    topicId: progress.topicId,
    createdAtMs: state.createdAtMs,
    terminated: progress.terminated,
    properties: state.properties,
    producers: [...live.producers.values()].map((producer) => ({
      producerId: producer.producerId,
      name: producer.name,
      accessMode: producer.accessMode,
      address: producer.address,
      clientVersion: producer.clientVersion,
      connectedAtMs: producer.connectedAtMs,
      metadata: producer.metadata,
      in: { messages: producer.messages, bytes: producer.bytes },
      dropped: producer.dropped,
    })),
    waitingProducers: live.waiting.length,
    topicEpoch: state.epoch,
    lastPublishAtMs: live.lastPublishAtMs,
    subscriptions: [...state.subscriptions.keys()],
    ledgers: progress.ledgers.map((ledger, i) => ({
      ledgerId: ledger.ledgerId,
      entries: (progress.ledgers[i + 1]?.firstOffset ?? progress.end) - ledger.firstOffset,
      bytes: ledger.bytes,
      openedAtMs: ledger.openedAtMs,
    })),
    ledgerOpen: !progress.terminated,
    last: positionBefore(progress, progress.end),
    in: { messages: live.messagesIn, bytes: live.bytesIn },
    publishThrottledTimes: live.throttledTimes,
    entriesAdded: live.entriesIn,
    oldest: oldestOf(live.aging),
    evictions: { ...live.evictions },
    transactions: transactionsView(state),
    chunkPublished: live.chunks,
    compaction: compactionOf(state),
  };
}

function oldestOf({ oldestMs, subscription }: Aging): TopicView['oldest'] {
  if (oldestMs === undefined || subscription === undefined) return undefined;
  return Number.isFinite(oldestMs) ? { atMs: oldestMs, subscription } : undefined;
}

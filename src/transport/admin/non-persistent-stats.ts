/** How Pulsar's statistics of a non-persistent topic differ: nothing is stored, some is dropped. */
import type { TopicView } from '../../actors/views.ts';
import type { TopicRates } from '../metrics/meters.ts';
import type { ConsumerStats, SubscriptionStats } from './subscription-stats.ts';
import type { TopicStats } from './topic-stats.ts';

export function nonPersistentStats(
  stats: TopicStats,
  view: TopicView,
  rates: TopicRates,
): TopicStats {
  const { deduplicationStatus, publishers, subscriptions, ...common } = stats;
  const dropRates = view.producers.map((one) => rates.producer(one).dropped);
  const named = Object.entries(subscriptions).map(([name, one]) => [
    name,
    subscriptionStats(one, rates.subscription(name).dropped),
  ]);
  return {
    ...common,
    ...NO_STORAGE,
    msgDropRate: dropRates.reduce((sum, rate) => sum + rate, 0),
    publishers: publishers.map((one, i) => ({ ...one, msgDropRate: dropRates[i] ?? 0 })),
    subscriptions: Object.fromEntries(named),
  };
}

/** What Pulsar's document has where nobody fills it in. */
const NO_STORAGE = {
  backlogQuotaLimitSize: 0,
  backlogQuotaLimitTime: 0,
  oldestBacklogMessageAgeSeconds: 0,
  publishRateLimitedTimes: 0,
  topicCreationTimeStamp: 0,
  lastPublishTimeStamp: 0,
};

function subscriptionStats(
  { consumers, ...stats }: SubscriptionStats,
  msgDropRate: number,
): SubscriptionStats {
  const { activeConsumerName, keySharedMode, ...common } = stats;
  return {
    ...common,
    ...NO_TIMES,
    msgDropRate,
    consumers: consumers.map(consumerStats),
  } as SubscriptionStats;
}

const NO_TIMES = {
  lastConsumedFlowTimestamp: 0,
  lastConsumedTimestamp: 0,
  lastAckedTimestamp: 0,
  allowOutOfOrderDelivery: false,
};

function consumerStats(stats: ConsumerStats): ConsumerStats {
  const { drainingHashes, keyHashRangeArrays, ...common } = stats;
  return common;
}

/** Pulsar's PersistentTopicInternalStats of a topic that has no ledgers: only what it counts. */
export function nonPersistentInternalStats(view: TopicView) {
  return {
    entriesAddedCounter: view.entriesAdded,
    numberOfEntries: 0,
    totalSize: 0,
    currentLedgerEntries: 0,
    currentLedgerSize: 0,
    waitingCursorsCount: 0,
    pendingAddEntriesCount: 0,
    cursors: Object.fromEntries(view.subscriptions.map((name) => [name, NO_CURSOR])),
  };
}

const NO_CURSOR = {
  waitingReadOp: false,
  pendingReadOps: 0,
  messagesConsumedCounter: 0,
  cursorLedger: 0,
  cursorLedgerLastEntry: 0,
  active: false,
  numberOfEntriesSinceFirstNotAckedMessage: 0,
  totalNonContiguousDeletedMessagesRange: 0,
  subscriptionHavePendingRead: false,
  subscriptionHavePendingReplayRead: false,
};

/** Pulsar's TopicStats, made of the views of a topic, its subscriptions and their cursors. */
import type { ProducerView, TopicView } from '../../actors/views.ts';
import { inSlices } from '../../base/slices.ts';
import type { TopicName } from '../../base/topic-name.ts';
import { oldestBacklog } from '../metrics/backlog-age.ts';
import type { TopicRates } from '../metrics/meters.ts';
import { type AdminContext, type Call, flag } from './call.ts';
import { earliestOf, earliestTimes } from './earliest-time.ts';
import { nonPersistentStats } from './non-persistent-stats.ts';
import { isoTime, javaAddress, ratio } from './stats-values.ts';
import { type SubscriptionStats, subscriptionStats } from './subscription-stats.ts';

/** What the query asks for. */
export interface StatsQuery {
  readonly publishers: boolean;
  readonly consumers: boolean;
  readonly backlogSize: boolean;
  /** Since when backlogs wait, which takes a look at an entry of each. */
  readonly earliestInBacklog: boolean;
}

export function statsQuery(call: Call, { options }: AdminContext): StatsQuery {
  return {
    publishers: options.exposePublisherStats && !flag(call, 'excludePublishers'),
    consumers: !flag(call, 'excludeConsumers'),
    backlogSize: flag(call, 'subscriptionBacklogSize', true),
    earliestInBacklog: flag(call, 'getEarliestTimeInBacklog'),
  };
}

export interface PublisherStats {
  readonly producerName?: string;
  readonly msgRateIn: number;
  readonly msgThroughputIn: number;
  readonly [field: string]: unknown;
}

/** The numbers that a partitioned topic adds up, and the rest. */
export interface TopicStats {
  readonly publishers: readonly PublisherStats[];
  readonly subscriptions: Readonly<Record<string, SubscriptionStats>>;
  readonly [field: string]: unknown;
}

/** Counters are since the topic was loaded, rates per second over the last sampling interval. */
export async function topicStats(
  context: AdminContext,
  name: TopicName,
  view: TopicView,
  query: StatsQuery,
): Promise<TopicStats> {
  const rates = context.rates.of(name.full);
  const { subscriptions, backlogSize } = await subscriptionsOf(context, name, view, query);
  const all = Object.values(subscriptions);
  const sum = (field: keyof SubscriptionStats) =>
    all.reduce((total, one) => total + Number(one[field]), 0);
  const stats = {
    msgRateIn: rates.in.messages,
    msgThroughputIn: rates.in.bytes,
    msgRateOut: sum('msgRateOut'),
    msgThroughputOut: sum('msgThroughputOut'),
    bytesInCounter: view.in.bytes,
    msgInCounter: view.in.messages,
    systemTopicBytesInCounter: 0,
    bytesOutCounter: view.sentByGone.bytes + sum('bytesOutCounter'),
    msgOutCounter: view.sentByGone.messages + sum('msgOutCounter'),
    bytesOutInternalCounter: 0,
    averageMsgSize: ratio(rates.in.bytes, rates.in.messages),
    msgChunkPublished: view.chunkPublished,
    storageSize: view.ledgers.reduce((total, { bytes }) => total + bytes, 0),
    backlogSize,
    ...quotaStats(context, name, view),
    publishRateLimitedTimes: view.publishThrottledTimes,
    ...NOT_OFFERED_YET,
    ongoingTxnCount: view.transactions.ongoing,
    abortedTxnCount: view.transactions.aborted,
    committedTxnCount: view.transactions.committed,
    earliestMsgPublishTimeInBacklogs: earliestOf(
      all.map((one) => one.earliestMsgPublishTimeInBacklog),
    ),
    publishers: query.publishers ? view.producers.map((one) => publisherStats(one, rates)) : [],
    waitingPublishers: view.waitingProducers,
    subscriptions,
    replication: {},
    deduplicationStatus: context.broker.policies.of(name).deduplication ? 'Enabled' : 'Disabled',
    nonContiguousDeletedMessagesRanges: sum('nonContiguousDeletedMessagesRanges'),
    nonContiguousDeletedMessagesRangesSerializedSize: 0,
    delayedMessageIndexSizeInBytes: sum('delayedMessageIndexSizeInBytes'),
    compaction: {
      lastCompactionRemovedEventCount: view.compaction.removed,
      lastCompactionSucceedTimestamp: view.compaction.succeededAtMs,
      lastCompactionFailedTimestamp: view.compaction.failedAtMs,
      lastCompactionDurationTimeInMills: view.compaction.durationMs,
    },
    ...(view.topicEpoch === undefined ? {} : { topicEpoch: view.topicEpoch }),
    ownerBroker: context.urls.brokerId,
    topicCreationTimeStamp: view.createdAtMs,
    lastPublishTimeStamp: view.lastPublishAtMs,
  };
  return name.domain === 'persistent' ? stats : nonPersistentStats(stats, view, rates);
}

/** Offloading: Pulsar's values where it is not in use. */
const NOT_OFFERED_YET = {
  offloadedStorageSize: 0,
  lastOffloadLedgerId: 0,
  lastOffloadSuccessTimeStamp: 0,
  lastOffloadFailureTimeStamp: 0,
};

function quotaStats({ broker, options, clock }: AdminContext, name: TopicName, view: TopicView) {
  const { storageQuota, ageQuota } = broker.policies.of(name);
  const cursors = view.subscriptions.map((one) => [one, broker.cursorView(name, one)] as const);
  const isPrecise = options.preciseTimeBasedBacklogQuotaCheck;
  const oldest = oldestBacklog(view, cursors, isPrecise, clock.nowMs());
  const holder = oldest.subscription;
  return {
    backlogQuotaLimitSize: storageQuota.limitSize,
    backlogQuotaLimitTime: ageQuota.limitTime,
    oldestBacklogMessageAgeSeconds: oldest.ageSeconds,
    ...(holder === undefined ? {} : { oldestBacklogMessageSubscriptionName: holder }),
  };
}

/** A topic may have thousands, so they are looked at in slices. */
async function subscriptionsOf(
  context: AdminContext,
  name: TopicName,
  view: TopicView,
  query: StatsQuery,
) {
  const { broker, rates, clock } = context;
  const subscriptions: Record<string, SubscriptionStats> = {};
  let backlogSize = 0;
  const rate = rates.of(name.full);
  const waiting = query.earliestInBacklog
    ? await earliestTimes(context, name, view.subscriptions)
    : undefined;
  await inSlices(clock, view.subscriptions, (subscription) => {
    const sub = broker.subscriptionView(name, subscription);
    const cursor = broker.cursorView(name, subscription);
    if (sub === undefined) return;
    const own = rate.subscription(subscription);
    const waitsSinceMs = waiting?.get(subscription) ?? 0;
    subscriptions[subscription] = subscriptionStats(sub, cursor, own, { ...query, waitsSinceMs });
    // As a quota sees it: readers hold nobody back.
    if (sub.durable) backlogSize = Math.max(backlogSize, cursor?.backlogBytes ?? 0);
  });
  return { subscriptions, backlogSize };
}

function publisherStats(view: ProducerView, rates: TopicRates): PublisherStats {
  const { messages, bytes } = rates.producer(view);
  return {
    accessMode: view.accessMode,
    msgRateIn: messages,
    msgThroughputIn: bytes,
    averageMsgSize: ratio(bytes, messages),
    chunkedMessageRate: 0,
    producerId: Number(view.producerId),
    supportsPartialProducer: false,
    producerName: view.name,
    address: javaAddress(view.address),
    connectedSince: isoTime(view.connectedAtMs),
    clientVersion: view.clientVersion,
    metadata: view.metadata,
  };
}

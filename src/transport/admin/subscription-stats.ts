/** Pulsar's SubscriptionStats and ConsumerStats. */
import { COMPACTION_SUBSCRIPTION } from '../../actors/names.ts';
import type { DrainingHash } from '../../actors/subscription/holders.ts';
import type { ConsumerView, CursorView, SubscriptionView } from '../../actors/views.ts';
import type { ConsumerRates, SubscriptionRates } from '../metrics/meters.ts';
import { isoTime, javaAddress } from './stats-values.ts';

export type SubscriptionStats = ReturnType<typeof subscriptionStats>;
export type ConsumerStats = ReturnType<typeof consumerStats>;

export function subscriptionStats(
  view: SubscriptionView,
  cursor: CursorView | undefined,
  rates: SubscriptionRates,
  query: {
    readonly consumers: boolean;
    readonly backlogSize: boolean;
    readonly waitsSinceMs: number;
  },
) {
  const { keyShared, activeConsumer } = view;
  // What compacts a topic is no consumer here, as it is in Pulsar.
  const unattached = view.name === COMPACTION_SUBSCRIPTION ? 'Exclusive' : 'None';
  const type = view.type ?? unattached;
  const draining = view.consumers.map(drainingStats);
  return {
    ...deliveryStats(view, rates),
    msgBacklog: cursor?.backlogEntries ?? 0,
    backlogSize: query.backlogSize ? (cursor?.backlogBytes ?? 0) : -1,
    earliestMsgPublishTimeInBacklog: query.waitsSinceMs,
    msgBacklogNoDelayed: Math.max(0, (cursor?.backlogEntries ?? 0) - view.delayed),
    blockedSubscriptionOnUnackedMsgs: view.blocked,
    msgDelayed: view.delayed,
    msgInReplay: view.inReplay,
    unackedMessages: view.unacked,
    type,
    ...(activeConsumer === undefined ? {} : { activeConsumerName: activeConsumer }),
    msgRateExpired: rates.expired,
    msgExpired: 0,
    totalMsgExpired: cursor?.expired ?? 0,
    lastExpireTimestamp: cursor?.lastExpireAtMs ?? 0,
    lastConsumedFlowTimestamp: view.lastFlowAtMs,
    lastConsumedTimestamp: newest(view.consumers.map((one) => one.lastDeliveredAtMs)),
    lastAckedTimestamp: newest(view.consumers.map((one) => one.lastAckedAtMs)),
    lastMarkDeleteAdvancedTimestamp: cursor?.lastMoveAtMs ?? 0,
    consumers: query.consumers
      ? view.consumers.map((one) => consumerStats(one, rates.consumer(one), type))
      : [],
    isDurable: view.durable,
    isReplicated: view.replicated,
    allowOutOfOrderDelivery: keyShared?.allowOutOfOrder ?? false,
    ...(keyShared === undefined ? {} : { keySharedMode: keyShared.mode }),
    consumersAfterMarkDeletePosition: {},
    drainingHashesCount: total(draining.map((one) => one.drainingHashesCount)),
    drainingHashesClearedTotal: total(draining.map((one) => one.drainingHashesClearedTotal)),
    drainingHashesUnackedMessages: total(draining.map((one) => one.drainingHashesUnackedMessages)),
    nonContiguousDeletedMessagesRanges: cursor?.ackedRanges ?? 0,
    nonContiguousDeletedMessagesRangesSerializedSize: 0,
    delayedMessageIndexSizeInBytes: view.delayed * DUE_ROW_BYTES,
    subscriptionProperties: view.properties,
    ...NO_FILTERS,
    ...throttlingStats(view.throttled),
    durable: view.durable,
    replicated: view.replicated,
  };
}

/** Of one message that waits, in the topic's time index: topic, time and offset. */
const DUE_ROW_BYTES = 18;

/** Of the consumers that are connected, as Pulsar counts; 0 where there is none. */
function newest(timesMs: readonly number[]): number {
  return timesMs.reduce((latest, timeMs) => Math.max(latest, timeMs), 0);
}

/** What subscriptions tell first, and each of their consumers. */
function deliveryStats(
  { out }: Pick<ConsumerView, 'out'>,
  rates: Pick<ConsumerRates, 'out' | 'redelivered' | 'acked'>,
) {
  return {
    msgRateOut: rates.out.messages,
    msgThroughputOut: rates.out.bytes,
    bytesOutCounter: out.bytes,
    msgOutCounter: out.messages,
    msgRateRedeliver: rates.redelivered,
    messageAckRate: rates.acked,
    chunkedMessageRate: 0,
  };
}

function consumerStats(view: ConsumerView, rates: ConsumerRates, type: string) {
  return {
    ...deliveryStats(view, rates),
    consumerName: view.name,
    availablePermits: view.permits,
    unackedMessages: view.unacked,
    avgMessagesPerEntry: Math.round(view.messagesPerEntry),
    blockedConsumerOnUnackedMsgs: view.blocked,
    ...drainingStats(view),
    ...(type === 'Key_Shared' ? { drainingHashes: view.drainingHashes.map(drainingHash) } : {}),
    address: javaAddress(view.address),
    connectedSince: isoTime(view.connectedAtMs),
    clientVersion: view.clientVersion,
    lastAckedTimestamp: view.lastAckedAtMs,
    lastConsumedTimestamp: view.lastDeliveredAtMs,
    firstMessagesSentTimestamp: view.firstDeliveredAtMs,
    lastConsumedFlowTimestamp: view.lastFlowAtMs,
    firstConsumedFlowTimestamp: view.firstFlowAtMs,
    ...(view.hashRanges.length === 0 ? {} : { keyHashRangeArrays: view.hashRanges }),
    metadata: view.metadata,
    lastAckedTime: isoTime(view.lastAckedAtMs),
    lastConsumedTime: isoTime(view.lastDeliveredAtMs),
  };
}

/** What is on its way from this consumer to others; Pulsar counts entries here, not messages. */
function drainingStats({ drainingHashes, drainedHashes }: ConsumerView) {
  return {
    drainingHashesCount: drainingHashes.length,
    drainingHashesClearedTotal: drainedHashes,
    drainingHashesUnackedMessages: total(drainingHashes.map((one) => one.unackedEntries)),
  };
}

function drainingHash({ hash, unackedEntries, blockedAttempts }: DrainingHash) {
  return { hash, unackMsgs: unackedEntries, blockedAttempts };
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}

/** What Pulsar says where filters are not in use. */
const NO_FILTERS = {
  filterProcessedMsgCount: 0,
  filterAcceptedMsgCount: 0,
  filterRejectedMsgCount: 0,
  filterRescheduledMsgCount: 0,
};

function throttlingStats(throttled: SubscriptionView['throttled']) {
  return {
    dispatchThrottledMsgEventsBySubscriptionLimit: throttled?.subscription.messages ?? 0,
    dispatchThrottledBytesEventsBySubscriptionLimit: throttled?.subscription.bytes ?? 0,
    dispatchThrottledMsgEventsByTopicLimit: throttled?.topic.messages ?? 0,
    dispatchThrottledBytesEventsByTopicLimit: throttled?.topic.bytes ?? 0,
    dispatchThrottledMsgEventsByBrokerLimit: throttled?.broker.messages ?? 0,
    dispatchThrottledBytesEventsByBrokerLimit: throttled?.broker.bytes ?? 0,
  };
}

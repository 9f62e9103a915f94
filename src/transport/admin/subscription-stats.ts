/** Pulsar's SubscriptionStats and ConsumerStats. */
import type { ConsumerView, CursorView, SubscriptionView } from '../../actors/views.ts';
import type { ConsumerRates, SubscriptionRates } from '../metrics/meters.ts';
import { isoTime, javaAddress } from './stats-values.ts';

export type SubscriptionStats = ReturnType<typeof subscriptionStats>;
export type ConsumerStats = ReturnType<typeof consumerStats>;

export function subscriptionStats(
  view: SubscriptionView,
  cursor: CursorView | undefined,
  rates: SubscriptionRates,
  query: { readonly consumers: boolean; readonly backlogSize: boolean },
) {
  const { type = 'None' as const, keyShared, activeConsumer } = view;
  return {
    msgRateOut: rates.out.messages,
    msgThroughputOut: rates.out.bytes,
    bytesOutCounter: view.out.bytes,
    msgOutCounter: view.out.messages,
    msgRateRedeliver: rates.redelivered,
    messageAckRate: rates.acked,
    chunkedMessageRate: 0,
    msgBacklog: cursor?.backlogEntries ?? 0,
    backlogSize: query.backlogSize ? (cursor?.backlogBytes ?? 0) : -1,
    earliestMsgPublishTimeInBacklog: 0,
    msgBacklogNoDelayed: cursor?.backlogEntries ?? 0,
    blockedSubscriptionOnUnackedMsgs: view.blocked,
    msgDelayed: 0,
    msgInReplay: view.inReplay,
    unackedMessages: view.unacked,
    type,
    ...(activeConsumer === undefined ? {} : { activeConsumerName: activeConsumer }),
    msgRateExpired: 0,
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
    ...NO_DRAINING,
    nonContiguousDeletedMessagesRanges: cursor?.ackedRanges ?? 0,
    nonContiguousDeletedMessagesRangesSerializedSize: 0,
    delayedMessageIndexSizeInBytes: 0,
    subscriptionProperties: view.properties,
    ...NO_FILTERS,
    ...NO_THROTTLING,
    durable: view.durable,
    replicated: view.replicated,
  };
}

/** Of the consumers that are connected, as Pulsar counts; 0 where there is none. */
function newest(timesMs: readonly number[]): number {
  return timesMs.reduce((latest, timeMs) => Math.max(latest, timeMs), 0);
}

function consumerStats(view: ConsumerView, rates: ConsumerRates, type: string) {
  return {
    msgRateOut: rates.out.messages,
    msgThroughputOut: rates.out.bytes,
    bytesOutCounter: view.out.bytes,
    msgOutCounter: view.out.messages,
    msgRateRedeliver: rates.redelivered,
    messageAckRate: rates.acked,
    chunkedMessageRate: 0,
    consumerName: view.name,
    availablePermits: view.permits,
    unackedMessages: view.unacked,
    avgMessagesPerEntry: 0,
    blockedConsumerOnUnackedMsgs: view.blocked,
    ...NO_DRAINING,
    ...(type === 'Key_Shared' ? { drainingHashes: [] } : {}),
    address: javaAddress(view.address),
    connectedSince: isoTime(view.connectedAtMs),
    clientVersion: view.clientVersion,
    lastAckedTimestamp: view.lastAckedAtMs,
    lastConsumedTimestamp: view.lastDeliveredAtMs,
    firstMessagesSentTimestamp: 0,
    lastConsumedFlowTimestamp: view.lastFlowAtMs,
    firstConsumedFlowTimestamp: 0,
    ...(view.hashRanges.length === 0 ? {} : { keyHashRangeArrays: view.hashRanges }),
    metadata: view.metadata,
    lastAckedTime: isoTime(view.lastAckedAtMs),
    lastConsumedTime: isoTime(view.lastDeliveredAtMs),
  };
}

/** What Pulsar says where expiry, filters and throttling are not in use. */
const NO_DRAINING = {
  drainingHashesCount: 0,
  drainingHashesClearedTotal: 0,
  drainingHashesUnackedMessages: 0,
};

const NO_FILTERS = {
  filterProcessedMsgCount: 0,
  filterAcceptedMsgCount: 0,
  filterRejectedMsgCount: 0,
  filterRescheduledMsgCount: 0,
};

const NO_THROTTLING = {
  dispatchThrottledMsgEventsBySubscriptionLimit: 0,
  dispatchThrottledBytesEventsBySubscriptionLimit: 0,
  dispatchThrottledMsgEventsByTopicLimit: 0,
  dispatchThrottledBytesEventsByTopicLimit: 0,
  dispatchThrottledMsgEventsByBrokerLimit: 0,
  dispatchThrottledBytesEventsByBrokerLimit: 0,
};

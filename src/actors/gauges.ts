/**
 * What metrics read of the actors in memory: their own counters, as they stand, not copies of them
 * as views are. There may be a hundred thousand topics to be read in a second.
 */
import type { Long } from '../base/long.ts';
import type { PeriodCounts } from '../base/period-histogram.ts';
import type { PolicyValues } from './policies/values.ts';
import type {
  CompactionView,
  CursorView,
  PendingAcksView,
  SubscriptionView,
  TopicView,
} from './views.ts';

export interface ProducerGauges {
  readonly producerId: Long;
  readonly name: string;
  readonly address: string;
  readonly messages: number;
  readonly bytes: number;
  readonly dropped: number;
}

export interface ConsumerGauges {
  readonly consumerId: Long;
  readonly name: string;
  readonly address: string;
  readonly permits: number;
  readonly unacked: number;
  readonly blocked: boolean;
  readonly messagesOut: number;
  readonly bytesOut: number;
  readonly acked: number;
  readonly redelivered: number;
}

/** In order of coming. */
export interface Group<T> {
  readonly size: number;
  values(): Iterable<T>;
}

/** Buckets of what is measured of writes, as Pulsar's managed ledgers have them. */
export const WRITE_LATENCY_BOUNDS_US = [
  500, 1_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 1_000_000,
];
export const ENTRY_SIZE_BOUNDS = [128, 512, 1_024, 2_048, 4_096, 16_384, 102_400, 1_048_576];

/** Of the last minute that is over. */
export interface WriteGauges {
  /** Until an entry was durable, in microseconds: from when its batch was begun. */
  latency(nowMs: number): PeriodCounts;
  /** The same from when the journal was given the batch. */
  journalLatency(nowMs: number): PeriodCounts;
  /** Bytes of entries. */
  sizes(nowMs: number): PeriodCounts;
}

export interface TopicGauges {
  readonly name: string;
  readonly producers: Group<ProducerGauges>;
  readonly messagesIn: number;
  readonly bytesIn: number;
  /** Entries stored, of which a batch is one. */
  readonly entriesIn: number;
  /** Undefined where nothing was published since it was loaded. */
  readonly writes: WriteGauges | undefined;
  /** Bytes of the entries that are kept. */
  readonly storedBytes: number;
  readonly publishThrottledTimes: number;
  readonly evictions: TopicView['evictions'];
  readonly compactions: CompactionView['totals'];
  readonly transactions: Pick<TopicView['transactions'], 'ongoing' | 'committed' | 'aborted'>;
  /** Undefined until the topic has looked for them. */
  readonly policies: PolicyValues | undefined;
  /** All there is to see of it, as a copy. */
  view(): TopicView;
}

export interface SubscriptionGauges {
  readonly name: string;
  readonly durable: boolean;
  readonly consumers: Group<ConsumerGauges>;
  readonly messagesOut: number;
  readonly bytesOut: number;
  /** Entries delivered, of which a batch is one. */
  readonly entriesOut: number;
  readonly throttled: SubscriptionView['throttled'];
  readonly redelivered: number;
  readonly dropped: number;
  readonly unacked: number;
  readonly blocked: boolean;
  readonly inReplay: number;
  readonly lastFlowAtMs: number;
  readonly lastDeliveredAtMs: number;
  readonly lastAckedAtMs: number;
}

export interface CursorGauges
  extends Pick<
    CursorView,
    'markDelete' | 'backlogEntries' | 'backlogBytes' | 'expired' | 'lastMoveAtMs' | 'lastExpireAtMs'
  > {
  /** Undefined where no transaction that acknowledges has ended since it was loaded. */
  readonly pendingAcks: Pick<PendingAcksView, 'committed' | 'aborted'> | undefined;
}

/** A topic in memory and what hangs on it. */
export interface LoadedTopic {
  readonly topic: TopicGauges;
  readonly policies: PolicyValues;
  readonly subscriptions: readonly LoadedSubscription[];
}

export interface LoadedSubscription {
  readonly subscription: SubscriptionGauges;
  /** Undefined on a non-persistent topic. */
  readonly cursor: CursorGauges | undefined;
  /** Entries that were looked at and wait for their time to be delivered. */
  readonly delayed: number;
}

/** What actors show of themselves to statistics and metrics: plain copies, taken between steps. */
import type { PeriodCounts } from '../base/period-histogram.ts';
import type { Position } from '../base/position.ts';
import type { SubscriptionType } from './subscription/commands.ts';
import type { DrainingHash } from './subscription/holders.ts';
import type { ThrottledCounts } from './subscription/state.ts';
import type { AccessMode } from './topic/commands.ts';
import type { TxnId } from './txn-id.ts';

/** Counters since the actor was loaded; rates are made of them by whoever samples. */
export interface Traffic {
  readonly messages: number;
  readonly bytes: number;
}

export interface ProducerView {
  readonly producerId: number | bigint;
  readonly name: string;
  readonly accessMode: AccessMode;
  readonly address: string;
  readonly clientVersion: string;
  readonly connectedAtMs: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly in: Traffic;
  /** Messages that were not even tried, since too many of its connection were under way. */
  readonly dropped: number;
}

export interface LedgerView {
  readonly ledgerId: number;
  readonly entries: number;
  readonly bytes: number;
  readonly openedAtMs: number;
}

/** Compactions since the topic was loaded, and what the last one left. */
export interface CompactionView {
  readonly status: 'NOT_RUN' | 'RUNNING' | 'SUCCESS' | 'ERROR';
  readonly error: string;
  /** Messages that the last one removed, and how long it took. */
  readonly removed: number;
  readonly durationMs: number;
  readonly succeededAtMs: number;
  readonly failedAtMs: number;
  /** Bytes a second of the last one. */
  readonly readRate: number;
  readonly writeRate: number;
  /** Until entries were durable, by `WRITE_LATENCY_BOUNDS_US`, over all compactions. */
  readonly writeLatency: PeriodCounts;
  readonly totals: {
    readonly removed: number;
    readonly succeeded: number;
    readonly failed: number;
  };
  readonly ledger: Omit<LedgerView, 'openedAtMs'> | undefined;
}

/** Transactions that have messages in a topic. */
export interface TopicTransactionsView {
  readonly ongoing: number;
  /** Since the topic was loaded. */
  readonly committed: number;
  readonly aborted: number;
  /** By coordinator: up to which of its transactions all had ended when one last ended here. */
  readonly lowWaterMarks: ReadonlyMap<number, number> | undefined;
  /** The last position that may be read. */
  readonly maxRead: Position;
  /** Where an ongoing one begins; of those that have ended, whether one was aborted lately. */
  of(txn: TxnId): { readonly start: Position | undefined; readonly aborted: boolean };
}

export interface TopicView {
  readonly exists: boolean;
  readonly name: string;
  readonly topicId: number;
  readonly createdAtMs: number;
  readonly terminated: boolean;
  readonly properties: Readonly<Record<string, string>>;
  readonly producers: readonly ProducerView[];
  readonly waitingProducers: number;
  readonly topicEpoch: number | undefined;
  readonly lastPublishAtMs: number;
  /** Names of the subscriptions, durable and not. */
  readonly subscriptions: readonly string[];
  /** Oldest first; the last one is open when `ledgerOpen`. */
  readonly ledgers: readonly LedgerView[];
  readonly ledgerOpen: boolean;
  /** Last entry, or ledger:-1 of the newest ledger, or -1:-1. */
  readonly last: Position;
  readonly in: Traffic;
  /** What subscriptions that are gone have sent. */
  readonly sentByGone: Traffic;
  /** How often a producer had to wait for the publish rate. */
  readonly publishThrottledTimes: number;
  readonly entriesAdded: number;
  /**
   * The oldest message of the backlog as of the last look, where messages are read for that.
   */
  readonly oldest: { readonly atMs: number; readonly subscription: string } | undefined;
  /** How often quotas of each kind have taken messages from subscriptions. */
  readonly transactions: TopicTransactionsView;
  readonly evictions: { readonly size: number; readonly age: number };
  readonly chunkPublished: boolean;
  readonly compaction: CompactionView;
  /** Whether an offload was asked for since it was loaded. */
  readonly offloadFailed: boolean;
}

/** Which keys of a key_shared subscription a consumer gets, and which it must let go first. */
export interface ConsumerHashes {
  /** Inclusive hash ranges held. */
  readonly hashRanges: readonly (readonly [number, number])[];
  /** Hashes that others get once this consumer has acknowledged what it has of them. */
  readonly drainingHashes: readonly DrainingHash[];
  /** How many hashes it has let go that way. */
  readonly drainedHashes: number;
}

export interface ConsumerView extends ConsumerHashes {
  readonly consumerId: number | bigint;
  readonly name: string;
  readonly address: string;
  readonly clientVersion: string;
  readonly connectedAtMs: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly priorityLevel: number;
  /** Takes messages of any schema that the topic has (AUTO_CONSUME). */
  readonly takesAnySchema?: boolean;
  readonly permits: number;
  /** Messages delivered and not yet acknowledged (shared and key_shared). */
  readonly unacked: number;
  readonly blocked: boolean;
  readonly out: Traffic;
  readonly acked: number;
  readonly redelivered: number;
  /** Moving mean of messages an entry; 0 until something was sent. */
  readonly messagesPerEntry: number;
  readonly lastAckedAtMs: number;
  readonly firstDeliveredAtMs: number;
  readonly lastDeliveredAtMs: number;
  readonly firstFlowAtMs: number;
  readonly lastFlowAtMs: number;
}

export interface SubscriptionView {
  readonly name: string;
  readonly durable: boolean;
  /** Undefined until a consumer has attached. */
  readonly type: SubscriptionType | undefined;
  readonly activeConsumer: string | undefined;
  readonly consumers: readonly ConsumerView[];
  readonly replicated: boolean;
  readonly properties: Readonly<Record<string, string>>;
  readonly out: Traffic;
  readonly redelivered: number;
  /** How often which dispatch rate held messages or bytes back; undefined: never. */
  readonly throttled: ThrottledCounts | undefined;
  /** Messages that nobody could take, on a non-persistent topic. */
  readonly dropped: number;
  readonly unacked: number;
  readonly blocked: boolean;
  readonly inReplay: number;
  /** Entries that were looked at and wait for their time to be delivered. */
  readonly delayed: number;
  readonly keyShared: { readonly mode: string; readonly allowOutOfOrder: boolean } | undefined;
  readonly lastFlowAtMs: number;
  readonly lastDeliveredAtMs: number;
  readonly lastAckedAtMs: number;
}

export interface CursorView {
  /** Highest position with everything up to it acknowledged. */
  readonly markDelete: Position;
  readonly readPosition: Position;
  /** Entries not yet acknowledged, delivered or not. */
  readonly backlogEntries: number;
  /** After the mark-delete position, as Pulsar counts them; of a ledger in part, its share. */
  readonly backlogBytes: number;
  /** Entries after the mark-delete position up to the read position, as Pulsar counts them. */
  readonly entriesSinceFirstUnacked: number;
  readonly ackedRanges: number;
  /** Pulsar's text form, `[(1:2..1:5]]`; cut after 100 ranges. */
  readonly ackedRangesText: string;
  readonly messagesConsumed: number;
  readonly waitingRead: boolean;
  readonly lastMoveAtMs: number;
  /** Entries expired, since the cursor was loaded. */
  readonly expired: number;
  /** When expiry was last asked for, 0 for never. */
  readonly lastExpireAtMs: number;
  readonly properties: Readonly<Record<string, number | bigint>>;
  /** Undefined where no transaction has acknowledged or ended since the cursor was loaded. */
  readonly pendingAcks: PendingAcksView | undefined;
}

/** Acknowledgements of a subscription that wait for transactions. */
export interface PendingAcksView {
  /** Transactions whose acknowledgements of single messages wait. */
  readonly transactions: number;
  /** Entries that they are about. */
  readonly entries: number;
  /** The acknowledgement up to a message that waits. */
  readonly upTo: { readonly txn: TxnId; readonly position: Position } | undefined;
  /** Transactions that have ended since the cursor was loaded. */
  readonly committed: number;
  readonly aborted: number;
  /** By coordinator: up to which of its transactions all had ended when one last ended here. */
  readonly lowWaterMarks: ReadonlyMap<number, number>;
  /**
   * Words of the batch indexes of an entry that no transaction acknowledges, none where the whole
   * entry waits; undefined: nothing of it does.
   */
  openAt(position: Position): readonly bigint[] | undefined;
}

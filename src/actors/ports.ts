/**
 * What actors say to the world and ask of it, as plain data. The runtime releases a reply only once
 * the journal batch that holds its reasons is durable; deliveries leave at once, since they show
 * nothing but durable entries.
 */
import type { Refusal } from '../base/errors.ts';
import type { Long } from '../base/long.ts';
import type { Position } from '../base/position.ts';
import type { RangeSet } from './range-set.ts';
import type { BrokerEntry } from './topic/events.ts';

/** Whoever gets effects: a client's session, a REST request. */
export interface Recipient {
  /** Who it is, for causes in the journal and for logs: `c12 127.0.0.1:53422`. */
  readonly label: string;
  receive(effect: Effect): void;
  /** Called once after the effects of a step have been received: the moment to write. */
  flush(): void;
  /**
   * Resolves whether the client still answers. When it does not, its connection is closed, and its
   * `remove-producer` and `remove-consumer` are told, before this resolves.
   */
  probe?(): Promise<boolean>;
}

export type Effect =
  | ProducerOpened
  | Published
  | PublishRefused
  | PublishWindow
  | { readonly type: 'producer-closed'; readonly producerId: Long }
  | Subscribed
  | Deliver
  | ActiveConsumer
  | { readonly type: 'consumer-closed'; readonly consumerId: Long }
  | { readonly type: 'end-of-topic'; readonly consumerId: Long }
  | AckAnswered
  | LastMessageId
  /** The topic has come to be, or is no more. */
  | { readonly type: 'topic-listed'; readonly topic: string; readonly exists: boolean }
  | CompactionDue
  | { readonly type: 'done'; readonly requestId: Long; readonly value?: unknown }
  | Refused;

/**
 * ACTIVE_CONSUMER_CHANGE. Notices of what rests on the journal wait for it and may be overtaken by
 * others: only those count whose `change` is not below that of one before.
 */
export interface ActiveConsumer {
  readonly type: 'active-consumer';
  readonly consumerId: Long;
  readonly active: boolean;
  readonly change: number;
}

/**
 * PRODUCER_SUCCESS; comes twice where the producer first had to wait (`ready` false, then true).
 */
export interface ProducerOpened {
  readonly type: 'producer-opened';
  readonly producerId: Long;
  readonly requestId: Long;
  readonly name: string;
  /** Highest sequence id stored for this name where deduplication is on, else -1. */
  readonly lastSequenceId: Long;
  readonly topicEpoch: number | undefined;
  readonly ready: boolean;
}

/** SEND_RECEIPTs of consecutive entries, or of duplicates (`ledgerId` and `firstEntryId` -1). */
export interface Published {
  readonly type: 'published';
  readonly producerId: Long;
  readonly sequenceIds: readonly Long[];
  /** As received, undefined where the client sent none. */
  readonly highestSequenceIds: readonly (Long | undefined)[];
  readonly ledgerId: number;
  readonly firstEntryId: number;
  /** Bytes of the entries, for back-pressure accounting. */
  readonly bytes: number;
}

export interface PublishRefused {
  readonly type: 'publish-refused';
  readonly producerId: Long;
  /** Sequence id to name in each SEND_ERROR: the highest where there was one. */
  readonly sequenceIds: readonly Long[];
  readonly refusal: Refusal;
  readonly bytes: number;
}

/**
 * How many messages and bytes a producer may have sent in all since it was opened, where its topic
 * has a publish rate: beyond that, its connection is not read. Infinite where there is none.
 */
export interface PublishWindow {
  readonly type: 'publish-window';
  readonly producerId: Long;
  readonly messages: number;
  readonly bytes: number;
}

export interface Subscribed {
  readonly type: 'subscribed';
  readonly consumerId: Long;
  readonly requestId: Long;
  /** Identity of the subscription's actor, for `Broker.ref`: flow, ack and the like go there. */
  readonly actor: string;
}

/** Consecutive entries of one ledger for one consumer. */
export interface DeliveryRun {
  readonly ledgerId: number;
  readonly firstEntryId: number;
  /** Stored bytes, to be forwarded untouched. */
  readonly entries: readonly Buffer[];
  readonly redeliveryCount: number;
  /** Words of the batch indexes still unacknowledged; only in a run of one entry. */
  readonly ackSet: readonly bigint[] | undefined;
  /** What the broker knows of each entry, where it notes it. */
  readonly brokerEntries?: readonly BrokerEntry[] | undefined;
}

/** The entries' bytes are lent to `Recipient.receive`: who needs them longer copies them. */
export interface Deliver {
  readonly type: 'deliver';
  readonly consumerId: Long;
  readonly consumerEpoch: Long | undefined;
  readonly runs: readonly DeliveryRun[];
}

export interface AckAnswered {
  readonly type: 'ack-answered';
  readonly consumerId: Long;
  readonly requestId: Long;
  readonly refusal: Refusal | undefined;
}

/** GET_LAST_MESSAGE_ID_RESPONSE; positions are -1:-1 where there is none. */
export interface LastMessageId {
  readonly type: 'last-message-id';
  readonly requestId: Long;
  readonly last: Position;
  /** Stored bytes of the last entry, for its batch index; undefined when the topic is empty. */
  readonly entry: Buffer | undefined;
  /** Of a compacted batch: the last index that is left; -1 for an entry that is no batch. */
  readonly batchIndex?: number;
  readonly markDelete: Position;
}

export interface Refused {
  readonly type: 'refused';
  readonly requestId: Long;
  readonly refusal: Refusal;
  /**
   * Who holds the name or the exclusive place that was asked for. It may be a connection that died
   * unnoticed, so whoever asked may probe it and, once it is gone, ask again.
   */
  readonly holder?: Recipient;
}

/** What actors must know of a stored entry, read from its bytes by whoever knows the format. */
export interface EntryFormat {
  /** Hash, 31 bits, of the key that key_shared routes by. */
  stickyKeyHash(entry: Buffer): number;
  /** Whether its payload can be read by nobody without a key. */
  isEncrypted(entry: Buffer): boolean;
  /**
   * Publish time in milliseconds since the epoch; the time of storing where that is noted
   * (`stored`: what its storing event says, once there is one).
   */
  publishTimeMs(entry: Buffer, stored?: unknown): number;
  /** Which part of a larger message it is, undefined for a message in one piece. */
  chunk(entry: Buffer): EntryChunk | undefined;
}

/** One part of a message that its producer had to split. */
export interface EntryChunk {
  /** Shared by the parts. */
  readonly uuid: string;
  readonly index: number;
  readonly count: number;
}

/** A topic is to be compacted; it waits for `store-compacted` and `end-compaction`. */
export interface CompactionDue {
  readonly type: 'compaction-due';
  /** Full name of the topic. */
  readonly topic: string;
  readonly plan: CompactionPlan;
}

/** What a compaction reads, in this order, and where its entries go. */
export interface CompactionPlan {
  readonly topicId: number;
  /** Number of the new compacted ledger in the storage. */
  readonly storageId: number;
  /** The compacted ledger that there is. */
  readonly before: { readonly storageId: number; readonly entries: number } | undefined;
  /** Then the topic's entries from one offset up to, without, another. */
  readonly from: number;
  readonly horizon: number;
  /** Those of them that belong to aborted transactions. */
  readonly aborted: Pick<RangeSet, 'has'> | undefined;
}

/** What compaction must know of stored entries, read by whoever knows their format. */
export interface CompactionFormat {
  /** Throws for an entry whose metadata cannot be read. */
  open(entry: Buffer): OpenedEntry;
}

export interface OpenedEntry {
  /** The messages of a batch by their index; a single one for an entry that is no batch. */
  readonly messages: readonly KeyedMessage[];
  readonly chunk: EntryChunk | undefined;
  /** The entry with those messages only that are kept, at least one; they keep their indexes. */
  retain(keeps: readonly boolean[]): Buffer;
}

export interface KeyedMessage {
  /**
   * A tombstone has no payload; what is gone was taken out before; a sealed one cannot be looked
   * into, and stays.
   */
  readonly kind: 'value' | 'tombstone' | 'gone' | 'sealed';
  readonly key: KeyId | undefined;
}

/** A message's key, or a digest of it: 128 bits as four unsigned words. */
export interface KeyId {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

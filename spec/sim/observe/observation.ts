/** What can be seen of a broker from outside, in the order in which it happens at its door. */

import type { TxnId } from '../../../src/actors/txn-id.ts';
import type { JournalRecord } from '../../../src/storage/journal.ts';
import type { Command } from '../../../src/wire/codec.ts';
import type { SettingKey } from '../plan-dynamic.ts';
import type { Content } from './entries.ts';
import type { OfTransaction } from './of-transaction.ts';

/** A producer, from the request that opens it to its end. */
export interface ProducerSeen {
  readonly link: number;
  readonly id: number;
  readonly topic: string;
  readonly mode: string;
  readonly requestId: number;
  /** As asked for; as given, once it is opened. */
  name: string | undefined;
  isOpen: boolean;
  /** The client has asked for its end. */
  isClosing: boolean;
  /** What it has sent and has no answer to, oldest first. */
  readonly waiting: Sent[];
}

/** An entry that a producer has sent. */
export interface Sent {
  readonly sequenceId: number;
  readonly content: Content | undefined;
}

export interface ConsumerSeen {
  readonly link: number;
  readonly id: number;
  readonly topic: string;
  readonly subscription: string;
  readonly type: string;
  readonly durable: boolean;
  readonly requestId: number;
  /** Where a reader wants to begin, that entry included; ledger -1: with the first one. */
  readonly start: Position | undefined;
  /** As SUBSCRIBE gave it: which begin of the subscription messages must be of. */
  readonly epoch: number | undefined;
  readonly keyShared: KeySharedSeen | undefined;
  /** The lower, the better. */
  readonly priority: number;
  /** It reads what is compacted in the place of the originals. */
  readonly readsCompacted: boolean;
  /** Its client understands what the broker notes of entries. */
  readonly takesNotes: boolean;
  /** Its client understands that a topic ends. */
  readonly knowsEnd: boolean;
  isOpen: boolean;
  /** The client has asked for its end. */
  isClosing: boolean;
}

/** How a Key_Shared consumer shares keys with others. */
export interface KeySharedSeen {
  readonly isSticky: boolean;
  readonly allowOutOfOrder: boolean;
  /** Hashes, from and to, both included. */
  readonly ranges: readonly (readonly [number, number])[];
}

export interface Position {
  readonly ledger: number;
  readonly entry: number;
}

/** What the broker noted of an entry: the number of its last message, and when it came. */
export interface Note {
  readonly index: number | undefined;
  /** Since the epoch. */
  readonly timeMs: number | undefined;
}

/** What an acknowledgement, a nack or a seek names. */
export interface IdSeen extends Position {
  readonly batchIndex: number;
  readonly batchSize: number | undefined;
  readonly ackSet: readonly (number | bigint)[] | undefined;
}

/** An entry in a journal record; topics have numbers there. */
export interface DurableEntry {
  readonly topicId: number;
  readonly offset: number;
  /** Where clients find it. */
  readonly position: Position;
  readonly content: Content | undefined;
  readonly bytes: number;
}

/** An entry that a compaction has kept: whole, or some of its messages. */
export interface Survivor {
  readonly offset: number;
  readonly content: Content | undefined;
}

export interface Acked {
  readonly type: 'acked';
  readonly consumer: ConsumerSeen;
  readonly ids: readonly IdSeen[];
  readonly isCumulative: boolean;
  readonly requestId: number | undefined;
  /** The transaction that it is to count with. */
  readonly txn: TxnId | undefined;
}

/** Something that an operator asks over REST. */
export interface Administered {
  readonly id: number;
  readonly what: string;
  readonly topic: string;
  readonly subscription: string | undefined;
  /** What it does to where the subscription stands. */
  readonly moves: 'anywhere' | 'forward' | undefined;
  /** How many partitions the topic is to have. */
  readonly partitions: number | undefined;
  /** What a policy of the topic is to be. */
  readonly policy: number | undefined;
  /** What is to be limited, of this topic or of all. */
  readonly limit: Limit | undefined;
  /** The transaction that is to be aborted. */
  readonly txn: TxnId | undefined;
  /** What of the configuration is changed, to this text; undefined: back to what it was. */
  readonly setting: { readonly key: SettingKey; readonly value: string | undefined } | undefined;
}

/** A TTL in seconds, a backlog in bytes, or messages in a second. */
export interface Limit {
  readonly what:
    | 'ttl'
    | 'evicted above'
    | 'published to a topic'
    | 'dispatched of a topic'
    | 'dispatched to a subscription';
  readonly value: number;
}

export type CompactionStep = 'begins' | 'counts' | 'is given up' | 'is dropped';

type Unsubscribing = 'unsubscribing' | 'unsubscribed' | 'unsubscribe-refused';

export type Observation =
  | OfTransaction
  | { readonly type: 'linked'; readonly link: number }
  /** The broker's end of a link is gone, with all that was opened on it. */
  | { readonly type: 'unlinked'; readonly link: number }
  /** Every frame, before what it means. */
  | { readonly type: 'heard' | 'said'; readonly link: number; readonly command: Command }
  | {
      readonly type: 'producer-opened';
      readonly producer: ProducerSeen;
      readonly ready: boolean;
      readonly lastSequenceId: number;
      readonly topicEpoch: number | undefined;
    }
  | { readonly type: 'producer-closed'; readonly producer: ProducerSeen }
  | {
      readonly type: 'sent';
      readonly producer: ProducerSeen;
      readonly sequenceId: number;
      readonly content: Content | undefined;
      readonly bytes: Buffer;
    }
  | {
      readonly type: 'receipt';
      readonly producer: ProducerSeen;
      readonly sequenceId: number;
      /** What it answers, and whether older ones wait still. */
      readonly sent: Sent | undefined;
      readonly isInTurn: boolean;
      readonly position: Position;
    }
  | {
      readonly type: 'send-error';
      readonly producer: ProducerSeen;
      readonly sequenceId: number;
      readonly isInTurn: boolean;
      readonly error: number;
    }
  | {
      readonly type: 'subscribing' | 'subscribed' | 'subscribe-refused';
      readonly consumer: ConsumerSeen;
    }
  | { readonly type: 'consumer-closing' | 'consumer-closed'; readonly consumer: ConsumerSeen }
  | {
      readonly type: 'delivered';
      readonly consumer: ConsumerSeen;
      readonly position: Position;
      readonly redeliveries: number;
      readonly ackSet: readonly (number | bigint)[];
      readonly epoch: number | undefined;
      readonly content: Content | undefined;
      readonly note: Note | undefined;
      readonly bytes: Buffer;
    }
  | Acked
  | { readonly type: 'ack-answered'; readonly acked: Acked; readonly error: number | undefined }
  /** `ids` undefined: everything that it holds. */
  | {
      readonly type: 'nacked';
      readonly consumer: ConsumerSeen;
      readonly ids: readonly IdSeen[] | undefined;
      readonly epoch: number | undefined;
    }
  | { readonly type: 'flow'; readonly consumer: ConsumerSeen; readonly permits: number }
  | {
      readonly type: 'seek';
      readonly consumer: ConsumerSeen;
      readonly to: IdSeen | undefined;
      readonly timeMs: number | undefined;
    }
  | { readonly type: 'sought'; readonly consumer: ConsumerSeen; readonly ok: boolean }
  | { readonly type: Unsubscribing; readonly consumer: ConsumerSeen }
  | { readonly type: 'active'; readonly consumer: ConsumerSeen; readonly active: boolean }
  /** GET_LAST_MESSAGE_ID is answered. */
  | { readonly type: 'last-id'; readonly consumer: ConsumerSeen; readonly position: Position }
  /** REACHED_END_OF_TOPIC. */
  | { readonly type: 'end-of-topic'; readonly consumer: ConsumerSeen }
  /** PARTITIONED_METADATA is answered. */
  | { readonly type: 'partitions'; readonly topic: string; readonly count: number }
  | { readonly type: 'administering'; readonly call: Administered }
  /** `status` undefined: the broker was killed before it answered. */
  | {
      readonly type: 'administered';
      readonly call: Administered;
      readonly status: number | undefined;
      readonly value: unknown;
    }
  | {
      readonly type: 'stats';
      readonly consumer: ConsumerSeen;
      readonly permits: number;
      readonly unacked: number;
      readonly backlog: number;
    }
  | { readonly type: 'broker'; readonly what: 'starts' | 'is up' | 'stops' | 'is killed' | 'fails' }
  | { readonly type: 'fault'; readonly what: string }
  /** A journal record is on disk. */
  | {
      readonly type: 'record';
      readonly record: JournalRecord;
      readonly entries: readonly DurableEntry[];
    }
  /** Of that record: a topic or a durable subscription comes, ends and goes. */
  | {
      readonly type: 'topic-created' | 'topic-terminated' | 'topic-deleted';
      readonly topic: string;
      readonly topicId: number;
    }
  /** The topic gives up everything below an offset. */
  | {
      readonly type: 'trimmed';
      readonly topic: string;
      readonly topicId: number;
      readonly before: number;
    }
  /** What a compaction of everything below the horizon keeps; others follow. */
  | { readonly type: 'survivors'; readonly topicId: number; readonly entries: readonly Survivor[] }
  /** A compaction begins, counts from now on, is given up, or counts no more. */
  | {
      readonly type: 'compaction';
      readonly what: CompactionStep;
      readonly topic: string;
      readonly topicId: number;
      readonly horizon: number;
    }
  /** A durable subscription is done with entries, by their offsets: pairs of first and end. */
  | {
      readonly type: 'left';
      readonly topic: string;
      readonly topicId: number;
      readonly subscription: string;
      readonly ranges: readonly (readonly [number, number])[];
      readonly atMs: number;
    }
  | {
      readonly type: `subscription-${'created' | 'deleted' | 'reset' | 'forgotten'}`;
      readonly topic: string;
      readonly topicId: number;
      readonly subscription: string;
    }
  | {
      readonly type: 'log';
      readonly level: string;
      readonly message: string;
      readonly detail: string;
    };

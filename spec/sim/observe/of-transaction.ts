/** What can be seen of transactions: what clients are told of them, and what the journal says. */
import type { HeldEntry } from '../../../src/actors/cursor/commands.ts';
import type { Participant } from '../../../src/actors/transaction/commands.ts';
import type { TxnId } from '../../../src/actors/txn-id.ts';

/** Entries that a transaction acknowledges on a subscription, by their offsets. */
export type HeldSeen = Pick<HeldEntry, 'offset' | 'words'>;

export type OfTransaction =
  /** A client is told that one has begun. */
  | {
      readonly type: 'txn-begun';
      readonly link: number;
      readonly txn: TxnId;
      readonly timeoutMs: number;
    }
  | {
      readonly type: 'txn-ending';
      readonly link: number;
      readonly txn: TxnId;
      readonly commit: boolean;
    }
  | {
      readonly type: 'txn-answered';
      readonly link: number;
      readonly txn: TxnId;
      readonly commit: boolean;
      readonly error: number | undefined;
    }
  // On the disk: of its coordinator
  | {
      readonly type: 'txn-opened';
      readonly txn: TxnId;
      readonly atMs: number;
      readonly timeoutMs: number;
    }
  | {
      readonly type: 'txn-joined';
      readonly txn: TxnId;
      readonly participants: readonly Participant[];
    }
  | { readonly type: 'txn-decided'; readonly txn: TxnId; readonly commit: boolean }
  | { readonly type: 'txn-over'; readonly txn: TxnId }
  // Of a topic, and of a durable subscription
  | {
      readonly type: 'txn-ended-in-topic';
      readonly txn: TxnId;
      readonly topic: string;
      readonly topicId: number;
      readonly commit: boolean;
    }
  | {
      readonly type: 'txn-acks';
      readonly txn: TxnId;
      readonly topic: string;
      readonly topicId: number;
      readonly subscription: string;
      readonly entries: readonly HeldSeen[];
      /** It acknowledges everything up to the one entry. */
      readonly isCumulative: boolean;
    }
  | {
      readonly type: 'txn-ended-in-subscription';
      readonly txn: TxnId;
      readonly topic: string;
      readonly topicId: number;
      readonly subscription: string;
    };

export function isOfTransaction(seen: { readonly type: string }): seen is OfTransaction {
  return seen.type.startsWith('txn-');
}

/** As a line of the story. */
export function lineOfTransaction(seen: OfTransaction): string {
  const { txn } = seen;
  switch (seen.type) {
    case 'txn-begun':
      return `c${seen.link} begins ${txn}`;
    case 'txn-ending':
      return `c${seen.link} asks to ${wayOf(seen.commit)} ${txn}`;
    case 'txn-answered':
      return `c${seen.link} asked to ${wayOf(seen.commit)} ${txn}: ${seen.error ?? 'ok'}`;
    case 'txn-opened':
      return `disk: ${txn} is open for ${seen.timeoutMs} ms`;
    case 'txn-joined': {
      const parts = seen.participants.map(({ topic, subscription }) => {
        return subscription === undefined ? short(topic) : `${subscription} of ${short(topic)}`;
      });
      return `disk: ${parts.join(', ')} of ${txn}`;
    }
    case 'txn-decided':
      return `disk: ${txn} is to ${wayOf(seen.commit)}`;
    case 'txn-over':
      return `disk: ${txn} is over`;
    case 'txn-ended-in-topic':
      return `disk: ${wayOf(seen.commit)} ${txn} in ${short(seen.topic)}`;
    case 'txn-acks': {
      const offsets = seen.entries.map(({ offset }) => offset).join(' ');
      const how = seen.isCumulative ? 'all before' : 'offsets';
      const where = `${seen.subscription} of ${short(seen.topic)}`;
      return `disk: ${how} ${offsets} wait in ${where} for ${txn}`;
    }
    case 'txn-ended-in-subscription':
      return `disk: ${txn} is over in ${seen.subscription} of ${short(seen.topic)}`;
  }
}

function wayOf(commit: boolean): string {
  return commit ? 'commit' : 'abort';
}

function short(topic: string): string {
  return topic.slice(topic.lastIndexOf('/') + 1);
}

/** Observations as lines that people read; the whole of them is the trace of a world. */
import type { Content } from './entries.ts';
import type {
  Administered,
  ConsumerSeen,
  KeySharedSeen,
  Observation,
  Position,
  ProducerSeen,
} from './observation.ts';
import { isOfTransaction, lineOfTransaction, type OfTransaction } from './of-transaction.ts';

/** Commands that have a line of their own. */
const TOLD: ReadonlySet<string> = new Set([
  'SEND',
  'SEND_RECEIPT',
  'SEND_ERROR',
  'MESSAGE',
  'ACK',
  'ACK_RESPONSE',
  'FLOW',
  'REDELIVER_UNACKNOWLEDGED_MESSAGES',
  'SEEK',
  'ACTIVE_CONSUMER_CHANGE',
  'PRODUCER_SUCCESS',
  'PING',
  'PONG',
]);

/** Undefined for what says nothing that another line does not say. */
export function lineOf(seen: Observation): string | undefined {
  if (isOfTransaction(seen)) return lineOfTransaction(seen);
  switch (seen.type) {
    case 'linked':
    case 'unlinked':
      return `c${seen.link} ${seen.type}`;
    case 'heard':
    case 'said':
      return TOLD.has(seen.command.name)
        ? undefined
        : `c${seen.link} ${seen.type} ${seen.command.name}`;
    case 'producer-opened': {
      const { name, topic, mode } = seen.producer;
      const state = seen.ready ? 'opened' : 'waits';
      const what = `${name}, ${mode}, ${short(topic)}, last ${seen.lastSequenceId}`;
      return `${who(seen.producer)} ${state}: ${what}`;
    }
    case 'producer-closed':
      return `${who(seen.producer)} closed`;
    case 'sent':
      return (
        `${who(seen.producer)} sent #${seen.sequenceId}: ` +
        `${messages(seen.content?.messages)}${chunkOf(seen.content)}${inTxn(seen.content)}`
      );
    case 'receipt':
      return `${who(seen.producer)} receipt #${seen.sequenceId} at ${at(seen.position)}`;
    case 'send-error':
      return `${who(seen.producer)} error #${seen.sequenceId}: ${seen.error}`;
    default:
      return 'consumer' in seen || seen.type === 'ack-answered'
        ? consumerLine(seen)
        : worldLine(seen);
  }
}

type OfConsumer = Extract<
  Observation,
  { readonly consumer: ConsumerSeen } | { readonly type: 'ack-answered' }
>;

function consumerLine(seen: OfConsumer): string | undefined {
  switch (seen.type) {
    case 'subscribed': {
      const { type, topic, subscription, keyShared } = seen.consumer;
      const how = keyShared === undefined ? '' : `, ${keys(keyShared)}`;
      return `${who(seen.consumer)} subscribed: ${type} ${subscription} of ${short(topic)}${how}`;
    }
    case 'subscribing':
    case 'subscribe-refused':
      return undefined;
    case 'delivered': {
      const again = seen.redeliveries > 0 ? `, again ${seen.redeliveries}` : '';
      const part = seen.ackSet.length > 0 ? `, left ${seen.ackSet.join()}` : '';
      const chunk = chunkOf(seen.content);
      const epoch = seen.epoch === undefined ? '' : `, epoch ${seen.epoch}`;
      const what = `${messages(seen.content?.messages)}${chunk}${epoch}`;
      return `${who(seen.consumer)} got ${at(seen.position)}: ${what}${again}${part}`;
    }
    case 'acked': {
      const how = seen.isCumulative ? 'acks up to' : 'acks';
      const ids = seen.ids.map((id) => at(id) + (id.ackSet ? ` left ${id.ackSet.join()}` : ''));
      const asks = seen.requestId === undefined ? '' : `, asks ${seen.requestId}`;
      const where = seen.txn === undefined ? '' : ` in ${seen.txn}`;
      return `${who(seen.consumer)} ${how} ${ids.join(' ')}${where}${asks}`;
    }
    case 'ack-answered':
      return `${who(seen.acked.consumer)} ack answered ${seen.error ?? 'ok'}`;
    case 'nacked':
      return (
        `${who(seen.consumer)} wants again ${seen.ids?.map(at).join(' ') ?? 'all'}` +
        `${seen.epoch === undefined ? '' : `, epoch ${seen.epoch}`}`
      );
    case 'flow':
      return `${who(seen.consumer)} permits +${seen.permits}`;
    case 'seek':
      return `${who(seen.consumer)} seeks ${seen.to === undefined ? seen.timeMs : at(seen.to)}`;
    case 'sought':
      return `${who(seen.consumer)} sought ${seen.ok ? 'ok' : 'refused'}`;
    case 'active':
      return `${who(seen.consumer)} is ${seen.active ? 'active' : 'inactive'}`;
    case 'stats':
      return `${who(seen.consumer)} stats: ${seen.permits} ${seen.unacked} ${seen.backlog}`;
    case 'last-id':
      return `${who(seen.consumer)} hears that ${at(seen.position)} is the last`;
    case 'end-of-topic':
    case 'consumer-closing':
    case 'consumer-closed':
    case 'unsubscribing':
    case 'unsubscribed':
    case 'unsubscribe-refused':
      return `${who(seen.consumer)} ${seen.type}`;
  }
}

/** What is not about one client. */
function worldLine(
  seen: Exclude<
    Observation,
    OfConsumer | OfTransaction | { readonly link: number } | { readonly producer: ProducerSeen }
  >,
): string | undefined {
  switch (seen.type) {
    case 'partitions':
      return `${short(seen.topic)} has ${seen.count} partitions`;
    case 'administering':
      return `rest ${seen.call.id} asks: ${deed(seen.call)}`;
    case 'administered':
      return `rest ${seen.call.id} answered ${seen.status ?? 'never'}: ${deed(seen.call)}`;
    case 'topic-created':
    case 'topic-terminated':
    case 'topic-deleted':
      return `disk: ${seen.type} ${short(seen.topic)}, number ${seen.topicId}`;
    case 'trimmed':
      return `disk: ${short(seen.topic)} is trimmed below ${seen.before}`;
    case 'survivors':
      return `disk: compaction keeps ${seen.entries.map(({ offset }) => offset).join(' ')}`;
    case 'compaction':
      return `disk: compaction of ${short(seen.topic)} up to ${seen.horizon} ${seen.what}`;
    case 'left':
      return undefined;
    case 'subscription-created':
    case 'subscription-forgotten':
      return undefined;
    case 'subscription-deleted':
    case 'subscription-reset':
      return `disk: ${seen.type} ${seen.subscription} of topic ${seen.topicId}`;
    case 'broker':
      return `== the broker ${seen.what}`;
    case 'fault':
      return `== fault: ${seen.what}`;
    case 'record':
      return `disk: record ${seen.record.sequence}, ${seen.record.events.length} events`;
    case 'log':
      return `log ${seen.level}: ${seen.message} ${seen.detail}`;
  }
}

function deed({ what, topic, subscription }: Administered): string {
  return `${what}, ${subscription === undefined ? '' : `${subscription} of `}${short(topic)}`;
}

function keys({ isSticky, allowOutOfOrder, ranges }: KeySharedSeen): string {
  const order = allowOutOfOrder ? 'in any order' : 'in order';
  return isSticky ? `${ranges.map((range) => range.join('-')).join(' ')} ${order}` : order;
}

function inTxn(content: Content | undefined): string {
  return content?.txn === undefined ? '' : ` in ${content.txn}`;
}

function chunkOf(content: Content | undefined): string {
  const chunk = content?.chunk;
  return chunk === undefined ? '' : `, ${chunk.index + 1} of ${chunk.count} of ${chunk.uuid}`;
}

function who({ link, id }: { readonly link: number; readonly id: number }): string {
  return `c${link}/${id}`;
}

function at({ ledger, entry }: Position): string {
  return `${ledger}:${entry}`;
}

function short(topic: string): string {
  return topic.slice(topic.lastIndexOf('/') + 1);
}

function messages(list: readonly number[] | undefined): string {
  if (list === undefined) return 'nothing that was ever sent';
  return list.length > 2 ? `m${list[0]}..m${list.at(-1)}` : list.map((m) => `m${m}`).join(' ');
}

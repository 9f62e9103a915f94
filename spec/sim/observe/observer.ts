/** Turns what passes the broker's door into observations: who opened what, and what it means. */
import type { Command, CommandBodies } from '../../../src/wire/codec.ts';
import {
  AckType,
  KeySharedMode,
  type MessageIdData,
  ProducerAccessMode,
  SubType,
  TxnAction,
} from '../../../src/wire/messages.ts';
import type { Link, LinkWatcher } from '../world/network.ts';
import { Conversation, type Utterance } from './conversation.ts';
import { decodeContent, txnOf } from './entries.ts';
import type {
  Acked,
  ConsumerSeen,
  IdSeen,
  Observation,
  ProducerSeen,
  Sent,
} from './observation.ts';

/** What is known of one link. */
interface LinkSeen {
  readonly conversation: Conversation;
  readonly producers: Map<number, ProducerSeen>;
  readonly consumers: Map<number, ConsumerSeen>;
  /** Requests without an answer, and the consumer that each is about. */
  readonly asked: Map<number, Asked>;
  readonly acks: Map<number, Acked>;
  /** As CONNECT said. */
  version: string;
  takesNotes: boolean;
}

interface Asked {
  readonly command: Command;
  readonly consumer: ConsumerSeen | undefined;
  /** Whose end is asked for. */
  readonly producer: ProducerSeen | undefined;
}

export class Observer implements LinkWatcher {
  readonly #links = new Map<Link, LinkSeen>();
  readonly #see: (observation: Observation) => void;

  constructor(see: (observation: Observation) => void) {
    this.#see = see;
  }

  /** Begins to follow a link. */
  conversationOf(link: Link): Conversation {
    return this.#seen(link).conversation;
  }

  said(link: Link, bytes: Buffer): void {
    const seen = this.#seen(link);
    for (const utterance of seen.conversation.said(bytes)) {
      this.#see({ type: 'said', link: link.id, command: utterance.command });
      this.#brokerSaid(seen, utterance);
    }
  }

  took(link: Link, total: number): void {
    const seen = this.#seen(link);
    for (const { command, payload } of seen.conversation.took(total)) {
      this.#see({ type: 'heard', link: link.id, command });
      this.#clientSaid(seen, link.id, command, payload);
    }
  }

  over(link: Link): void {
    const seen = this.#links.get(link);
    for (const each of [...(seen?.producers.values() ?? [])]) this.#producerClosed(seen!, each);
    for (const each of [...(seen?.consumers.values() ?? [])]) this.#consumerClosed(seen!, each);
    this.#links.delete(link);
    this.#see({ type: 'unlinked', link: link.id });
  }

  #seen(link: Link): LinkSeen {
    let seen = this.#links.get(link);
    if (seen === undefined) {
      seen = {
        conversation: new Conversation(link),
        producers: new Map(),
        consumers: new Map(),
        asked: new Map(),
        acks: new Map(),
        version: '',
        takesNotes: false,
      };
      this.#links.set(link, seen);
      this.#see({ type: 'linked', link: link.id });
    }
    return seen;
  }

  #clientSaid(seen: LinkSeen, link: number, command: Command, payload: Buffer | undefined): void {
    const { body, name } = command;
    if ('request_id' in body && body.request_id !== undefined && name !== 'ACK') {
      const id = 'consumer_id' in body ? Number(body.consumer_id) : undefined;
      const consumer = id === undefined ? undefined : seen.consumers.get(id);
      const producer =
        name === 'CLOSE_PRODUCER' ? seen.producers.get(Number(body.producer_id)) : undefined;
      seen.asked.set(Number(body.request_id), { command, consumer, producer });
    }
    switch (name) {
      case 'CONNECT':
        seen.version = body.client_version;
        seen.takesNotes = body.feature_flags?.supports_broker_entry_metadata ?? false;
        break;
      case 'PRODUCER':
        seen.producers.set(Number(body.producer_id), {
          link,
          id: Number(body.producer_id),
          topic: body.topic,
          mode: nameOf(ProducerAccessMode, body.producer_access_mode ?? 0),
          requestId: Number(body.request_id),
          name: body.producer_name,
          isOpen: false,
          isClosing: false,
          waiting: [],
        });
        break;
      case 'SUBSCRIBE': {
        const consumer = consumerOf(link, body, seen);
        seen.consumers.set(consumer.id, consumer);
        this.#see({ type: 'subscribing', consumer });
        break;
      }
      case 'CLOSE_PRODUCER': {
        const producer = seen.producers.get(Number(body.producer_id));
        if (producer !== undefined) producer.isClosing = true;
        break;
      }
      case 'SEND': {
        const producer = seen.producers.get(Number(body.producer_id));
        if (producer === undefined || payload === undefined) break;
        const content = decodeContent(payload);
        const sequenceId = Number(body.sequence_id);
        producer.waiting.push({ sequenceId, content });
        this.#see({ type: 'sent', producer, sequenceId, content, bytes: payload });
        break;
      }
      case 'END_TXN':
        this.#see({ type: 'txn-ending', link, ...endOf(body) });
        break;
      default: {
        const id = 'consumer_id' in body ? Number(body.consumer_id) : undefined;
        const consumer = id === undefined ? undefined : seen.consumers.get(id);
        if (consumer !== undefined) this.#consumerSaid(seen, consumer, command);
      }
    }
  }

  #consumerSaid(seen: LinkSeen, consumer: ConsumerSeen, { name, body }: Command): void {
    switch (name) {
      case 'ACK': {
        const requestId = body.request_id === undefined ? undefined : Number(body.request_id);
        const isCumulative = body.ack_type === AckType.Cumulative;
        const ids = (body.message_id ?? []).map(idSeen);
        const txn = txnOf(body);
        const acked: Acked = { type: 'acked', consumer, ids, isCumulative, requestId, txn };
        if (requestId !== undefined) seen.acks.set(requestId, acked);
        this.#see(acked);
        break;
      }
      case 'FLOW':
        this.#see({ type: 'flow', consumer, permits: body.messagePermits });
        break;
      case 'REDELIVER_UNACKNOWLEDGED_MESSAGES': {
        const ids = body.message_ids ?? [];
        const named = ids.length > 0 ? ids.map(idSeen) : undefined;
        this.#see({ type: 'nacked', consumer, ids: named, epoch: number(body.consumer_epoch) });
        break;
      }
      case 'SEEK': {
        const to = body.message_id === undefined ? undefined : idSeen(body.message_id);
        this.#see({ type: 'seek', consumer, to, timeMs: number(body.message_publish_time) });
        break;
      }
      case 'CLOSE_CONSUMER':
        consumer.isClosing = true;
        this.#see({ type: 'consumer-closing', consumer });
        break;
      case 'UNSUBSCRIBE':
        consumer.isClosing = true;
        this.#see({ type: 'unsubscribing', consumer });
        break;
    }
  }

  #brokerSaid(seen: LinkSeen, utterance: Utterance): void {
    const { command } = utterance;
    const { name, body } = command;
    switch (name) {
      case 'PRODUCER_SUCCESS': {
        const asked = seen.asked.get(Number(body.request_id))?.command;
        if (asked?.name !== 'PRODUCER') break;
        const producer = seen.producers.get(Number(asked.body.producer_id));
        if (producer === undefined) break;
        const ready = body.producer_ready ?? true;
        producer.name = body.producer_name;
        producer.isOpen ||= ready;
        if (ready) seen.asked.delete(Number(body.request_id));
        const topicEpoch = number(body.topic_epoch);
        const lastSequenceId = Number(body.last_sequence_id ?? -1);
        this.#see({ type: 'producer-opened', producer, ready, lastSequenceId, topicEpoch });
        break;
      }
      case 'SEND_RECEIPT':
      case 'SEND_ERROR':
        this.#sendAnswered(seen, command);
        break;
      case 'MESSAGE':
        this.#delivered(seen, command, utterance);
        break;
      case 'ACK_RESPONSE': {
        const acked = seen.acks.get(Number(body.request_id));
        if (acked === undefined) break;
        seen.acks.delete(Number(body.request_id));
        this.#see({ type: 'ack-answered', acked, error: body.error });
        break;
      }
      case 'CLOSE_PRODUCER':
        this.#producerClosed(seen, seen.producers.get(Number(body.producer_id)));
        break;
      case 'CLOSE_CONSUMER':
        this.#consumerClosed(seen, seen.consumers.get(Number(body.consumer_id)));
        break;
      case 'ACTIVE_CONSUMER_CHANGE': {
        const consumer = seen.consumers.get(Number(body.consumer_id));
        if (consumer === undefined) break;
        this.#see({ type: 'active', consumer, active: body.is_active ?? false });
        break;
      }
      case 'REACHED_END_OF_TOPIC': {
        const consumer = seen.consumers.get(Number(body.consumer_id));
        if (consumer !== undefined) this.#see({ type: 'end-of-topic', consumer });
        break;
      }
      default:
        this.#answered(seen, command);
    }
  }

  #sendAnswered(
    seen: LinkSeen,
    command: Extract<Command, { readonly name: 'SEND_RECEIPT' | 'SEND_ERROR' }>,
  ): void {
    const producer = seen.producers.get(Number(command.body.producer_id));
    if (producer === undefined) return;
    const sequenceId = Number(command.body.sequence_id);
    const isReceipt = command.name === 'SEND_RECEIPT';
    // As in Pulsar, an error names the last message of a batch, a receipt the first.
    const idOf = ({ sequenceId: first, content }: Sent) =>
      isReceipt ? first : first + (content?.messages.length ?? 1) - 1;
    const at = producer.waiting.findIndex((each) => idOf(each) === sequenceId);
    const sent = at < 0 ? undefined : producer.waiting.splice(at, 1)[0];
    const isInTurn = at === 0;
    if (!isReceipt) {
      const { error } = command.body;
      this.#see({ type: 'send-error', producer, sequenceId, isInTurn, error });
      return;
    }
    const position = positionOf(command.body.message_id);
    this.#see({ type: 'receipt', producer, sequenceId, sent, isInTurn, position });
  }

  #delivered(
    seen: LinkSeen,
    { body }: Extract<Command, { readonly name: 'MESSAGE' }>,
    { payload, notes }: Utterance,
  ): void {
    const consumer = seen.consumers.get(Number(body.consumer_id));
    if (consumer === undefined || payload === undefined) return;
    this.#see({
      type: 'delivered',
      consumer,
      position: positionOf(body.message_id),
      redeliveries: body.redelivery_count ?? 0,
      ackSet: body.ack_set ?? [],
      epoch: number(body.consumer_epoch),
      content: decodeContent(payload),
      note: notes && { index: number(notes.index), timeMs: number(notes.broker_timestamp) },
      bytes: payload,
    });
  }

  #answered(seen: LinkSeen, { name, body }: Command): void {
    if (!('request_id' in body) || body.request_id === undefined) return;
    const request = seen.asked.get(Number(body.request_id));
    if (request === undefined) return;
    seen.asked.delete(Number(body.request_id));
    const { command: asked } = request;
    // One that a SUBSCRIBE made is known since, one that a SEEK closed is known no more.
    const consumer =
      asked.name === 'SUBSCRIBE'
        ? seen.consumers.get(Number(asked.body.consumer_id))
        : request.consumer;
    const ok = name !== 'ERROR';
    if (asked.name === 'CLOSE_PRODUCER' && ok) this.#producerClosed(seen, request.producer);
    if (asked.name === 'PRODUCER' && !ok) seen.producers.delete(Number(asked.body.producer_id));
    if (name === 'PARTITIONED_METADATA_RESPONSE' && asked.name === 'PARTITIONED_METADATA') {
      const count = body.error === undefined ? body.partitions : undefined;
      if (count !== undefined) this.#see({ type: 'partitions', topic: asked.body.topic, count });
    }
    const { id: link } = seen.conversation.link;
    if (name === 'NEW_TXN_RESPONSE' && asked.name === 'NEW_TXN') {
      const txn = body.error === undefined ? txnOf(body) : undefined;
      const timeoutMs = Number(asked.body.txn_ttl_millis ?? 0);
      if (txn !== undefined) this.#see({ type: 'txn-begun', link, txn, timeoutMs });
    } else if (asked.name === 'END_TXN') {
      const error = 'error' in body ? body.error : undefined;
      this.#see({ type: 'txn-answered', link, ...endOf(asked.body), error });
    }
    if (consumer === undefined) return;
    if (asked.name === 'SUBSCRIBE') this.#subscribeAnswered(seen, consumer, ok);
    else if (name === 'GET_LAST_MESSAGE_ID_RESPONSE') {
      this.#see({ type: 'last-id', consumer, position: positionOf(body.last_message_id) });
    } else if (asked.name === 'CLOSE_CONSUMER' && ok) this.#consumerClosed(seen, consumer);
    else if (asked.name === 'SEEK') this.#see({ type: 'sought', consumer, ok });
    else if (asked.name === 'UNSUBSCRIBE' && !ok) {
      consumer.isClosing = false;
      this.#see({ type: 'unsubscribe-refused', consumer });
    } else if (asked.name === 'UNSUBSCRIBE') {
      this.#see({ type: 'unsubscribed', consumer });
      this.#consumerClosed(seen, consumer);
    } else if (name === 'CONSUMER_STATS_RESPONSE' && body.error_code === undefined) {
      const { availablePermits, unackedMessages, msgBacklog } = body;
      this.#see({
        type: 'stats',
        consumer,
        permits: Number(BigInt.asIntN(64, BigInt(availablePermits ?? 0))),
        unacked: Number(unackedMessages ?? 0),
        backlog: Number(msgBacklog ?? 0),
      });
    }
  }

  #subscribeAnswered(seen: LinkSeen, consumer: ConsumerSeen, ok: boolean): void {
    if (!ok) {
      seen.consumers.delete(consumer.id);
      this.#see({ type: 'subscribe-refused', consumer });
      return;
    }
    consumer.isOpen = true;
    this.#see({ type: 'subscribed', consumer });
  }

  /** Whom the broker has closed already, while its client asked for it, may have a successor. */
  #producerClosed(seen: LinkSeen, producer: ProducerSeen | undefined): void {
    if (producer === undefined || seen.producers.get(producer.id) !== producer) return;
    producer.isOpen = false;
    seen.producers.delete(producer.id);
    this.#see({ type: 'producer-closed', producer });
  }

  #consumerClosed(seen: LinkSeen, consumer: ConsumerSeen | undefined): void {
    if (consumer === undefined || seen.consumers.get(consumer.id) !== consumer) return;
    consumer.isOpen = false;
    seen.consumers.delete(consumer.id);
    this.#see({ type: 'consumer-closed', consumer });
  }
}

function consumerOf(
  link: number,
  body: CommandBodies['SUBSCRIBE'],
  { version, takesNotes }: LinkSeen,
): ConsumerSeen {
  const { keySharedMeta: meta } = body;
  return {
    link,
    id: Number(body.consumer_id),
    topic: body.topic,
    subscription: body.subscription,
    type: nameOf(SubType, body.subType),
    durable: body.durable ?? true,
    requestId: Number(body.request_id),
    start: body.start_message_id && positionOf(body.start_message_id),
    epoch: number(body.consumer_epoch),
    keyShared: meta && {
      isSticky: meta.keySharedMode === KeySharedMode.STICKY,
      allowOutOfOrder: meta.allowOutOfOrderDelivery ?? false,
      ranges: (meta.hashRanges ?? []).map(({ start, end }) => [start, end] as const),
    },
    priority: body.priority_level ?? 0,
    readsCompacted: body.read_compacted ?? false,
    takesNotes,
    knowsEnd: version.startsWith('Pulsar-Java-v'),
    isOpen: false,
    isClosing: false,
  };
}

function endOf(body: CommandBodies['END_TXN']) {
  return { txn: txnOf(body) ?? '', commit: body.txn_action === TxnAction.COMMIT };
}

function idSeen(id: MessageIdData): IdSeen {
  return {
    ...positionOf(id),
    batchIndex: id.batch_index ?? -1,
    batchSize: id.batch_size,
    ackSet: id.ack_set === undefined || id.ack_set.length === 0 ? undefined : id.ack_set,
  };
}

/** The wire's unsigned -1 is -1 here. */
function positionOf(id: MessageIdData | undefined): { ledger: number; entry: number } {
  const signed = (value: number | bigint | undefined) =>
    typeof value === 'bigint' ? Number(BigInt.asIntN(64, value)) : (value ?? -1);
  return { ledger: signed(id?.ledgerId), entry: signed(id?.entryId) };
}

function number(value: number | bigint | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

function nameOf(names: Readonly<Record<string, number>>, value: number): string {
  return Object.keys(names).find((name) => names[name] === value) ?? String(value);
}

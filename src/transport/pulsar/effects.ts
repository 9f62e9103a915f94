/** Effects of actors -> frames of one connection, and what they change in its session. */
import type {
  AckAnswered,
  ActiveConsumer,
  Deliver,
  Effect,
  LastMessageId,
  ProducerOpened,
  Subscribed,
} from '../../actors/ports.ts';
import { refuse } from '../../base/errors.ts';
import type { Long } from '../../base/long.ts';
import { readEntryMetadata } from '../../wire/metadata.ts';
import { consumerClosed } from './consumer-closed.ts';
import { Delivery } from './delivery.ts';
import { producerClosed } from './producer-closed.ts';
import { answerRefusal } from './refusals.ts';
import type { Session } from './session.ts';
import { serverErrorOf } from './translate.ts';

export function applyEffect(session: Session, effect: Effect): void {
  switch (effect.type) {
    case 'published':
      session.publishing.published(effect);
      break;
    case 'deliver':
      deliver(session, effect);
      break;
    case 'subscribed':
      subscribed(session, effect);
      break;
    case 'refused':
      answerRefusal(session, effect);
      break;
    case 'publish-refused':
      session.publishing.refused(effect);
      break;
    case 'publish-window':
      session.publishing.windowMoved(effect);
      break;
    default:
      if (session.state !== 'closed') applyNotice(session, effect);
  }
}

type Immediate =
  | 'published'
  | 'deliver'
  | 'subscribed'
  | 'refused'
  | 'publish-refused'
  | 'publish-window';

/** Those of which a closed session need not hear. */
function applyNotice(
  session: Session,
  effect: Exclude<Effect, { readonly type: Immediate }>,
): void {
  const { outbox } = session;
  switch (effect.type) {
    case 'producer-opened':
      producerOpened(session, effect);
      break;
    case 'producer-closed':
      producerClosed(session, effect.producerId);
      break;
    case 'active-consumer':
      activeConsumer(session, effect);
      break;
    case 'consumer-closed':
      consumerClosed(session, effect.consumerId);
      break;
    case 'end-of-topic':
      outbox.command('REACHED_END_OF_TOPIC', { consumer_id: effect.consumerId });
      break;
    case 'ack-answered':
      ackAnswered(session, effect);
      break;
    case 'last-message-id':
      lastMessageId(session, effect);
      break;
    case 'done':
      done(session, effect.requestId);
      break;
  }
}

/** Reused for every MESSAGE. */
const delivery = new Delivery();

function deliver(session: Session, effect: Deliver): void {
  const consumer = session.consumers.get(effect.consumerId);
  if (consumer === undefined) return;
  delivery.write(session.outbox, consumer, effect, session.takesBrokerEntries);
}

function producerOpened(session: Session, effect: ProducerOpened): void {
  const { requestId, producerId, name, lastSequenceId, topicEpoch, ready } = effect;
  const request = session.requests.get(requestId);
  if (request?.kind !== 'open-producer') return;
  const { producer } = request;
  if (ready) session.requests.settle(requestId);
  if (session.producers.get(producerId) !== producer) return;
  producer.name = name;
  if (!ready) session.requests.park(request);
  if (producer.state !== 'closing') producer.state = ready ? 'open' : 'waiting';
  session.outbox.command('PRODUCER_SUCCESS', {
    request_id: requestId,
    producer_name: name,
    last_sequence_id: lastSequenceId,
    schema_version: producer.schemaVersion,
    topic_epoch: topicEpoch,
    producer_ready: ready,
  });
}

function subscribed(session: Session, { requestId, actor }: Subscribed): void {
  const request = session.requests.settle(requestId);
  if (request?.kind !== 'open-consumer') return;
  const { consumer } = request;
  consumer.actor = session.context.broker.ref(actor);
  if (consumer.abandoned) {
    session.tell(consumer.actor, { type: 'remove-consumer', key: consumer.key });
    if (session.state === 'closed') return;
    session.forgetConsumer(consumer);
    session.refuse(requestId, CLOSED_EARLY);
    return;
  }
  consumer.state = 'open';
  session.succeed(requestId);
  if (consumer.earlyPermits > 0) {
    const { key, earlyPermits: permits } = consumer;
    consumer.earlyPermits = 0;
    session.tell(consumer.actor, { type: 'flow', key, permits });
  }
  session.tellCongestion();
}

const CLOSED_EARLY = refuse(
  'service-not-ready',
  'The consumer was closed before it was subscribed',
);

function activeConsumer(session: Session, { consumerId, active, change }: ActiveConsumer): void {
  const consumer = session.consumers.get(consumerId);
  if (consumer === undefined || change < consumer.activeChange) return;
  consumer.activeChange = change;
  session.outbox.command('ACTIVE_CONSUMER_CHANGE', {
    consumer_id: consumerId,
    is_active: active,
  });
}

function ackAnswered(session: Session, { consumerId, requestId, refusal }: AckAnswered): void {
  const answer = { consumer_id: consumerId, request_id: requestId };
  if (refusal === undefined) session.outbox.command('ACK_RESPONSE', answer);
  else {
    const { code, message } = refusal;
    session.outbox.command('ACK_RESPONSE', { ...answer, error: serverErrorOf(code), message });
  }
}

function done(session: Session, requestId: Long): void {
  const request = session.requests.settle(requestId);
  if (request === undefined) return;
  if (request.kind === 'close-producer') session.forgetProducer(request.producer);
  else if (request.kind === 'close-consumer' || request.kind === 'unsubscribe') {
    session.forgetConsumer(request.consumer);
  }
  session.succeed(requestId);
}

function lastMessageId(session: Session, effect: LastMessageId): void {
  const { requestId, last, markDelete, entry } = effect;
  const request = session.requests.settle(requestId);
  if (request?.kind !== 'last-message-id') return;
  const isEmpty = last.entryId < 0;
  session.outbox.command('GET_LAST_MESSAGE_ID_RESPONSE', {
    request_id: requestId,
    last_message_id: {
      ledgerId: isEmpty ? -1 : last.ledgerId,
      entryId: isEmpty ? -1 : last.entryId,
      partition: request.consumer.topic.partition,
      batch_index: effect.batchIndex ?? lastIndexOf(entry),
    },
    consumer_mark_delete_position: markDelete.ledgerId < 0 ? undefined : { ...markDelete },
  });
}

/** The batch index of the entry's last message, -1 where the entry is no batch. */
function lastIndexOf(entry: Buffer | undefined): number {
  if (entry === undefined) return -1;
  const { isBatch, numMessages } = readEntryMetadata(entry, 0, entry.length);
  return isBatch ? numMessages - 1 : -1;
}

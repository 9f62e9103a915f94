/** CONSUMER_STATS: what the broker knows of one consumer. */
import type { ConsumerView } from '../../../actors/views.ts';
import { BrokerError } from '../../../base/errors.ts';
import { type CommandConsumerStats, ServerError } from '../../../wire/messages.ts';
import type { Consumer } from '../handles.ts';
import type { Session } from '../session.ts';
import { serverErrorOf } from '../translate.ts';

export function consumerStats(session: Session, command: CommandConsumerStats): void {
  const request_id = command.request_id;
  const consumer = session.consumers.get(command.consumer_id);
  const failed = (error_code: ServerError, error_message: string): void =>
    session.outbox.command('CONSUMER_STATS_RESPONSE', { request_id, error_code, error_message });
  let found: ReturnType<typeof viewsOf>;
  try {
    found = consumer === undefined ? undefined : viewsOf(session, consumer);
  } catch (error) {
    // A broker that ends or recovers has no actors.
    if (!(error instanceof BrokerError)) throw error;
    failed(serverErrorOf(error.code), error.message);
    return;
  }
  if (found === undefined) {
    failed(ServerError.ConsumerNotFound, 'Consumer not found');
    return;
  }
  const { view, type, backlogEntries, rates } = found;
  const own = rates.consumer(view);
  session.outbox.command('CONSUMER_STATS_RESPONSE', {
    request_id,
    msgRateOut: own.out.messages,
    msgThroughputOut: own.out.bytes,
    msgRateRedeliver: own.redelivered,
    msgRateExpired: rates.expired,
    messageAckRate: own.acked,
    consumerName: view.name,
    availablePermits: view.permits,
    unackedMessages: view.unacked,
    blockedConsumerOnUnackedMsgs: view.blocked,
    address: view.address,
    connectedSince: new Date(view.connectedAtMs).toISOString(),
    type,
    msgBacklog: backlogEntries,
  });
}

function viewsOf(session: Session, consumer: Consumer) {
  const { broker, rates: all } = session.context;
  const { topic, subscription } = consumer;
  const subscribed = broker.subscriptionView(topic, subscription);
  const isThis = (view: ConsumerView): boolean =>
    view.consumerId === consumer.id && view.address === session.address;
  const view = subscribed?.consumers.find(isThis);
  if (view === undefined) return undefined;
  const backlogEntries = broker.cursorView(topic, subscription)?.backlogEntries ?? 0;
  const rates = all.of(topic.full).subscription(subscription);
  return { view, type: subscribed?.type, backlogEntries, rates };
}

/** CONSUMER_STATS: what the broker knows of one consumer; rates are not sampled here. */
import type { ConsumerView } from '../../../actors/views.ts';
import { type CommandConsumerStats, ServerError } from '../../../wire/messages.ts';
import type { Consumer } from '../handles.ts';
import type { Session } from '../session.ts';

export function consumerStats(session: Session, command: CommandConsumerStats): void {
  const requestId = command.request_id;
  const consumer = session.consumers.get(command.consumer_id);
  const found = consumer === undefined ? undefined : viewsOf(session, consumer);
  if (found === undefined) {
    session.outbox.command('CONSUMER_STATS_RESPONSE', {
      request_id: requestId,
      error_code: ServerError.ConsumerNotFound,
      error_message: 'Consumer not found',
    });
    return;
  }
  const { view, type, backlogEntries } = found;
  session.outbox.command('CONSUMER_STATS_RESPONSE', {
    request_id: requestId,
    ...NO_RATES,
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

/** C++ reads them whether they are there or not; other tools show what they find. */
const NO_RATES = {
  msgRateOut: 0,
  msgThroughputOut: 0,
  msgRateRedeliver: 0,
  msgRateExpired: 0,
  messageAckRate: 0,
} as const;

function viewsOf(session: Session, consumer: Consumer) {
  const { broker } = session.context;
  const { topic, subscription } = consumer;
  const subscribed = broker.subscriptionView(topic, subscription);
  const isThis = (view: ConsumerView): boolean =>
    view.consumerId === consumer.id && view.address === session.address;
  const view = subscribed?.consumers.find(isThis);
  if (view === undefined) return undefined;
  const backlogEntries = broker.cursorView(topic, subscription)?.backlogEntries ?? 0;
  return { view, type: subscribed?.type, backlogEntries };
}

/** What requests about transactions name: a transaction, a coordinator, a topic, a subscription. */
import type { Broker } from '../../../actors/broker.ts';
import { type TxnId, txnId } from '../../../actors/txn-id.ts';
import type { CursorView, TopicView } from '../../../actors/views.ts';
import { BrokerError } from '../../../base/errors.ts';
import type { TopicName } from '../../../base/topic-name.ts';
import { type Call, type Handler, wholeParam, wholeText } from '../call.ts';

/** Registers a handler below `/admin/v3/transactions`, which is asked where there are any. */
export type On = (method: 'GET' | 'POST', path: string, handler: Handler) => void;

export const TOPIC = ':tenant/:namespace/:topic';
export const TXN = ':mostSigBits/:leastSigBits';

export function txnOf(call: Call): TxnId {
  return txnId(wholeParam(call, 'mostSigBits'), wholeParam(call, 'leastSigBits'));
}

/** Throws `coordinator-not-found`. */
export function requireCoordinator({ transactions }: Broker, id: string): number {
  const number = wholeText(id);
  if (transactions.has(number)) return number;
  const message = `Transaction coordinator not found! coordinator id : ${id}`;
  throw new BrokerError('coordinator-not-found', message);
}

/** Throws `topic-not-found`, in the words that Pulsar has for topics here. */
export function requireTopic(broker: Broker, name: TopicName): TopicView {
  const view = broker.topicView(name);
  if (view !== undefined) return view;
  throw new BrokerError('topic-not-found', `Topic not found ${name.full}`);
}

/** Throws `topic-not-found`, `subscription-not-found`. */
export function requireCursor(broker: Broker, name: TopicName, subscription: string): CursorView {
  requireTopic(broker, name);
  const cursor = broker.cursorView(name, subscription);
  if (cursor !== undefined) return cursor;
  const message = `${name.full} not found subscription : ${subscription}`;
  throw new BrokerError('subscription-not-found', message);
}

/** Checks that several handlers make of what a client may have and has. */
import type { ActorRef } from '../../actors/broker.ts';
import { BrokerError, refuse } from '../../base/errors.ts';
import type { Long } from '../../base/long.ts';
import type { Consumer } from './handles.ts';
import type { Session } from './session.ts';

/** Throws `not-allowed` when the connection has all the producers and consumers it may have. */
export function checkRoom(session: Session): void {
  const { maxHandlesPerConnection } = session.context.options;
  const { producers, consumers, watchers } = session;
  if (producers.size + consumers.size + watchers.size < maxHandlesPerConnection) return;
  throw new BrokerError(
    'not-allowed',
    `This connection has ${maxHandlesPerConnection} producers and consumers: open another one`,
  );
}

/** A consumer whose subscription can be told something; otherwise the request is refused here. */
export function openConsumer(
  session: Session,
  id: Long,
  requestId: Long,
): { readonly consumer: Consumer; readonly actor: ActorRef } | undefined {
  const consumer = session.consumers.get(id);
  if (consumer?.actor !== undefined) return { consumer, actor: consumer.actor };
  session.refuse(requestId, NO_CONSUMER);
  return undefined;
}

const NO_CONSUMER = refuse('consumer-not-found', 'Consumer not found');

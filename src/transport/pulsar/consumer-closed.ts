/** The broker lets go of a consumer: its client hears CLOSE_CONSUMER, and may subscribe again. */
import type { Long } from '../../base/long.ts';
import { MINUS_ONE } from '../../wire/long.ts';
import type { Session } from './session.ts';

/** Protocol version that brought CLOSE_PRODUCER and CLOSE_CONSUMER to clients. */
export const CLOSE_COMMANDS_FROM = 5;

/** A client that asked for the end itself gets SUCCESS and nothing else. */
export function consumerClosed(session: Session, consumerId: Long): void {
  const consumer = session.consumers.get(consumerId);
  if (consumer === undefined) return;
  if (consumer.state === 'closing') {
    // Its client is about to hear that of its own request, unless that is refused.
    consumer.isGone = true;
    return;
  }
  session.forgetConsumer(consumer);
  if (session.protocolVersion < CLOSE_COMMANDS_FROM) {
    session.link.close('the client knows no CLOSE_CONSUMER');
    return;
  }
  session.outbox.command('CLOSE_CONSUMER', { consumer_id: consumerId, request_id: MINUS_ONE });
}

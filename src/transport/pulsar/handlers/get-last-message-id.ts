/** GET_LAST_MESSAGE_ID: where the topic ends, and how far the consumer's subscription is. */
import type { CommandGetLastMessageId } from '../../../wire/messages.ts';
import { openConsumer } from '../room.ts';
import type { Session } from '../session.ts';

export function getLastMessageId(session: Session, command: CommandGetLastMessageId): void {
  const { request_id: requestId, consumer_id: id } = command;
  const found = openConsumer(session, id, requestId);
  if (found === undefined) return;
  const { consumer } = found;
  session.begin(requestId, { kind: 'last-message-id', consumer });
  session.tell(consumer.topicRef, {
    type: 'get-last-message-id',
    reply: { recipient: session, requestId },
    subscription: consumer.subscription,
    readCompacted: consumer.readCompacted,
  });
}

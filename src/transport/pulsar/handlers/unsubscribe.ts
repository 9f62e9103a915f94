/** UNSUBSCRIBE: closes the consumer and deletes the subscription. */
import type { CommandUnsubscribe } from '../../../wire/messages.ts';
import { openConsumer } from '../room.ts';
import type { Session } from '../session.ts';

export function unsubscribe(session: Session, command: CommandUnsubscribe): void {
  const { request_id: requestId, consumer_id: id } = command;
  const found = openConsumer(session, id, requestId);
  if (found === undefined) return;
  const { consumer, actor } = found;
  session.begin(requestId, { kind: 'unsubscribe', consumer });
  consumer.state = 'closing';
  session.tell(actor, {
    type: 'unsubscribe',
    key: consumer.key,
    reply: { recipient: session, requestId },
    force: command.force ?? false,
  });
}

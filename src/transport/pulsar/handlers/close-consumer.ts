/** CLOSE_CONSUMER: what the consumer has not acknowledged goes to others. */
import type { CommandCloseConsumer } from '../../../wire/messages.ts';
import type { Session } from '../session.ts';

export function closeConsumer(session: Session, command: CommandCloseConsumer): void {
  const { consumer_id: id, request_id: requestId } = command;
  const consumer = session.consumers.get(id);
  if (consumer?.actor === undefined) {
    if (consumer !== undefined) consumer.abandoned = true;
    session.succeed(requestId);
    return;
  }
  session.begin(requestId, { kind: 'close-consumer', consumer });
  consumer.state = 'closing';
  session.tell(consumer.actor, {
    type: 'remove-consumer',
    key: consumer.key,
    reply: { recipient: session, requestId },
  });
}

/** CLOSE_PRODUCER: answered once what the producer has sent is stored. */
import type { CommandCloseProducer } from '../../../wire/messages.ts';
import type { Session } from '../session.ts';

export function closeProducer(session: Session, command: CommandCloseProducer): void {
  const { producer_id: id, request_id: requestId } = command;
  const producer = session.producers.get(id);
  if (producer === undefined) {
    session.succeed(requestId);
    return;
  }
  session.begin(requestId, { kind: 'close-producer', producer });
  producer.state = 'closing';
  session.tell(producer.ref, {
    type: 'remove-producer',
    key: producer.key,
    reply: { recipient: session, requestId },
  });
}

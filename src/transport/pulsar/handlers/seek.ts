/**
 * SEEK: moves the cursor. The id names the next entry to deliver; a client that wants the one after
 * drops the first itself. The subscription closes its consumers, then answers.
 */
import type { SeekTarget } from '../../../actors/subscription/commands.ts';
import { refuse } from '../../../base/errors.ts';
import type { CommandSeek } from '../../../wire/messages.ts';
import { openConsumer } from '../room.ts';
import type { Session } from '../session.ts';
import { ackSetOf, positionOf } from '../translate.ts';

export function seek(session: Session, command: CommandSeek): void {
  const { request_id: requestId, consumer_id: id } = command;
  const found = openConsumer(session, id, requestId);
  if (found === undefined) return;
  const target = targetOf(command);
  if (target === undefined) {
    session.refuse(requestId, NO_TARGET);
    return;
  }
  const { consumer, actor } = found;
  session.begin(requestId, { kind: 'seek', consumer });
  session.tell(actor, {
    type: 'seek',
    key: consumer.key,
    reply: { recipient: session, requestId },
    target,
  });
}

const NO_TARGET = refuse('metadata', 'Message id and message publish time were not present');

function targetOf(command: CommandSeek): SeekTarget | undefined {
  const { message_id: id, message_publish_time: timeMs } = command;
  if (id !== undefined) {
    const position = positionOf(id.ledgerId, id.entryId);
    const ackSet = ackSetOf(id.ack_set);
    return { kind: 'position', position, ...(ackSet === undefined ? {} : { ackSet }) };
  }
  return timeMs === undefined ? undefined : { kind: 'time', publishTimeMs: Number(timeMs) };
}

/** REDELIVER_UNACKNOWLEDGED_MESSAGES: what the client gave up on comes again. Has no answer. */
import type { CommandRedeliverUnacknowledgedMessages } from '../../../wire/messages.ts';
import type { Session } from '../session.ts';
import { positionOf } from '../translate.ts';

export function redeliver(session: Session, command: CommandRedeliverUnacknowledgedMessages): void {
  const consumer = session.consumers.get(command.consumer_id);
  if (consumer?.actor === undefined) return;
  session.tell(consumer.actor, {
    type: 'redeliver',
    key: consumer.key,
    positions: (command.message_ids ?? []).map((id) => positionOf(id.ledgerId, id.entryId)),
    consumerEpoch: command.consumer_epoch,
  });
}

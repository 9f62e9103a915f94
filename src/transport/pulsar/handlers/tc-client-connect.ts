/** TC_CLIENT_CONNECT_REQUEST: a client is about to speak to one of the coordinators. */
import { COORDINATORS } from '../../../base/system-topics.ts';
import { partitionName } from '../../../base/topic-name.ts';
import { type CommandTcClientConnectRequest, ServerError } from '../../../wire/messages.ts';
import type { Session } from '../session.ts';
import { NOT_ENABLED } from '../transactions.ts';

export function tcClientConnect(session: Session, command: CommandTcClientConnectRequest): void {
  const { request_id: requestId, tc_id: id } = command;
  const { transactions } = session.context.broker;
  if (!transactions.isEnabled) {
    session.refuse(requestId, NOT_ENABLED);
    return;
  }
  const topic = partitionName(COORDINATORS, Number(id));
  const message = `Namespace bundle for topic (${topic}) not served here. Please redo the lookup.`;
  session.outbox.command('TC_CLIENT_CONNECT_RESPONSE', {
    request_id: requestId,
    ...(transactions.has(Number(id)) ? {} : { error: ServerError.ServiceNotReady, message }),
  });
}

/** TC_CLIENT_CONNECT_REQUEST: a client is about to speak to one of the coordinators. */
import { BrokerError } from '../../../base/errors.ts';
import { COORDINATORS } from '../../../base/system-topics.ts';
import { partitionName } from '../../../base/topic-name.ts';
import type { CommandTcClientConnectRequest } from '../../../wire/messages.ts';
import type { Session } from '../session.ts';
import { askCoordinator } from '../transactions.ts';
import { serverErrorOf } from '../translate.ts';

export function tcClientConnect(session: Session, command: CommandTcClientConnectRequest): void {
  const { request_id, tc_id: id } = command;
  const { transactions } = session.context.broker;
  askCoordinator(session, request_id, {
    ask: async () => {
      if (transactions.has(Number(id))) return;
      const topic = partitionName(COORDINATORS, Number(id));
      throw new BrokerError(
        'service-not-ready',
        `Namespace bundle for topic (${topic}) not served here. Please redo the lookup.`,
      );
    },
    done: () => session.outbox.command('TC_CLIENT_CONNECT_RESPONSE', { request_id }),
    failed: ({ code, message }) => {
      const error = serverErrorOf(code);
      session.outbox.command('TC_CLIENT_CONNECT_RESPONSE', { request_id, error, message });
    },
  });
}

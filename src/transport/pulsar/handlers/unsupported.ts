/**
 * Commands that this broker does not act on: scalable topics, and what only brokers may say.
 * Whoever waits for an answer is told so; whoever does not speak as a client is cut off.
 */
import type { Command } from '../../../wire/codec.ts';
import { ServerError } from '../../../wire/messages.ts';
import type { Session } from '../session.ts';
import { violation } from '../translate.ts';

export function unsupported(session: Session, command: Command): void {
  const { outbox } = session;
  switch (command.name) {
    case 'SCALABLE_TOPIC_SUBSCRIBE':
      outbox.command('SCALABLE_TOPIC_SUBSCRIBE_RESPONSE', {
        request_id: command.body.request_id,
        ...NOT_ALLOWED,
      });
      break;
    case 'SCALABLE_TOPIC_LOOKUP':
      outbox.command('SCALABLE_TOPIC_UPDATE', {
        session_id: command.body.session_id,
        ...NOT_ALLOWED,
      });
      break;
    case 'WATCH_SCALABLE_TOPICS':
      outbox.command('WATCH_SCALABLE_TOPICS_UPDATE', {
        watch_id: command.body.watch_id,
        ...NOT_ALLOWED,
      });
      break;
    case 'WATCH_TC_ASSIGNMENTS':
      outbox.command('WATCH_TC_ASSIGNMENTS_UPDATE', {
        watch_id: command.body.watch_id,
        ...NOT_ALLOWED,
      });
      break;
    case 'SCALABLE_TOPIC_CLOSE':
    case 'WATCH_SCALABLE_TOPICS_CLOSE':
    case 'WATCH_TC_ASSIGNMENTS_CLOSE':
      break;
    default:
      throw violation(`${command.name} from a client`);
  }
}

const NOT_ALLOWED = {
  error: ServerError.NotAllowedError,
  message: 'This broker does not have this command',
} as const;

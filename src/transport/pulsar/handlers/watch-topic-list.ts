/** WATCH_TOPIC_LIST: not announced, so nobody should ask; who is refused polls instead. */
import { refuse } from '../../../base/errors.ts';
import type { CommandWatchTopicList, CommandWatchTopicListClose } from '../../../wire/messages.ts';
import type { Session } from '../session.ts';

export function watchTopicList(session: Session, command: CommandWatchTopicList): void {
  session.refuse(command.request_id, DISABLED);
}

const DISABLED = refuse('not-allowed', 'Watching topic lists is disabled on this broker');

/** There is nothing to close, which is what the client wants. */
export function watchTopicListClose(session: Session, command: CommandWatchTopicListClose): void {
  session.succeed(command.request_id);
}

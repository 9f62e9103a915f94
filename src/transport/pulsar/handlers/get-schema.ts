/** GET_SCHEMA: no topic has a schema yet. The answer is typed: C++ does not match a plain ERROR. */
import { parseTopicName } from '../../../base/topic-name.ts';
import { type CommandGetSchema, ServerError } from '../../../wire/messages.ts';
import type { Session } from '../session.ts';
import { INVALID_NAME, refusalOf, serverErrorOf } from '../translate.ts';

export function getSchema(session: Session, command: CommandGetSchema): void {
  session.outbox.command('GET_SCHEMA_RESPONSE', {
    request_id: command.request_id,
    ...errorOf(command.topic),
  });
}

function errorOf(topic: string) {
  try {
    const { full } = parseTopicName(topic);
    return {
      error_code: ServerError.TopicNotFound,
      error_message: `Topic not found or no-schema ${full}`,
    };
  } catch (error) {
    const { code, message } = refusalOf(error);
    return { error_code: serverErrorOf(code), error_message: message.replace(INVALID_NAME, '') };
  }
}

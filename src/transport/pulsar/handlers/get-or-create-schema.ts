/**
 * GET_OR_CREATE_SCHEMA: schemas are not registered yet. The empty version tells Java and Go to send
 * their messages without one; an error would fail each message of a producer with several schemas.
 */
import type { CommandGetOrCreateSchema } from '../../../wire/messages.ts';
import type { Session } from '../session.ts';
import { NO_SCHEMA } from '../translate.ts';

export function getOrCreateSchema(session: Session, command: CommandGetOrCreateSchema): void {
  session.outbox.command('GET_OR_CREATE_SCHEMA_RESPONSE', {
    request_id: command.request_id,
    schema_version: NO_SCHEMA,
  });
}

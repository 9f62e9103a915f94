/**
 * GET_SCHEMA: the newest schema of a topic, or that of a version. Failures go inside the answer:
 * C++ does not match a plain ERROR.
 */
import { BrokerError } from '../../../base/errors.ts';
import { parseTopicName } from '../../../base/topic-name.ts';
import type { CommandGetSchema } from '../../../wire/messages.ts';
import { versionBytes, wireSchemaOf } from '../schemas.ts';
import type { Session } from '../session.ts';
import { INVALID_NAME, refusalOf, serverErrorOf } from '../translate.ts';

export function getSchema(session: Session, command: CommandGetSchema): void {
  session.outbox.command('GET_SCHEMA_RESPONSE', {
    request_id: command.request_id,
    ...answerTo(session, command),
  });
}

function answerTo(session: Session, { topic, schema_version: version }: CommandGetSchema) {
  try {
    const name = parseTopicName(topic);
    const { schemas } = session.context.broker;
    const found = schemas.find(name, version === undefined ? undefined : versionOf(version));
    if (found === undefined) {
      const message = `Topic not found or no-schema ${topic}`;
      throw new BrokerError('topic-not-found', message);
    }
    return {
      schema: wireSchemaOf(name, found),
      schema_version: versionBytes(found.version),
    };
  } catch (error) {
    const { code, message } = refusalOf(error);
    if (code === 'unknown') session.log.error('a schema could not be told', { error });
    return { error_code: serverErrorOf(code), error_message: message.replace(INVALID_NAME, '') };
  }
}

function versionOf(bytes: Uint8Array): number {
  if (bytes.length === 0) throw new BrokerError('incompatible-schema', 'Empty schema version');
  if (bytes.length !== 8) {
    throw new BrokerError('incompatible-schema', 'A schema version has 8 bytes');
  }
  return Number(Buffer.from(bytes).readBigInt64BE(0));
}

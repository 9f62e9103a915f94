/**
 * GET_SCHEMA: the newest schema of a topic, or that of a version. Failures go inside the answer:
 * C++ does not match a plain ERROR.
 */
import type { Schemas } from '../../../actors/schema/registry.ts';
import { BrokerError } from '../../../base/errors.ts';
import { parseTopicName } from '../../../base/topic-name.ts';
import type { CommandGetSchema } from '../../../wire/messages.ts';
import { durably } from '../../durably.ts';
import { versionBytes, wireSchemaOf } from '../schemas.ts';
import type { Session } from '../session.ts';
import { INVALID_NAME, refusalOf, serverErrorOf } from '../translate.ts';

export function getSchema(session: Session, command: CommandGetSchema): void {
  const requestId = command.request_id;
  session.begin(requestId, { kind: 'lookup' });
  const { broker } = session.context;
  const answer = (fields: object): void => {
    session.requests.settle(requestId);
    session.outbox.command('GET_SCHEMA_RESPONSE', { request_id: requestId, ...fields });
    session.flush();
  };
  const fail = (error: unknown): void => {
    const { code, message } = refusalOf(error);
    if (code === 'unknown') session.log.error('a schema could not be told', { error });
    answer({ error_code: serverErrorOf(code), error_message: message.replace(INVALID_NAME, '') });
  };
  durably(broker, () => schemaOf(broker.schemas, command)).then(answer, fail);
}

function schemaOf(
  schemas: Pick<Schemas, 'find'>,
  { topic, schema_version: version }: CommandGetSchema,
) {
  const name = parseTopicName(topic);
  const found = schemas.find(name, version === undefined ? undefined : versionOf(version));
  if (found === undefined) {
    throw new BrokerError('topic-not-found', `Topic not found or no-schema ${topic}`);
  }
  return { schema: wireSchemaOf(name, found), schema_version: versionBytes(found.version) };
}

function versionOf(bytes: Uint8Array): number {
  if (bytes.length === 0) throw new BrokerError('incompatible-schema', 'Empty schema version');
  if (bytes.length !== 8) {
    throw new BrokerError('incompatible-schema', 'A schema version has 8 bytes');
  }
  return Number(Buffer.from(bytes).readBigInt64BE(0));
}

/** GET_OR_CREATE_SCHEMA: how a producer with several schemas gets the version of each. */
import { BrokerError } from '../../../base/errors.ts';
import { parseTopicName } from '../../../base/topic-name.ts';
import type { CommandGetOrCreateSchema } from '../../../wire/messages.ts';
import { doerOf } from '../../auth/identity.ts';
import { durably } from '../../durably.ts';
import { producerRefusal, schemaOf, versionBytes } from '../schemas.ts';
import type { Session } from '../session.ts';
import { NO_SCHEMA, serverErrorOf } from '../translate.ts';

export function getOrCreateSchema(session: Session, command: CommandGetOrCreateSchema): void {
  const requestId = command.request_id;
  session.begin(requestId, { kind: 'lookup' });
  const answer = (fields: object): void => {
    session.requests.settle(requestId);
    session.outbox.command('GET_OR_CREATE_SCHEMA_RESPONSE', { request_id: requestId, ...fields });
    session.flush();
  };
  durably(session.context.broker, () => versionOf(session, command)).then(
    (schema_version) => answer({ schema_version }),
    (error) => {
      const { code, message } = producerRefusal(session, error);
      answer({ error_code: serverErrorOf(code), error_message: message });
    },
  );
}

async function versionOf(session: Session, command: CommandGetOrCreateSchema): Promise<Buffer> {
  const name = parseTopicName(command.topic);
  const { broker } = session.context;
  if (broker.topicView(name) === undefined) {
    throw new BrokerError('topic-not-found', `Topic not found ${name.full}`);
  }
  const schema = schemaOf(command.schema);
  return schema === undefined
    ? NO_SCHEMA
    : versionBytes(await broker.schemas.register(name, schema, doerOf(session.identity)));
}

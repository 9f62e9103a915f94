/** Schemas of the wire <-> those of the registry, and requests that wait for it. */
import { KIND, type Schema, type StoredSchema } from '../../actors/schema/schema.ts';
import { BrokerError, type Refusal, refuse } from '../../base/errors.ts';
import type { TopicName } from '../../base/topic-name.ts';
import type { Message, SchemaType } from '../../wire/messages.ts';
import { doerOf } from '../auth/identity.ts';
import { conclude, concludeDurably, isWanted } from './refusals.ts';
import type { OpenConsumer, OpenProducer } from './requests.ts';
import type { Session } from './session.ts';
import { recordOf, refusalOf } from './translate.ts';

type WireSchema = Message<'Schema'>;

/** What the client means to use; undefined where it takes what there is, or has none. */
export function schemaOf(schema: WireSchema | undefined): Schema | undefined {
  if (schema === undefined || takesAny(schema)) return undefined;
  return {
    kind: schema.type,
    definition: Buffer.from(schema.schema_data).toString('latin1'),
    properties: recordOf(schema.properties),
  };
}

export function takesAny(schema: WireSchema | undefined): boolean {
  return schema?.type === KIND.autoConsume;
}

/** A deletion is shown as a schema of type NONE. */
export function wireSchemaOf(name: TopicName, stored: StoredSchema): WireSchema {
  const { kind, definition, properties } = stored;
  const local = name.base.slice(name.base.lastIndexOf('/') + 1);
  return {
    name: `${name.namespace}/${encodeURIComponent(local)}`,
    schema_data: Buffer.from(definition, 'latin1'),
    type: kind as SchemaType,
    properties: Object.entries(properties).map(([key, value]) => ({ key, value })),
  };
}

/** Eight bytes, big-endian. */
export function versionBytes(version: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(version));
  return bytes;
}

/** Opens a producer that has no schema, unless its topic's policies want one. */
export function openBare(session: Session, { producer, command }: OpenProducer): void {
  try {
    session.context.broker.schemas.admitBareProducer(producer.topic);
  } catch (error) {
    concludeDurably(session, producer.requestId, producerRefusal(session, error));
    return;
  }
  session.tell(producer.ref, command);
}

/** Opens the producer once its schema has a version. */
export function openWithSchema(session: Session, request: OpenProducer, schema: Schema): void {
  const { producer, command } = request;
  const { schemas } = session.context.broker;
  const registered = (version: number): void => {
    if (!isWanted(session, request)) return;
    producer.schemaVersion = versionBytes(version);
    session.tell(producer.ref, command);
    session.flush();
  };
  const failed = (error: unknown): void => {
    const refusal = producerRefusal(session, error);
    if (isWanted(session, request)) conclude(session, producer.requestId, refusal);
    session.flush();
  };
  schemas.register(producer.topic, schema, doerOf(session.identity)).then(registered, failed);
}

/** Subscribes once the schema is known to fit. */
export function subscribeWithSchema(session: Session, request: OpenConsumer, schema: Schema): void {
  const { consumer, command } = request;
  const { requestId } = command.reply;
  const admitted = (): void => {
    if (isWanted(session, request)) session.tell(consumer.topicRef, command);
    else conclude(session, requestId, CLOSED_EARLY);
    session.flush();
  };
  const failed = (error: unknown): void =>
    concludeDurably(session, requestId, loggedRefusal(session, error));
  const { schemas } = session.context.broker;
  schemas.admitConsumer(consumer.topic, schema, doerOf(session.identity)).then(admitted, failed);
}

/** Pulsar tells producers of an incompatibility with the names of its exceptions, twice. */
export function producerRefusal(session: Session, error: unknown): Refusal {
  const refusal = loggedRefusal(session, error);
  if (refusal.code !== 'incompatible-schema') return refusal;
  const said = `${EXCEPTION}: ${refusal.message}`;
  return refuse(refusal.code, `${said} caused by ${said}`);
}

function loggedRefusal(session: Session, error: unknown): Refusal {
  if (!(error instanceof BrokerError)) session.log.error('a schema was not judged', { error });
  return refusalOf(error);
}

const EXCEPTION = 'org.apache.pulsar.broker.service.schema.exceptions.IncompatibleSchemaException';

const CLOSED_EARLY = refuse(
  'service-not-ready',
  'The consumer was closed before it was subscribed',
);

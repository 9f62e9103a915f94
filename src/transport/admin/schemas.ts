/** `/admin/v2/schemas`: the schemas of a topic and their versions. */
import {
  checkCompatible,
  checkDefinition,
  halves,
  isSame,
  textOf,
} from '../../actors/schema/compatibility.ts';
import { KIND, KIND_NAMES, type Schema, type StoredSchema } from '../../actors/schema/schema.ts';
import { BrokerError } from '../../base/errors.ts';
import type { TopicName } from '../../base/topic-name.ts';
import { Accepted, type AdminContext, type Call, flag, type Routes } from './call.ts';
import { topicOf } from './topic-of.ts';

const SCHEMAS = '/admin/v2/schemas/:tenant/:namespace/:topic';

export function schemaRoutes(routes: Routes, { broker }: AdminContext): void {
  const { schemas } = broker;
  const required = (found: StoredSchema | undefined) => {
    if (found === undefined || found.deleted) {
      throw new BrokerError('topic-not-found', 'Schema not found');
    }
    return documentOf(found);
  };
  routes.on('GET', `${SCHEMAS}/schema`, (call) => required(schemas.find(topicOf(call))));
  routes.on('GET', `${SCHEMAS}/schema/:version`, (call) => {
    const version = Number(call.param('version'));
    return required(schemas.versions(topicOf(call)).find((each) => each.version === version));
  });
  routes.on('GET', `${SCHEMAS}/schemas`, (call) => ({
    getSchemaResponses: schemas.versions(topicOf(call)).map(documentOf),
  }));
  routes.on('POST', `${SCHEMAS}/schema`, async (call) => {
    const name = namedIn(broker, call);
    return { version: { version: await schemas.register(name, schemaIn(call)) } };
  });
  routes.on('POST', `${SCHEMAS}/version`, (call) => {
    const schema = schemaIn(call);
    const found = schemas.versions(namedIn(broker, call)).find((each) => isSame(each, schema));
    return { version: found?.version ?? -1 };
  });
  routes.on('POST', `${SCHEMAS}/compatibility`, (call) => {
    const latest = schemas.versions(namedIn(broker, call)).at(-1);
    const schema = schemaIn(call);
    if (latest !== undefined) judge(latest, schema);
    return new Accepted({ schemaCompatibilityStrategy: 'FULL', compatibility: true });
  });
  routes.on('DELETE', `${SCHEMAS}/schema`, async (call) => ({
    version: await schemas.remove(namedIn(broker, call), flag(call, 'force')),
  }));
}

/** Throws `namespace-not-found` besides what the name itself may be refused for. */
function namedIn(broker: AdminContext['broker'], call: Call): TopicName {
  const name = topicOf(call);
  if (broker.namespace(name.namespace) !== undefined) return name;
  throw new BrokerError('namespace-not-found', 'Namespace does not exist');
}

/** Pulsar answers 500 here, and 409 where the schema would be stored. */
function judge(latest: Schema, schema: Schema): void {
  try {
    checkCompatible(latest, schema, 'FULL');
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    throw new BrokerError('metadata', error.message);
  }
}

/** The body: `{type, schema, properties}`. Throws `unprocessable`, `invalid-schema`. */
function schemaIn(call: Call): Schema {
  const body = call.json();
  const { type, schema, properties } = (body ?? {}) as Readonly<Record<string, unknown>>;
  const kind = Object.entries(KIND_NAMES).find(([, name]) => name === type)?.[0];
  if (kind === undefined || typeof schema !== 'string') {
    throw new BrokerError('unprocessable', 'A schema has a type and a definition');
  }
  const pairs = Object.entries((properties ?? {}) as object).map(([key, value]) => [
    key,
    `${value}`,
  ]);
  const isPair = Number(kind) === KIND.keyValue;
  const bytes = isPair ? pairBytes(schema) : Buffer.from(schema);
  const read = {
    kind: Number(kind),
    definition: bytes.toString('latin1'),
    properties: Object.fromEntries(pairs),
  };
  checkDefinition(read);
  return read;
}

function documentOf(stored: StoredSchema) {
  const { version, kind, atMs, properties } = stored;
  const data = kind === KIND.keyValue ? pairText(stored) : textOf(stored);
  return { version, type: KIND_NAMES[kind], timestamp: atMs, data, properties };
}

/** Of a pair, both definitions as one document. */
function pairText(schema: Schema): string {
  const [key, value] = halves(schema).map((half) => {
    const text = textOf(half);
    return text.startsWith('{') ? (JSON.parse(text) as unknown) : text;
  });
  return JSON.stringify({ key, value });
}

function pairIn(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    throw new BrokerError('unprocessable', 'Invalid schema definition data for KEY_VALUE schema');
  }
}

function pairBytes(text: string): Buffer {
  const { key, value } = pairIn(text);
  const parts = [key, value].flatMap((half) => {
    const bytes = Buffer.from(typeof half === 'string' ? half : JSON.stringify(half ?? ''));
    const length = Buffer.alloc(4);
    length.writeInt32BE(bytes.length);
    return [length, bytes];
  });
  return Buffer.concat(parts);
}

/** `/admin/v2/schemas`: the schemas of a topic and their versions. */
import { checkCompatible, checkDefinition, isSame } from '../../actors/schema/compatibility.ts';
import { KIND_NAMES, type Schema, type StoredSchema } from '../../actors/schema/schema.ts';
import { BrokerError } from '../../base/errors.ts';
import type { Strategy } from '../../base/schema-strategies.ts';
import type { TopicName } from '../../base/topic-name.ts';
import { doerOf } from '../auth/identity.ts';
import { objectBody, stringMap } from './body.ts';
import { Accepted, type AdminContext, type Call, EMPTY, flag, type Routes } from './call.ts';
import { definitionBytes, definitionText } from './schema-text.ts';
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
    return required(schemas.find(topicOf(call), Number(call.param('version'))));
  });
  routes.on('GET', `${SCHEMAS}/metadata`, (call) => metadataOf(schemas.all(topicOf(call))));
  routes.on('GET', `${SCHEMAS}/schemas`, (call) => ({
    getSchemaResponses: schemas.versions(topicOf(call)).map(documentOf),
  }));
  routes.on('POST', `${SCHEMAS}/schema`, async (call) => {
    const name = namedIn(broker, call);
    return { version: { version: await schemas.put(name, schemaIn(call), doerOf(call.identity)) } };
  });
  routes.on('POST', `${SCHEMAS}/version`, (call) => {
    const schema = schemaIn(call);
    const found = schemas.versions(topicOf(call)).find((each) => isSame(each, schema));
    return { version: found?.version ?? -1 };
  });
  routes.on('POST', `${SCHEMAS}/compatibility`, (call) => {
    const name = namedInTenant(broker, call);
    const { strategy } = schemas.rules(name);
    judge(schemas.versions(name), schemaIn(call), strategy);
    return new Accepted({ schemaCompatibilityStrategy: strategy, compatibility: true });
  });
  routes.on('DELETE', `${SCHEMAS}/schema`, async (call) => ({
    version: await schemas.remove(
      namedInTenant(broker, call),
      flag(call, 'force'),
      doerOf(call.identity),
    ),
  }));
}

/** Throws `tenant-not-found` besides what `namedIn` throws, where Pulsar asks for the tenant. */
function namedInTenant(broker: AdminContext['broker'], call: Call): TopicName {
  if (broker.tenant(topicOf(call).tenant) !== undefined) return namedIn(broker, call);
  throw new BrokerError('tenant-not-found', 'Tenant does not exist');
}

/** Throws `namespace-not-found` besides what the name itself may be refused for. */
function namedIn(broker: AdminContext['broker'], call: Call): TopicName {
  const name = topicOf(call);
  if (broker.namespace(name.namespace) !== undefined) return name;
  throw new BrokerError('namespace-not-found', 'Namespace does not exist');
}

/** Pulsar answers 500 here, and 409 where the schema would be stored. */
function judge(versions: readonly Schema[], schema: Schema, strategy: Strategy): void {
  try {
    checkCompatible(versions, schema, strategy);
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    throw new BrokerError('metadata', error.message);
  }
}

/**
 * The body: `{type, schema, properties}`. Throws `invalid-argument`, `unprocessable`,
 * `invalid-schema`.
 */
function schemaIn(call: Call): Schema {
  const { type, schema, properties } = objectBody(call) ?? {};
  if (CLIENT_SIDE.has(`${type}`)) {
    throw new BrokerError('unprocessable', `Schema ${type} is a client-side schema type`);
  }
  const name = type === 'BYTES' ? 'NONE' : type;
  const kind = Object.entries(KIND_NAMES).find(([, each]) => each === name)?.[0];
  if (kind === undefined || typeof schema !== 'string') {
    throw new BrokerError('unprocessable', 'A schema has a type and a definition');
  }
  const read = {
    kind: Number(kind),
    definition: definitionBytes(Number(kind), schema).toString('latin1'),
    properties: stringMap(properties),
  };
  checkDefinition(read);
  return read;
}

/** Kinds that clients resolve before they speak to a broker. */
const CLIENT_SIDE = new Set(['AUTO', 'AUTO_CONSUME', 'AUTO_PUBLISH']);

/** Where each version lies: in Pulsar ledger and entry, here its number alone; and its writer. */
function metadataOf(all: readonly StoredSchema[]) {
  const index = all.map(({ version, writer }) => {
    const place = { ledgerId: 0, entryId: version, version };
    return writer === '' ? place : { ...place, user: writer };
  });
  return index.length === 0 ? EMPTY : { info: index.at(-1), index };
}

function documentOf(stored: StoredSchema) {
  const { version, kind, atMs, properties } = stored;
  const data = definitionText(stored);
  return { version, type: KIND_NAMES[kind], timestamp: atMs, data, properties };
}

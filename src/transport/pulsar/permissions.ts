/**
 * What each command of a client needs, and the answer to those who may not. It is asked for when
 * something is opened or looked for; what was opened may be used until `revocation.ts` closes it.
 */
import { BrokerError, refuse } from '../../base/errors.ts';
import { parseTopicName } from '../../base/topic-name.ts';
import {
  type CommandGetOrCreateSchema,
  type CommandGetSchema,
  type CommandGetTopicsOfNamespace,
  type CommandLookupTopic,
  type CommandPartitionedTopicMetadata,
  type CommandProducer,
  type CommandSubscribe,
  type CommandWatchTopicList,
  LookupType,
  PartitionedMetadataLookupType,
  ServerError,
} from '../../wire/messages.ts';
import { doerOf } from '../auth/identity.ts';
import type { Permission, TopicOperation } from '../auth/permission.ts';
import type { Session } from './session.ts';
import { textOf } from './translate.ts';

export interface Demand<Body> {
  /** All of them. Throws for a name that is none: then the handler says so, and does nothing. */
  readonly needs: (body: Body) => readonly Permission[];
  readonly refuse: (session: Session, body: Body) => void;
}

/**
 * `anybody`: about the connection itself. `opened`: about a producer, a consumer or a watch of this
 * connection, which was opened with permission. `owned`: about a transaction, of which coordinators
 * know the owner. `nobody`: always refused.
 */
export type Rule<Body> = 'anybody' | 'opened' | 'owned' | 'nobody' | Demand<Body>;

/** Refuses the command itself where the client may not say it. */
export function isPermitted<Body>(session: Session, body: Body, rule: Rule<Body>): boolean {
  const { authorization } = session.context;
  if (authorization === undefined || typeof rule === 'string') return true;
  const { identity } = session;
  const needs = needsOf(rule, body);
  const isAllowed =
    identity !== undefined &&
    needs.every((permission) => authorization.allows(identity, permission));
  if (isAllowed) return true;
  session.log.warn('a client may not do what it wants', { ...identity, needs: needs.length });
  rule.refuse(session, body);
  return false;
}

function needsOf<Body>(rule: Demand<Body>, body: Body): readonly Permission[] {
  try {
    return rule.needs(body);
  } catch (error) {
    if (error instanceof BrokerError && error.code === 'invalid-topic-name') return [];
    throw error;
  }
}

function onTopic(topic: string, operation: TopicOperation, subscription?: string): Permission {
  return { kind: 'topic', topic: parseTopicName(topic), operation, subscription };
}

export const mayLookUp: Demand<CommandLookupTopic> = {
  needs: ({ topic }) => [onTopic(topic, 'LOOKUP')],
  refuse: ({ outbox }, { request_id }) =>
    outbox.command('LOOKUP_RESPONSE', {
      request_id,
      response: LookupType.Failed,
      error: ServerError.AuthorizationError,
      message: 'Client is not authorized to Lookup',
    }),
};

export const mayCountPartitions: Demand<CommandPartitionedTopicMetadata> = {
  needs: ({ topic }) => [onTopic(topic, 'LOOKUP')],
  refuse: (session, { request_id, topic }) =>
    session.outbox.command('PARTITIONED_METADATA_RESPONSE', {
      request_id,
      response: PartitionedMetadataLookupType.Failed,
      ...(lacksTenant(session, topic) ?? {
        error: ServerError.AuthorizationError,
        message: 'Client is not authorized to Get Partition Metadata',
      }),
    }),
};

/** What Pulsar says to a client that asks first about a topic of a tenant that there is not. */
function lacksTenant({ identity, context }: Session, name: string) {
  const { authorization } = context;
  if (identity === undefined || authorization === undefined) return undefined;
  const topic = parseTopicName(name);
  const permission = { kind: 'topic', topic, operation: 'LOOKUP' } as const;
  if (!authorization.lacksTenant(identity, permission)) return undefined;
  return {
    error: ServerError.TopicNotFound,
    message: `Tenant or namespace or topic does not exist: ${topic.namespace}`,
  };
}

/** With a first subscription it has to be one that it may make. */
export const mayProduce: Demand<CommandProducer> = {
  needs: ({ topic, initial_subscription_name: name }) => {
    const subscription = textOf(name);
    const produce = onTopic(topic, 'PRODUCE');
    if (subscription === undefined) return [produce];
    return [produce, onTopic(topic, 'SUBSCRIBE', subscription)];
  },
  refuse: (session, { request_id, topic, initial_subscription_name: name }) => {
    const why = misnamed(session, topic, textOf(name)) ?? 'Client is not authorized to Produce';
    session.refuse(request_id, refuse('authorization', why));
  },
};

export const maySubscribe: Demand<CommandSubscribe> = {
  needs: ({ topic, subscription }) => [onTopic(topic, 'CONSUME', subscription)],
  refuse: (session, { request_id, topic, subscription }) => {
    const why = misnamed(session, topic, subscription) ?? 'Client is not authorized to subscribe';
    session.refuse(request_id, refuse('authorization', why));
  },
};

/** What Pulsar says of a subscription whose name has to begin with the role, and does not. */
function misnamed(
  { identity, context }: Session,
  topic: string,
  subscription: string | undefined,
): string | undefined {
  const { full, namespace } = parseTopicName(topic);
  const role = doerOf(identity);
  if (subscription === undefined || subscription.startsWith(role)) return undefined;
  if (context.authorization?.wantsPrefixes(namespace) !== true) return undefined;
  return (
    'org.apache.pulsar.broker.PulsarServerException: Failed to create consumer - The ' +
    'subscription name needs to be prefixed by the authentication role, like ' +
    `${role}-xxxx for topic: ${full}`
  );
}

export const mayListTopics: Demand<CommandGetTopicsOfNamespace> = {
  needs: ({ namespace }) => [{ kind: 'namespace', namespace, operation: 'GET_TOPICS' }],
  refuse: (session, { request_id }) => {
    const message = 'Client is not authorized to GetTopicsOfNamespace';
    session.refuse(request_id, refuse('authorization', message));
  },
};

export const mayWatchTopics: Demand<CommandWatchTopicList> = {
  needs: ({ namespace }) => [{ kind: 'namespace', namespace, operation: 'GET_TOPICS' }],
  refuse: (session, { request_id }) => {
    const message = 'Proxy Client is not authorized to watchTopicList';
    session.refuse(request_id, refuse('authorization', message));
  },
};

/** Pulsar tells schemas to everybody. */
export const mayReadSchemas: Demand<CommandGetSchema> = {
  needs: ({ topic }) => [onTopic(topic, 'GET_METADATA')],
  refuse: ({ outbox }, { request_id }) =>
    outbox.command('GET_SCHEMA_RESPONSE', {
      request_id,
      error_code: ServerError.AuthorizationError,
      error_message: 'Client is not authorized to GetSchema',
    }),
};

/** Pulsar lets everybody add schemas. */
export const mayAddSchemas: Demand<CommandGetOrCreateSchema> = {
  needs: ({ topic }) => [onTopic(topic, 'PRODUCE')],
  refuse: ({ outbox }, { request_id }) =>
    outbox.command('GET_OR_CREATE_SCHEMA_RESPONSE', {
      request_id,
      error_code: ServerError.AuthorizationError,
      error_message: 'Client is not authorized to Produce',
    }),
};

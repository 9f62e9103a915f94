/** The topic that a request's path names, and the answers when it is not there. */

import { checkIsolation } from '../../actors/admission.ts';
import type { TopicView } from '../../actors/views.ts';
import { BrokerError } from '../../base/errors.ts';
import {
  parseTopicName,
  TOPIC_DOMAINS,
  type TopicDomain,
  type TopicName,
} from '../../base/topic-name.ts';
import type { AdminContext, Call, Method, Routes } from './call.ts';
import { isEntityName } from './names.ts';

/** Path of one persistent topic, to which resources add their own part. */
export const TOPIC_PATH = '/admin/v2/persistent/:tenant/:namespace/:topic';

/** What creates a topic looks at the name of its namespace first. */
const CREATIONS: ReadonlySet<string> = new Set(['PUT ', 'PUT /partitions']);

/** Registers what topics of both domains answer, below the path of a topic. */
export function onTopic(
  routes: Routes,
  method: Method,
  part: string,
  handler: (call: Call, name: TopicName) => unknown,
): void {
  for (const domain of TOPIC_DOMAINS) {
    const path = `/admin/v2/${domain}/:tenant/:namespace/:topic${part}`;
    routes.on(method, path, (call) => {
      if (CREATIONS.has(`${method} ${part}`)) namespaceOf(call);
      return handler(call, topicOf(call, domain));
    });
  }
}

/** Throws `invalid-topic-name`. */
export function topicOf(call: Call, domain: TopicDomain = 'persistent'): TopicName {
  const local = call.param('topic');
  if (local.includes('/')) throw badName();
  try {
    return parseTopicName(`${domain}://${namespaceOf(call)}/${local}`);
  } catch {
    throw badName();
  }
}

/** `tenant/namespace` as the path gives it. Throws `precondition-failed`. */
export function namespaceOf(call: Call): string {
  const [tenant, namespace] = [call.param('tenant'), call.param('namespace')];
  if (isEntityName(tenant) && isEntityName(namespace)) return `${tenant}/${namespace}`;
  throw new BrokerError('precondition-failed', 'Namespace name is not valid');
}

/** Throws `namespace-not-found` in the words that Pulsar has for topics. */
export function requireNamespaceOf({ broker }: AdminContext, name: TopicName): void {
  if (broker.namespace(name.namespace) === undefined) {
    throw new BrokerError('namespace-not-found', 'Namespace not found');
  }
}

/** The topic, loaded. Throws `topic-not-found`, `namespace-not-found`. */
export function requireTopic(context: AdminContext, name: TopicName): TopicView {
  requireNamespaceOf(context, name);
  requireServed(context, name);
  const view = context.broker.topicView(name);
  if (view !== undefined) return view;
  const isPartition = name.partition >= 0 && context.broker.partitionedTopic(baseOf(name));
  if (isPartition) {
    throw new BrokerError('topic-not-found', 'Topic partitions were not yet created');
  }
  throw topicNotFound(name);
}

/** Throws `precondition-failed` where isolation policies keep a namespace from this broker. */
export function requireServed({ broker }: AdminContext, name: TopicName): void {
  checkIsolation(broker.clusterRules, name, 'precondition-failed');
}

/** As `requireTopic`; a partition of a non-persistent topic comes when it is asked for. */
export async function loadTopic(context: AdminContext, name: TopicName): Promise<TopicView> {
  const { broker } = context;
  const count = broker.partitionedTopic(baseOf(name))?.partitions ?? 0;
  refuseBeyondLast(context, name);
  const isUnloaded = name.domain === 'non-persistent' && broker.topicView(name) === undefined;
  if (isUnloaded && name.partition >= 0 && name.partition < count) await broker.createTopic(name);
  return requireTopic(context, name);
}

/** Of non-persistent topics alone. Throws `conflict` for a partition behind the last one. */
export function refuseBeyondLast({ broker }: AdminContext, name: TopicName): void {
  if (name.domain !== 'non-persistent' || name.partition < 0) return;
  const count = broker.partitionedTopic(baseOf(name))?.partitions;
  if (count === undefined || name.partition < count) return;
  throw new BrokerError(
    'conflict',
    `Illegal topic partition name ${name.full} with max allowed ${count} partitions`,
  );
}

/** Undefined for what is not a partitioned topic as a whole. Throws `namespace-not-found`. */
export function partitionsOf(context: AdminContext, name: TopicName): TopicName[] | undefined {
  requireNamespaceOf(context, name);
  if (name.partition >= 0) return undefined;
  const count = context.broker.partitionedTopic(name)?.partitions;
  if (count === undefined) return undefined;
  return Array.from({ length: count }, (_, index) => partitionOf(name, index));
}

/** The topic itself, or each of its partitions that exists. Throws as `requireTopic`. */
export function requireTopics(context: AdminContext, name: TopicName): TopicName[] {
  const partitions = partitionsOf(context, name);
  if (partitions !== undefined) {
    return partitions.filter((one) => context.broker.topicView(one) !== undefined);
  }
  requireTopic(context, name);
  return [name];
}

/** Throws `precondition-failed` for what looks like a partition, where a whole topic is meant. */
export function refusePartition(name: TopicName): void {
  if (!name.local.includes('-partition-')) return;
  throw new BrokerError(
    'precondition-failed',
    "Partitioned Topic Name should not contain '-partition-'",
  );
}

function partitionOf(name: TopicName, index: number): TopicName {
  return parseTopicName(`${name.base}-partition-${index}`);
}

export function baseOf(name: TopicName): TopicName {
  return name.partition < 0 ? name : parseTopicName(name.base);
}

export function topicNotFound(name: TopicName): BrokerError {
  return new BrokerError('topic-not-found', `Topic ${name.full} not found`);
}

function badName(): BrokerError {
  return new BrokerError('invalid-topic-name', 'Topic name is not valid');
}

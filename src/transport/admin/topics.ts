/** `/admin/v2/{domain}`: topics themselves: listed, created, deleted, described. */
import { BrokerError } from '../../base/errors.ts';
import { isSystemTopic } from '../../base/system-topics.ts';
import { parseTopicName, TOPIC_DOMAINS, type TopicName } from '../../base/topic-name.ts';
import { objectBody, stringMap } from './body.ts';
import { type AdminContext, type Call, flag, NO_CONTENT, type Routes } from './call.ts';
import { listOf } from './list.ts';
import { requirePolicies } from './namespaces.ts';
import { namespaceOf, onTopic, requireNamespaceOf, topicNotFound } from './topic-of.ts';

export function topicRoutes(routes: Routes, context: AdminContext): void {
  const { broker } = context;
  listRoutes(routes, context);

  onTopic(routes, 'PUT', '', async (call, name) => {
    requireNamespaceOf(context, name);
    checkPartitionName(context, name);
    const properties = stringMap(objectBody(call));
    const exists = broker.partitionedTopic(name) ?? broker.topicView(name);
    if (exists !== undefined) throw topicExists();
    await broker.createTopic(name, properties);
    return NO_CONTENT;
  });

  onTopic(routes, 'DELETE', '', async (call, name) => {
    if (broker.partitionedTopic(name) !== undefined) {
      throw new BrokerError(
        'conflict',
        `${name.full} is a partitioned topic, instead of calling delete topic, please call ` +
          'delete-partitioned-topic.',
      );
    }
    if (broker.topicView(name) === undefined) {
      // There is nothing of it to delete, then.
      if (name.domain === 'non-persistent') return NO_CONTENT;
      throw topicNotFound(name);
    }
    await broker.deleteTopic(name, flag(call, 'force'));
    return NO_CONTENT;
  });
}

function listRoutes(routes: Routes, context: AdminContext): void {
  const { broker } = context;
  const list =
    (names: (namespace: string) => Promise<readonly string[]>) =>
    async (call: Call): Promise<unknown> => {
      requirePolicies(context, call);
      return listOf(visible(call, await names(namespaceOf(call))), context.clock);
    };
  for (const domain of TOPIC_DOMAINS) {
    const path = `/admin/v2/${domain}/:tenant/:namespace`;
    const topics = (namespace: string) => broker.topicsOf(namespace, domain);
    const partitioned = (namespace: string) => broker.partitionedTopicsOf(namespace, domain);
    routes.on('GET', path, list(topics));
    routes.on('GET', `${path}/partitioned`, list(partitioned));
  }
}

/** System topics are shown to those who ask for them. The same list is given for the same one. */
export function visible(call: Call, topics: readonly string[]): readonly string[] {
  if (flag(call, 'includeSystemTopic')) return topics;
  const shown = others.get(topics) ?? topics.filter((one) => !isSystemTopic(one));
  others.set(topics, shown);
  return shown;
}

/** Of lists that several may have been given, what is left without system topics. */
const others = new WeakMap<readonly string[], readonly string[]>();

export function topicExists(): BrokerError {
  return new BrokerError('already-exists', 'This topic already exists');
}

/**
 * A name that ends in `-partition-` and a number, however that is written, is only for a partition
 * of a topic that has so many and more.
 */
function checkPartitionName({ broker }: AdminContext, name: TopicName): void {
  const [, base, index] = /^(.+?)-partition-([-+]?\d+)$/.exec(name.local) ?? [];
  if (base === undefined) return;
  const whole = parseTopicName(`${name.domain}://${name.namespace}/${base}`);
  const partitions = broker.partitionedTopic(whole)?.partitions;
  if (partitions !== undefined && Number(index) < partitions) return;
  const why =
    partitions === undefined
      ? `numeric value if there isn't a partitioned topic ${base} created.`
      : `a number smaller than number of partition of partitioned topic ${base}`;
  throw new BrokerError(
    'precondition-failed',
    `Can't create topic ${name.local} with "-partition-" followed by ${why}`,
  );
}

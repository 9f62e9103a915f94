/** Properties that users give topics. */
import { BrokerError } from '../../base/errors.ts';
import type { TopicName } from '../../base/topic-name.ts';
import { objectBody, stringMap } from './body.ts';
import { type AdminContext, EMPTY, NO_CONTENT, type Routes } from './call.ts';
import { TOPIC_PATH, topicNotFound, topicOf } from './topic-of.ts';

type Properties = Readonly<Record<string, string>>;

const PATH = `${TOPIC_PATH}/properties`;

export function propertyRoutes(routes: Routes, context: AdminContext): void {
  const { broker } = context;

  routes.on('GET', PATH, (call) => {
    const name = topicOf(call);
    const partitioned = broker.partitionedTopic(name);
    if (partitioned === undefined) {
      const topic = broker.topicView(name);
      if (topic === undefined) throw topicNotFound(name);
      return topic.properties;
    }
    const { properties = {} } = partitioned;
    return Object.keys(properties).length === 0 ? EMPTY : properties;
  });

  routes.on('PUT', PATH, async (call) => {
    const set = stringMap(objectBody(call));
    await change(context, topicOf(call), set, []);
    return NO_CONTENT;
  });

  routes.on('DELETE', PATH, async (call) => {
    const key = call.query('key');
    await change(context, topicOf(call), {}, key === undefined ? [] : [key]);
    return NO_CONTENT;
  });
}

/** A partitioned topic has properties of its own; its partitions keep theirs, as in Pulsar. */
async function change(
  context: AdminContext,
  name: TopicName,
  set: Properties,
  remove: readonly string[],
): Promise<void> {
  const { broker } = context;
  if (broker.partitionedTopic(name) !== undefined) {
    const gone = Object.fromEntries(remove.map((key) => [key, undefined]));
    await broker.setPartitionedProperties(name, { ...gone, ...set });
    return;
  }
  // Pulsar says no more than the status.
  if (broker.topicView(name) === undefined) throw new BrokerError('topic-not-found', '');
  await broker.ask(broker.topic(name).id, (reply) => ({
    type: 'change-properties',
    reply,
    set,
    remove,
  }));
}

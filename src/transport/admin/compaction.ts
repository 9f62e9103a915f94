/** Topic compaction: asking for one, and how the last one went. */
import { type AdminContext, NO_CONTENT, type Routes } from './call.ts';
import { requireTopics, TOPIC_PATH, topicNotFound, topicOf } from './topic-of.ts';

export function compactionRoutes(routes: Routes, context: AdminContext): void {
  const { broker } = context;

  routes.on('PUT', `${TOPIC_PATH}/compaction`, async (call) => {
    for (const name of requireTopics(context, topicOf(call))) {
      await broker.ask(broker.topic(name).id, (reply) => ({ type: 'compact', reply }));
    }
    return NO_CONTENT;
  });

  // Whether its namespace is there makes no difference, as in Pulsar.
  routes.on('GET', `${TOPIC_PATH}/compaction`, (call) => {
    const name = topicOf(call);
    const topic = broker.topicView(name);
    if (topic === undefined) throw topicNotFound(name);
    const { status, error } = topic.compaction;
    return { status, lastError: status === 'ERROR' ? error : '' };
  });
}

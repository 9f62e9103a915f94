/** Topic compaction: asking for one, and how the last one went. */
import { type AdminContext, NO_CONTENT, type Routes } from './call.ts';
import { requireTopic, requireTopics, TOPIC_PATH, topicOf } from './topic-of.ts';

export function compactionRoutes(routes: Routes, context: AdminContext): void {
  const { broker } = context;

  routes.on('PUT', `${TOPIC_PATH}/compaction`, async (call) => {
    for (const name of requireTopics(context, topicOf(call))) {
      await broker.ask(broker.topic(name).id, (reply) => ({ type: 'compact', reply }));
    }
    return NO_CONTENT;
  });

  routes.on('GET', `${TOPIC_PATH}/compaction`, (call) => {
    const { status, error } = requireTopic(context, topicOf(call)).compaction;
    return { status, lastError: status === 'ERROR' ? error : '' };
  });
}

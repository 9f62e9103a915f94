/** Lets topics be used as a session of the protocol does. */
import { parseTopicName, type TopicName } from '../../src/base/topic-name.ts';
import type { Stage } from './harness.ts';

/** Makes the topic if need be, once those of its namespace are counted where they are limited. */
export async function admit(stage: Stage, topic: string | TopicName): Promise<TopicName> {
  const name = typeof topic === 'string' ? parseTopicName(topic) : topic;
  const { broker } = stage;
  const ready = broker.ready(name);
  if (ready !== undefined) await stage.until(ready);
  broker.admit(name, { create: true });
  return name;
}

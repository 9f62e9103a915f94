/** Lets the topics of namespaces go that this broker serves no more. */
import type { Clock } from '../../base/clock.ts';
import { BrokerError } from '../../base/errors.ts';
import { inLanes } from '../../base/lanes.ts';
import { filterInSlices } from '../../base/slices.ts';
import { parseTopicName } from '../../base/topic-name.ts';
import type { Broker } from '../broker.ts';
import { topicActor } from '../names.ts';

const AT_ONCE = 64;

/** Their clients hear of it, and look them up again. Namespaces as `tenant/namespace`. */
export async function unloadTopics(
  broker: Pick<Broker, 'loadedTopics' | 'ask'>,
  clock: Clock,
  namespaces: ReadonlySet<string>,
): Promise<void> {
  const isMeant = (topic: string) => namespaces.has(parseTopicName(topic).namespace);
  const topics = await filterInSlices(clock, broker.loadedTopics(), isMeant);
  await inLanes(topics, AT_ONCE, async (topic) => {
    try {
      await broker.ask(topicActor(topic), (reply) => ({ type: 'unload', reply }));
    } catch (error) {
      // It may have been deleted meanwhile.
      if (!(error instanceof BrokerError && error.code === 'topic-not-found')) throw error;
    }
  });
}

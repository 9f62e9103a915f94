/** Lets topics go, for an operator or because this broker serves their namespace no more. */
import type { Clock } from '../../base/clock.ts';
import { BrokerError } from '../../base/errors.ts';
import { inLanes } from '../../base/lanes.ts';
import { filterInSlices } from '../../base/slices.ts';
import type { Broker } from '../broker.ts';
import { topicActor } from '../names.ts';

const AT_ONCE = 64;

/** Those in memory that are meant, by full names. Clients hear of it, and look them up again. */
export async function unloadTopics(
  broker: Pick<Broker, 'loadedTopics' | 'ask'>,
  clock: Clock,
  isMeant: (topic: string) => boolean,
): Promise<void> {
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

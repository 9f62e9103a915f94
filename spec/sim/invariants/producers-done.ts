/** In calm every producer gets its answers. */
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';

export class ProducersDone implements Invariant {
  readonly name = 'whatever is sent is answered in the end';
  readonly seesPassing = true;
  checks = 0;

  see(): void {}

  isSatisfied(world: World): boolean {
    return world.producers.every(({ isDone, topic }) => isDone || isHeld(world, topic));
  }

  end(world: World, fail: Fail): void {
    this.checks += world.producers.length;
    if (!this.isSatisfied(world)) fail('a producer waits for receipts');
  }
}

/**
 * Who reads what is compacted never sees, and so cannot acknowledge, what was compacted away: a
 * quota that holds producers back goes on counting it, as in Pulsar.
 */
function isHeld({ config, plan }: World, topic: string): boolean {
  const { backlogQuotaDefaultLimitBytes: bytes, backlogQuotaDefaultLimitSecond: seconds } = config;
  const holds = config.backlogQuotaDefaultRetentionPolicy.startsWith('producer_');
  if (!holds || (bytes < 0 && seconds <= 0)) return false;
  const consumers = plan.clients.flatMap((client) => client.consumers);
  return consumers.some((each) => each.durable && each.readCompacted && each.topic === topic);
}

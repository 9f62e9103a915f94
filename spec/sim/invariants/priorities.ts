/** Of those who wait to be active, the one of the best priority is: the lowest number. */
import type { ConsumerSeen, Observation } from '../observe/observation.ts';
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';

export class Priorities implements Invariant {
  readonly name = 'at rest the active consumer is one of the best priority';
  checks = 0;
  /** Of those that are open, whether each was told that it is active. */
  readonly #consumers = new Map<ConsumerSeen, boolean>();

  see(seen: Observation): void {
    if (!('consumer' in seen) || seen.consumer.type !== 'Failover') return;
    const { consumer } = seen;
    if (seen.type === 'active') this.#consumers.set(consumer, seen.active);
    else if (seen.type === 'consumer-closed') this.#consumers.delete(consumer);
    else if (seen.type === 'subscribed') {
      this.#consumers.set(consumer, this.#consumers.get(consumer) ?? false);
    }
  }

  end(_: World, fail: Fail): void {
    for (const [consumer, isActive] of this.#consumers) {
      if (!isActive || !consumer.isOpen) continue;
      this.checks += 1;
      const { topic, subscription, priority } = consumer;
      const better = [...this.#consumers.keys()].find(
        (other) =>
          other.topic === topic &&
          other.subscription === subscription &&
          other.isOpen &&
          other.priority < priority,
      );
      if (better === undefined) continue;
      fail(`consumer ${consumer.id} is active, and ${better.id} of c${better.link} is better`);
    }
  }
}

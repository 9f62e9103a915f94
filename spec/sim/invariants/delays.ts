/** A message that is to be delivered at a time does not come before it where it is held back. */
import type { Observation } from '../observe/observation.ts';
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';

export class Delays implements Invariant {
  readonly name = 'no message comes before its time';
  checks = 0;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  see(seen: Observation, fail: Fail): void {
    if (seen.type !== 'delivered' || seen.content?.dueAtMs === undefined) return;
    const { type, link } = seen.consumer;
    // Whoever has a subscription alone gets everything in order, as in Pulsar.
    if (type !== 'Shared' && type !== 'Key_Shared') return;
    if (!this.#world.config.delayedDeliveryEnabled) return;
    this.checks += 1;
    const earlyMs = seen.content.dueAtMs - this.#world.scheduler.nowMs;
    if (earlyMs <= 0) return;
    fail(`message ${seen.content.messages[0]} comes to c${link} ${earlyMs.toFixed(1)} ms early`);
  }
}

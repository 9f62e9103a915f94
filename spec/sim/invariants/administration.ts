/** Whoever asks over REST is answered. */
import type { Administered, Observation } from '../observe/observation.ts';
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';

/** Who asks at the very end need not have been answered. */
const ANSWERED_MS = 1_000;

export class Administration implements Invariant {
  readonly name = 'every REST request is answered';
  checks = 0;
  readonly #world: World;
  /** And when they were asked, in milliseconds. */
  readonly #open = new Map<Administered, number>();

  constructor(world: World) {
    this.#world = world;
  }

  see(seen: Observation): void {
    const { elapsedMs } = this.#world.scheduler;
    if (seen.type === 'administering') this.#open.set(seen.call, elapsedMs);
    else if (seen.type === 'administered') {
      this.checks += 1;
      this.#open.delete(seen.call);
    }
  }

  isSatisfied(): boolean {
    return this.#open.size === 0;
  }

  end({ scheduler }: World, fail: Fail): void {
    for (const [{ id, what }, atMs] of this.#open) {
      if (scheduler.elapsedMs - atMs < ANSWERED_MS) continue;
      fail(`REST request ${id}, ${what}, has no answer`);
    }
  }
}

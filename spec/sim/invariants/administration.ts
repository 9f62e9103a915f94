/** Whoever asks over REST is answered. */
import type { Administered, Observation } from '../observe/observation.ts';
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';

export class Administration implements Invariant {
  readonly name = 'every REST request is answered';
  checks = 0;
  readonly #open = new Set<Administered>();

  see(seen: Observation): void {
    if (seen.type === 'administering') this.#open.add(seen.call);
    else if (seen.type === 'administered') {
      this.checks += 1;
      this.#open.delete(seen.call);
    }
  }

  isSatisfied(): boolean {
    return this.#open.size === 0;
  }

  end(_: World, fail: Fail): void {
    for (const { id, what } of this.#open) fail(`REST request ${id}, ${what}, has no answer`);
  }
}

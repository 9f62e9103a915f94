/** A connection whose other end is gone is found out, though nobody says so. */
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';

export class HalfOpen implements Invariant {
  readonly name = 'a dead connection is noticed';
  readonly seesPassing = true;
  checks = 0;

  see(): void {}

  isSatisfied({ network }: World): boolean {
    return [...network.links].every(({ isHalfOpen }) => !isHalfOpen);
  }

  end({ network }: World, fail: Fail): void {
    this.checks += network.links.size;
    for (const link of network.links) {
      if (link.isHalfOpen) fail(`c${link.id} is dead, and the broker keeps it`);
    }
  }
}

/** In calm every producer gets its answers. */
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';

export class ProducersDone implements Invariant {
  readonly name = 'whatever is sent is answered in the end';
  readonly seesPassing = true;
  checks = 0;

  see(): void {}

  isSatisfied(world: World): boolean {
    return world.producers.every(({ isDone }) => isDone);
  }

  end(world: World, fail: Fail): void {
    this.checks += world.producers.length;
    if (!this.isSatisfied(world)) fail('a producer waits for receipts');
  }
}

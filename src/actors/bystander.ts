/** Who asks for a topic to be made and does not wait for it. */
import type { Effect, Recipient } from './ports.ts';

/** Nobody waits for the answer, but whether the topic came to be is kept count of. */
export class Bystander implements Recipient {
  readonly label = 'auto-creation';
  readonly #settled: (exists: boolean) => void;

  constructor(settled: (exists: boolean) => void) {
    this.#settled = settled;
  }

  receive(effect: Effect): void {
    this.#settled(effect.type === 'done');
  }

  flush(): void {}
}

/** Whoever asks an actor and waits for the answer. */
import { BrokerError } from '../base/errors.ts';
import type { Effect, Recipient } from './ports.ts';

/** Waits for an answer to one command. */
export class Question implements Recipient {
  readonly label = 'request';
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: unknown) => void;

  constructor(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  receive(effect: Effect): void {
    if (effect.type === 'refused') {
      this.#reject(new BrokerError(effect.refusal.code, effect.refusal.message));
    } else if (effect.type === 'done') this.#resolve(effect.value);
    else this.#resolve(effect);
  }

  flush(): void {}
}

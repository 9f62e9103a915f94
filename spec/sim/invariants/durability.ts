/** A receipt means that the message is on the disk. */
import type { Observation } from '../observe/observation.ts';
import type { Fail, Invariant } from './invariant.ts';

export class Durability implements Invariant {
  readonly name = 'no receipt leaves before its entry is on the disk';
  checks = 0;
  readonly #durable = new Set<number>();

  see(seen: Observation, fail: Fail): void {
    if (seen.type === 'record') {
      for (const { content } of seen.entries) {
        for (const message of content?.messages ?? []) this.#durable.add(message);
      }
    } else if (seen.type === 'receipt') {
      this.checks += 1;
      const messages = seen.sent?.content?.messages ?? [];
      const lost = messages.find((message) => !this.#durable.has(message));
      if (lost !== undefined) fail(`message ${lost} has a receipt and is not on the disk`);
    }
  }
}

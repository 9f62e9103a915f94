/** What the broker noted of an entry: the number of its last message, and when it came. */
import { brokerEntryInterceptors } from '../../../src/base/options/delivery.ts';
import type { Note, Observation } from '../observe/observation.ts';
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';
import type { Stored, StoredTopic } from './stored.ts';

export class BrokerNotes implements Invariant {
  readonly name = 'an entry comes with the number of its last message, and always the same';
  checks = 0;
  readonly #world: World;
  readonly #stored: Stored;
  /** Of each topic's entries, by offset, the messages up to and including it. */
  readonly #messages = new Map<number, number[]>();
  /** When entries were said to have come, by topic and offset. */
  readonly #times = new Map<string, number>();

  constructor(world: World, stored: Stored) {
    this.#world = world;
    this.#stored = stored;
  }

  see(seen: Observation, fail: Fail): void {
    if (seen.type !== 'delivered') return;
    const { consumer, position, note } = seen;
    const { brokerEntryMetadataInterceptors: kinds } = this.#world.config;
    const isShown =
      this.#world.config.exposingBrokerEntryMetadataToClientEnabled && consumer.takesNotes;
    if (!isShown || kinds.length === 0) {
      if (note !== undefined) fail('a note comes to somebody who is not to see any');
      return;
    }
    // What a compaction has kept has no notes.
    if (consumer.readsCompacted && note === undefined) return;
    const topic = this.#stored.topic(consumer.topic);
    const offset = topic?.at(position)?.offset;
    if (topic === undefined || offset === undefined) return;
    this.checks += 1;
    const [stamps, numbers] = brokerEntryInterceptors;
    const last = kinds.includes(numbers) ? this.#upTo(topic, offset) - 1 : undefined;
    const where = `${position.ledger}:${position.entry}`;
    if (note?.index !== last) fail(`${where} ends with ${note?.index}, not with ${last}`);
    if (kinds.includes(stamps)) this.#stamped(`${topic.topicId}/${offset}`, where, note, fail);
    else if (note?.timeMs !== undefined) fail(`${where} says when it came, and nobody asked`);
  }

  #stamped(key: string, where: string, note: Note | undefined, fail: Fail): void {
    const { timeMs } = note ?? {};
    const before = this.#times.get(key) ?? timeMs;
    if (timeMs === undefined || timeMs > this.#world.scheduler.nowMs) {
      fail(`${where} came at ${timeMs}`);
    } else if (timeMs !== before) fail(`${where} came at ${before}, and now at ${timeMs}`);
    else this.#times.set(key, timeMs);
  }

  #upTo({ topicId, entries }: StoredTopic, offset: number): number {
    const messages = this.#messages.get(topicId) ?? [];
    this.#messages.set(topicId, messages);
    for (let next = messages.length; next <= offset; next++) {
      messages.push((messages[next - 1] ?? 0) + (entries[next]?.content?.messages.length ?? 1));
    }
    return messages[offset]!;
  }
}

/**
 * Compaction: it keeps the last word of each key below its horizon and nothing else, as the journal
 * has it and as readers see it.
 */
import type { ConsumerSeen, Observation, Survivor } from '../observe/observation.ts';
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';
import type { Stored, StoredTopic } from './stored.ts';

/** What a reader of a compacted topic may rely on since it began. */
interface Reading {
  readonly topic: StoredTopic;
  readonly horizon: number;
  readonly generation: number;
}

const FORGET = 'forget what was compacted';

export class Compaction implements Invariant {
  readonly name = 'a compacted topic has the last word of each key, and none before it';
  checks = 0;
  readonly #stored: Stored;
  /** Of the compaction that is under way, by topic. */
  readonly #survivors = new Map<number, Survivor[]>();
  readonly #readers = new Map<ConsumerSeen, Reading>();
  /** Topics whose compaction is dropped before the record of that is on the disk, or may be. */
  readonly #forgetting = new Set<string>();

  constructor(stored: Stored) {
    this.#stored = stored;
  }

  see(seen: Observation, fail: Fail): void {
    switch (seen.type) {
      case 'survivors':
        this.#survivors.get(seen.topicId)?.push(...seen.entries);
        break;
      case 'compaction':
        this.#happens(seen, fail);
        break;
      case 'trimmed': {
        const { horizon } = this.#stored.byId(seen.topicId)!.compacted;
        if (horizon > 0 && seen.before > horizon) {
          fail(`${seen.topic} is trimmed below ${seen.before}, and compacted below ${horizon}`);
        }
        break;
      }
      case 'administering':
        if (seen.call.what === FORGET) this.#forgetting.add(seen.call.topic);
        break;
      case 'subscribing':
        if (seen.consumer.readsCompacted) this.#begin(seen.consumer);
        break;
      case 'consumer-closed':
      case 'subscribe-refused':
        this.#readers.delete(seen.consumer);
        break;
      case 'delivered':
        if (seen.consumer.readsCompacted) this.#delivered(seen, fail);
        break;
    }
  }

  isSatisfied(): boolean {
    return this.#survivors.size === 0;
  }

  end(_: World, fail: Fail): void {
    for (const topicId of this.#survivors.keys()) fail(`a compaction of ${topicId} has no end`);
  }

  #happens(
    { what, topic, topicId, horizon }: Extract<Observation, { readonly type: 'compaction' }>,
    fail: Fail,
  ): void {
    const survivors = this.#survivors.get(topicId) ?? [];
    this.#survivors.delete(topicId);
    if (what === 'begins') this.#survivors.set(topicId, []);
    else if (what === 'counts') {
      this.#forgetting.delete(topic);
      this.#counts(topicId, horizon, survivors, fail);
    }
  }

  #counts(topicId: number, horizon: number, survivors: readonly Survivor[], fail: Fail): void {
    const { entries, compacted } = this.#stored.byId(topicId)!;
    const kept = new Map(survivors.map((each) => [each.offset, each.content]));
    for (let offset = compacted.lostBelow; offset < horizon; offset++) {
      this.checks += 1;
      const entry = entries[offset]!;
      const content = kept.get(offset);
      const must = compacted.mustCome(entries, entry);
      const lost = must.find((i) => content === undefined || content.gone?.has(i));
      const where = `${entry.position.ledger}:${entry.position.entry}`;
      if (lost !== undefined) fail(`compaction below ${horizon} loses message ${lost} of ${where}`);
    }
    for (const { offset, content } of survivors) {
      const stale = compacted
        .mustNotCome(entries, offset, horizon)
        .find((i) => !content?.gone?.has(i));
      const isSame = content?.messages[0] === entries[offset]?.content?.messages[0];
      if (!isSame) fail(`compaction puts message ${content?.messages[0]} at ${offset}`);
      if (stale !== undefined) fail(`compaction keeps message ${stale} of offset ${offset}`);
    }
  }

  #begin(consumer: ConsumerSeen): void {
    const topic = this.#stored.topic(consumer.topic);
    if (topic === undefined) return;
    const { horizon, generation } = topic.compacted;
    this.#readers.set(consumer, { topic, horizon, generation });
  }

  #delivered(
    { consumer, position, content }: Extract<Observation, { readonly type: 'delivered' }>,
    fail: Fail,
  ): void {
    const reading = this.#readers.get(consumer);
    const entry = reading?.topic.at(position);
    if (reading === undefined || entry === undefined) return;
    const { topic, horizon, generation } = reading;
    const { entries, compacted } = topic;
    this.checks += 1;
    const where = `${position.ledger}:${position.entry}`;
    const lost = compacted.mustCome(entries, entry).find((i) => content?.gone?.has(i));
    if (lost !== undefined) fail(`message ${lost} of ${where} has been taken out, and is the last`);
    if (generation !== compacted.generation || this.#forgetting.has(consumer.topic)) return;
    const stale = compacted
      .mustNotCome(entries, entry.offset, horizon)
      .find((i) => !content?.gone?.has(i));
    if (stale === undefined) return;
    fail(`message ${stale} of ${where} comes to c${consumer.link}, compacted below ${horizon}`);
  }
}

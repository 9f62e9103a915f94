/** Each message is stored as often as it may be: once, where duplicates are looked for. */
import type { Content } from '../observe/entries.ts';
import type { Observation } from '../observe/observation.ts';
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';
import type { Stored } from './stored.ts';

export class Deduplication implements Invariant {
  readonly name = 'a message that is sent again is not stored again';
  checks = 0;
  readonly #isOn: boolean;
  readonly #topics: Stored;
  readonly #sent = new Map<number, number>();
  /** By topic, as it is numbered, and message. */
  readonly #stored = new Map<string, number>();
  /** By topic and producer: highest sequence ids that were sent, and that had a receipt. */
  readonly #highestSent = new Map<string, number>();
  readonly #highestDone = new Map<string, number>();

  constructor(world: World, topics: Stored) {
    this.#isOn = world.config.brokerDeduplicationEnabled;
    this.#topics = topics;
  }

  see(seen: Observation, fail: Fail): void {
    if (seen.type === 'sent') {
      for (const message of seen.content?.messages ?? []) count(this.#sent, message);
      const last = seen.sequenceId + (seen.content?.messages.length ?? 1) - 1;
      raise(this.#highestSent, nameOf(seen.producer), last);
    } else if (seen.type === 'record') {
      for (const { topicId, content } of seen.entries) {
        for (const message of content?.messages ?? []) {
          this.#store(topicId, message, isInnerChunk(content), fail);
        }
      }
    } else if (seen.type === 'receipt') {
      if (!isInnerChunk(seen.sent?.content) && this.#isHere(seen)) {
        raise(this.#highestDone, nameOf(seen.producer), seen.sequenceId);
      }
    } else if (seen.type === 'topic-deleted') {
      this.#forget(seen.topic);
    } else if (seen.type === 'producer-opened' && this.#isOn && seen.ready) {
      this.#opened(nameOf(seen.producer), seen.lastSequenceId, fail);
    }
  }

  /** A topic that is made anew knows nothing of what the one before it had stored. */
  #forget(topic: string): void {
    for (const name of this.#highestDone.keys()) {
      if (name.startsWith(`${topic} `)) this.#highestDone.delete(name);
    }
  }

  /** Whether it is about the topic that has the name now: a deletion may have come before it. */
  #isHere({ producer, sent }: Extract<Observation, { type: 'receipt' }>): boolean {
    const topic = this.#topics.topic(producer.topic);
    return this.#stored.has(`${topic?.topicId}/${sent?.content?.messages[0]}`);
  }

  #store(topicId: number, message: number, isInner: boolean, fail: Fail): void {
    this.checks += 1;
    const stored = count(this.#stored, `${topicId}/${message}`);
    // As in Pulsar, only the last chunk of a message tells whether all of it is there already.
    const allowed = this.#isOn && !isInner ? 1 : (this.#sent.get(message) ?? 0);
    if (stored > allowed) fail(`message ${message} is stored ${stored} times, not ${allowed}`);
  }

  #opened(name: string, last: number, fail: Fail): void {
    const done = this.#highestDone.get(name) ?? -1;
    const sent = this.#highestSent.get(name) ?? -1;
    if (last < done || last > sent) {
      fail(`${name} is told that #${last} is stored: receipts up to #${done}, sent up to #${sent}`);
    }
  }
}

function isInnerChunk(content: Content | undefined): boolean {
  const chunk = content?.chunk;
  return chunk !== undefined && chunk.index < chunk.count - 1;
}

function nameOf({ topic, name }: { readonly topic: string; readonly name: string | undefined }) {
  return `${topic} ${name}`;
}

function count<K>(counts: Map<K, number>, key: K): number {
  const next = (counts.get(key) ?? 0) + 1;
  counts.set(key, next);
  return next;
}

function raise(highest: Map<string, number>, key: string, value: number): void {
  highest.set(key, Math.max(highest.get(key) ?? -1, value));
}

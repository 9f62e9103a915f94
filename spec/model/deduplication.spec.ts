import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TestProducer } from '../actors/clients.ts';
import { Stage } from '../actors/harness.ts';
import { runs } from './runs.ts';

const NAMES = ['p', 'q'];

const message = fc.record({
  sequenceId: fc.nat(15),
  /** More messages of the batch. */
  more: fc.nat(3),
  /** -1: no chunk, else which of three. */
  chunk: fc.integer({ min: -1, max: 2 }),
});

const operation = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      who: fc.nat(1),
      messages: fc.array(message, { minLength: 1, maxLength: 5 }),
      /** Whether it reaches the disk before what follows. */
      isStored: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('crash', 'restart') }) },
);

/** Highest sequence id of each producer, and what was stored: no more is needed. */
class NaiveTopic {
  highest = new Map<string, number>();
  stored: string[] = [];

  copy(): NaiveTopic {
    const copy = new NaiveTopic();
    copy.highest = new Map(this.highest);
    copy.stored = [...this.stored];
    return copy;
  }

  /** Whether it is new. */
  send(name: string, value: string, sequenceId: number, more: number, chunk: number): boolean {
    const counts = chunk < 0 || chunk === 2;
    if (counts && sequenceId <= (this.highest.get(name) ?? -1)) return false;
    if (counts) this.highest.set(name, sequenceId + more);
    this.stored.push(value);
    return true;
  }
}

class Run {
  readonly #stage: Stage;
  #producers: TestProducer[] = [];
  #current = new NaiveTopic();
  #durable = new NaiveTopic();
  #values = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async begin(): Promise<void> {
    await this.#stage.consumer('s', { permits: 0 }).then((consumer) => consumer.drop());
    await this.#connect();
  }

  async send(
    who: number,
    messages: readonly { sequenceId: number; more: number; chunk: number }[],
    isStored: boolean,
  ): Promise<void> {
    const producer = this.#producers[who]!;
    const news: boolean[] = [];
    const sent = messages.map(({ sequenceId, more, chunk }) => {
      const value = `${this.#values++}`;
      news.push(this.#current.send(NAMES[who]!, value, sequenceId, more, chunk));
      return {
        value,
        sequenceId,
        messages: 1 + more,
        ...(more > 0 ? { highestSequenceId: sequenceId + more } : {}),
        ...(chunk >= 0 ? { chunk: { uuid: `u${sequenceId}`, index: chunk, count: 3 } } : {}),
      };
    });
    this.#stage.holdsSyncs = true;
    producer.receipts.length = 0;
    producer.send(...sent);
    await this.#stage.settle();
    expect(producer.receipts.filter(({ entryId }) => entryId >= 0)).toEqual([]);
    if (!isStored) return;
    await this.#store();
    const mine = producer.receipts.slice(-messages.length);
    expect(mine.map(({ entryId }) => entryId >= 0)).toEqual(news);
    expect(mine.map(({ sequenceId }) => sequenceId)).toEqual(sent.map((each) => each.sequenceId));
  }

  async crash(): Promise<void> {
    this.#current = this.#durable.copy();
    this.#stage.holdsSyncs = false;
    await this.#stage.crash();
    await this.#connect();
  }

  async restart(): Promise<void> {
    await this.#store();
    await this.#stage.restart();
    await this.#connect();
  }

  async finish(): Promise<void> {
    await this.#store();
    const consumer = await this.#stage.consumer('s');
    expect(consumer.values).toEqual(this.#current.stored);
  }

  async #store(): Promise<void> {
    this.#stage.holdsSyncs = false;
    await this.#stage.settle();
    this.#durable = this.#current.copy();
  }

  async #connect(): Promise<void> {
    this.#producers = [];
    for (const name of NAMES) {
      const producer = await this.#stage.producer('t', { name });
      expect(producer.opened[0]?.lastSequenceId).toBe(this.#current.highest.get(name) ?? -1);
      this.#producers.push(producer);
    }
  }
}

describe('deduplication', () => {
  it('stores what exceeds the highest sequence id of its producer, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(operation, { maxLength: 25, size: 'max' }),
        fc.constantFrom(2, 1_000),
        async (story, maxEntriesPerLedger) => {
          const topic = { maxEntriesPerLedger };
          const run = new Run(await Stage.open({ policies: { deduplication: true }, topic }));
          await run.begin();
          for (const each of story) {
            if (each.do === 'send') await run.send(each.who, each.messages, each.isStored);
            else await run[each.do]();
          }
          await run.finish();
        },
      ),
      runs(100),
    );
  });
});

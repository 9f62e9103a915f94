/** A stage with one topic that is published to, compacted and read, in the words of these specs. */
import { parseTopicName } from '../../src/base/topic-name.ts';
import type { TestProducer } from './clients.ts';
import type { ConsumerOptions, Received, TestConsumer } from './consumer.ts';
import type { Slot } from './entries.ts';
import { Stage, type StageOptions } from './harness.ts';

export const T = 'topic:persistent://public/default/t';
/** Each start skips to the next thousand. */
const MAX_TOPIC_ID = 40_000;
const NAME = parseTopicName('t');

/** A reader of the compacted topic, from its beginning. */
const READER: ConsumerOptions = {
  durable: false,
  readCompacted: true,
  startPosition: { ledgerId: -1, entryId: -1 },
};

export class Compacting {
  readonly stage: Stage;
  producer: TestProducer;
  #readers = 0;

  private constructor(stage: Stage, producer: TestProducer) {
    this.stage = stage;
    this.producer = producer;
  }

  static async open(options: StageOptions = {}): Promise<Compacting> {
    const stage = await Stage.open(options);
    return new Compacting(stage, await stage.producer());
  }

  /** `a=1` is a value of key a, `a=` a tombstone, `1` a value without key; `a=1,b=2` a batch. */
  async publish(...texts: string[]): Promise<void> {
    for (const text of texts) {
      const slots = text.split(',').map(slotOf);
      const [first] = slots;
      if (slots.length > 1) this.producer.send({ value: 'batch', batch: slots });
      else this.producer.send({ value: '', ...first });
    }
    await this.stage.settle();
  }

  /** Compacts, and gives what the topic says of it. */
  async compact() {
    await this.stage.request(T, (reply) => ({ type: 'compact', reply }));
    await this.stage.advance(1);
    return this.view.compaction;
  }

  get view() {
    const view = this.stage.broker.topicView(NAME);
    if (view === undefined) throw new Error('the topic is gone');
    return view;
  }

  /** Everything that a reader gets, in the form of `publish`; `_` was compacted out. */
  async read(options: ConsumerOptions = {}): Promise<string[]> {
    const reader = await this.reader(options);
    reader.drop();
    await this.stage.settle();
    return textsOf(reader.received);
  }

  reader(options: ConsumerOptions & { readonly permits?: number } = {}): Promise<TestConsumer> {
    this.#readers += 1;
    return this.stage.consumer(`reader-${this.#readers}`, { ...READER, ...options });
  }

  /** After a crash or a restart. */
  async again(): Promise<void> {
    this.producer = await this.stage.producer();
  }

  /** What the storage holds of compacted ledgers, in entries: all topics but the first. */
  stored(): number {
    const { topics } = this.stage.disk;
    let entries = 0;
    for (let id = 2; id < MAX_TOPIC_ID; id++) entries += topics.usage(id).liveEntries;
    return entries;
  }
}

export function textsOf(received: readonly Received[]): string[] {
  return received.map(({ key, value, batch }) =>
    (batch ?? [key === undefined ? { value } : { key, value }]).map(textOf).join(','),
  );
}

function slotOf(text: string): { readonly key?: string; readonly value: string } {
  const at = text.indexOf('=');
  return at < 0 ? { value: text } : { key: text.slice(0, at), value: text.slice(at + 1) };
}

function textOf(slot: Slot): string {
  if (slot === null) return '_';
  return slot.key === undefined ? slot.value : `${slot.key}=${slot.value}`;
}

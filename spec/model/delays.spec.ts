/**
 * Delayed messages under whatever may happen, beside the plainest model: a list of what was
 * published and when it is due. Nothing comes before its time, nothing that is acknowledged comes
 * again, and what is not comes in the end, once to each consumer that keeps it.
 */
import * as fc from 'fast-check';
import { describe, it } from 'vitest';
import type { Position } from '../../src/base/position.ts';
import type { Received, TestConsumer } from '../actors/consumer.ts';
import { Stage } from '../actors/harness.ts';
import { runs } from './runs.ts';

type Action =
  | { readonly do: 'publish'; readonly delaysMs: readonly number[] }
  | { readonly do: 'join'; readonly permits: number }
  | { readonly do: 'leave' | 'flow' | 'ack' | 'nack' | 'cancel'; readonly pick: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'crash' | 'restart' };

const delay = fc.oneof(fc.constant(0), fc.integer({ min: -50, max: 5_000 }), fc.nat({ max: 120 }));
/** Also within the rest between two looks at the index. */
const wait = fc.oneof(fc.nat({ max: 1_500 }), fc.nat({ max: 80 }));
const pick = fc.nat({ max: 1_000 });
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      delaysMs: fc.array(delay, { minLength: 1, maxLength: 8 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('join' as const),
      permits: fc.oneof(fc.nat({ max: 6 }), fc.nat({ max: 60 })),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('leave', 'flow', 'flow', 'ack', 'ack', 'ack', 'nack', 'cancel'),
      pick,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: wait }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('crash', 'restart') }) },
);

const options = fc.record({
  cacheBytes: fc.constantFrom(0, 64 * 1024),
  segmentRecords: fc.constantFrom(1, 1_000),
  topic: fc.record({ maxEntriesPerLedger: fc.constantFrom(2, 7, 1_000) }),
  subscription: fc.record({
    maxReadEntries: fc.constantFrom(1, 3, 100),
    maxReplay: fc.constantFrom(2, 4_000),
    brokerUnacked: fc.constantFrom(undefined, { messages: 6, perSubscription: 2 }),
  }),
  policies: fc.record({
    maxUnackedPerConsumer: fc.constantFrom(0, 3),
    maxUnackedPerSubscription: fc.constantFrom(0, 5),
  }),
  limits: fc.record({ checkpointIntervalMs: fc.constantFrom(500, 10_000) }),
});

describe('delayed messages come in their time, whatever happens', () => {
  it.each(['Shared', 'Key_Shared'] as const)('on %s subscriptions', async (subType) => {
    await fc.assert(
      fc.asyncProperty(options, fc.array(action, { maxLength: 40 }), async (each, story) => {
        const run = new Run(await Stage.open(each), subType);
        await run.begin();
        for (const step of story) await run.take(step);
        await run.end();
      }),
      runs(150),
    );
  });
});

class Run {
  readonly #stage: Stage;
  readonly #subType: 'Shared' | 'Key_Shared';
  /** When each message is due, by its value. */
  readonly #due = new Map<string, number>();
  readonly #positions = new Map<string, Position>();
  readonly #acked = new Set<string>();
  #consumers: TestConsumer[] = [];
  /** What each consumer has and has not acknowledged. */
  readonly #held = new Map<TestConsumer, Map<string, Received>>();
  #problem: string | undefined;

  constructor(stage: Stage, subType: 'Shared' | 'Key_Shared') {
    this.#stage = stage;
    this.#subType = subType;
  }

  /** Makes the subscription. */
  async begin(): Promise<void> {
    await this.#join(5);
  }

  async take(action: Action): Promise<void> {
    if (action.do === 'publish') await this.#publish(action.delaysMs);
    else if (action.do === 'join') await this.#join(action.permits);
    else if (action.do === 'wait') await this.#stage.advance(action.ms);
    else if (action.do === 'crash') await this.#startAgain(() => this.#stage.crash());
    else if (action.do === 'restart') await this.#startAgain(() => this.#stage.restart());
    else if ('pick' in action) this.#withConsumer(action.do, action.pick);
    await this.#stage.settle();
    if (this.#problem !== undefined) throw new Error(this.#problem);
  }

  /** Everything comes to those who are there and acknowledge it, once its time has come. */
  async end(): Promise<void> {
    if (this.#consumers.length === 0) await this.#join(0);
    for (const consumer of this.#consumers) consumer.flow(1_000);
    await this.#stage.advance(10_000);
    // What others have of a key holds up what follows, until they are done with it.
    while (this.#ackAll()) await this.#stage.settle();
    if (this.#problem !== undefined) throw new Error(this.#problem);
    const missing = [...this.#due.keys()].filter((value) => !this.#acked.has(value));
    if (missing.length > 0) throw new Error(`never came: ${missing.join()}`);
    const view = this.#stage.broker.subscriptionView(this.#consumers[0]!.topic, 's');
    if (view?.delayed !== 0) throw new Error(`${view?.delayed} are said to be delayed`);
  }

  /** Whether there was anything to acknowledge. */
  #ackAll(): boolean {
    let found = false;
    for (const [consumer, held] of this.#held) {
      found ||= held.size > 0;
      consumer.ack(...held.values());
      for (const value of held.keys()) this.#acked.add(value);
      held.clear();
    }
    return found;
  }

  #isHeld(value: string): boolean {
    return [...this.#held.values()].some((held) => held.has(value));
  }

  async #publish(delaysMs: readonly number[]): Promise<void> {
    const producer = await this.#stage.producer();
    const nowMs = this.#stage.clock.nowMs();
    const messages = delaysMs.map((delayMs) => {
      const value = `m${this.#due.size}`;
      const dueAtMs = delayMs === 0 ? 0 : nowMs + delayMs;
      this.#due.set(value, dueAtMs);
      return { value, key: `k${this.#due.size % 5}`, dueAtMs };
    });
    producer.send(...messages);
    await this.#stage.settle();
    for (const [i, { value }] of messages.entries())
      this.#positions.set(value, producer.receipts[i]!);
    producer.drop();
  }

  async #join(permits: number): Promise<TestConsumer> {
    const consumer = await this.#stage.consumer('s', { subType: this.#subType, permits: 0 });
    const held = new Map<string, Received>();
    this.#held.set(consumer, held);
    this.#consumers.push(consumer);
    consumer.onReceived = (received, before) => this.#check(consumer, received, before);
    if (permits > 0) consumer.flow(permits);
    await this.#stage.settle();
    return consumer;
  }

  #check(consumer: TestConsumer, received: Received, permits: number): void {
    const { value } = received;
    const nowMs = this.#stage.clock.nowMs();
    const holder = [...this.#held].find(([, held]) => held.has(value));
    if (nowMs < this.#due.get(value)!) this.#problem = `${value} came before its time`;
    else if (this.#acked.has(value)) this.#problem = `${value} came after its acknowledgement`;
    else if (holder !== undefined) this.#problem = `${value} came twice`;
    else if (permits <= 0) this.#problem = `${value} came without a permit`;
    this.#held.get(consumer)?.set(value, received);
  }

  #withConsumer(what: string, pick: number): void {
    const consumer = this.#consumers[pick % Math.max(1, this.#consumers.length)];
    if (consumer === undefined) return;
    const held = this.#held.get(consumer)!;
    const [value, received] = [...held][pick % Math.max(1, held.size)] ?? [];
    if (what === 'flow') consumer.flow(1 + (pick % 5));
    else if (what === 'leave') {
      consumer.drop();
      this.#held.delete(consumer);
      this.#consumers = this.#consumers.filter((each) => each !== consumer);
    } else if (what === 'cancel') this.#cancel(consumer, pick);
    else if (value !== undefined && received !== undefined) {
      held.delete(value);
      if (what === 'nack') consumer.redeliver([received]);
      else {
        consumer.ack(received);
        this.#acked.add(value);
      }
    }
  }

  /** Acknowledges a message that nobody has yet. */
  #cancel(consumer: TestConsumer, pick: number): void {
    const waiting = [...this.#due.keys()].filter(
      (value) => !this.#acked.has(value) && !this.#isHeld(value),
    );
    const value = waiting[pick % Math.max(1, waiting.length)];
    if (value === undefined) return;
    consumer.ack(this.#positions.get(value)!);
    this.#acked.add(value);
  }

  /** All clients are gone; what was acknowledged is durable by now. */
  async #startAgain(how: () => Promise<void>): Promise<void> {
    await this.#stage.settle();
    this.#consumers = [];
    this.#held.clear();
    await how();
    await this.#stage.settle();
  }
}

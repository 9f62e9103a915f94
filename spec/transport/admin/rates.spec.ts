/** Rates: what counters grew by, a second, over the last interval. */
import { describe, expect, it } from 'vitest';
import type { ConsumerView, ProducerView } from '../../../src/actors/views.ts';
import { silentLog } from '../../../src/base/log.ts';
import type { FlowRate } from '../../../src/transport/metrics/meters.ts';
import { startRates } from '../../../src/transport/metrics/rates.ts';
import { FakeBroker, subscription } from './fake-broker.ts';
import { ManualClock } from './manual-clock.ts';
import { consumer, producer } from './views.ts';

const TOPIC = 'persistent://public/default/a';
const MINUTE_MS = 60_000;

function sampled(intervalMs = 60 * MINUTE_MS) {
  const broker = new FakeBroker();
  const clock = new ManualClock();
  const rates = startRates({ broker, clock, log: silentLog, intervalMs });
  const show = (
    messages: number,
    producers: readonly ProducerView[] = [],
    consumers: readonly ConsumerView[] = [],
  ) => {
    const topic = broker.add(TOPIC, {
      in: { messages, bytes: messages * 100 },
      entriesAdded: messages / 10,
      producers,
    });
    const out = { messages: messages * 2, bytes: messages * 200 };
    topic.subscriptions.set('s', subscription('s', { out, redelivered: messages / 2, consumers }));
  };
  return { broker, clock, rates, show };
}

const flow = ({ messages, bytes }: FlowRate): FlowRate => ({ messages, bytes });

describe('a rate', () => {
  it('is zero before the first sample and for a topic that nobody knows', () => {
    const { rates, show } = sampled();
    show(600);
    expect(flow(rates.of(TOPIC).in)).toEqual({ messages: 0, bytes: 0 });
    expect(rates.of('persistent://public/default/b').subscription('s').acked).toBe(0);
  });

  it('is what was added since the last sample, by its seconds', async () => {
    const { clock, rates, show } = sampled();
    show(600);
    clock.advance(MINUTE_MS / 2);
    await rates.sample();
    expect(flow(rates.of(TOPIC).in)).toEqual({ messages: 20, bytes: 2000 });
    expect(rates.of(TOPIC).entries).toBe(2);
    show(900);
    clock.advance(MINUTE_MS / 6);
    await rates.sample();
    expect(flow(rates.of(TOPIC).in)).toEqual({ messages: 30, bytes: 3000 });
    expect(flow(rates.of(TOPIC).subscription('s').out)).toEqual({ messages: 60, bytes: 6000 });
    expect(rates.of(TOPIC).subscription('s').redelivered).toBe(15);
  });

  it('falls to zero when nothing is added', async () => {
    const { clock, rates, show } = sampled();
    show(600);
    for (let sample = 0; sample < 2; sample += 1) {
      clock.advance(MINUTE_MS);
      await rates.sample();
    }
    expect(rates.of(TOPIC).in.messages).toBe(0);
  });

  it('counts from zero again when the topic was loaded again', async () => {
    const { clock, rates, show } = sampled();
    show(600);
    clock.advance(MINUTE_MS);
    await rates.sample();
    show(60);
    clock.advance(MINUTE_MS);
    await rates.sample();
    expect(rates.of(TOPIC).in.messages).toBe(1);
  });

  it('belongs to one producer or consumer; a subscription adds up acknowledgements', async () => {
    const { clock, rates, show } = sampled();
    const [one, two] = [producer({ producerId: 1 }), producer({ producerId: 2 })];
    const [first, second] = [consumer({ consumerId: 1 }), consumer({ consumerId: 2 })];
    show(
      90,
      [
        { ...one, in: { messages: 60, bytes: 600 } },
        { ...two, in: { messages: 30, bytes: 300 } },
      ],
      [
        { ...first, out: { messages: 120, bytes: 1200 }, acked: 60, redelivered: 6 },
        { ...second, acked: 120 },
      ],
    );
    clock.advance(MINUTE_MS);
    await rates.sample();
    const topic = rates.of(TOPIC);
    expect(flow(topic.producer(one))).toEqual({ messages: 1, bytes: 10 });
    expect(flow(topic.producer(two))).toEqual({ messages: 0.5, bytes: 5 });
    const s = topic.subscription('s');
    expect([s.consumer(first).acked, s.consumer(first).redelivered]).toEqual([1, 0.1]);
    expect(flow(s.consumer(first).out)).toEqual({ messages: 2, bytes: 20 });
    expect(s.acked).toBe(3);
  });

  it('of what was too old shows on a topic without traffic, too', async () => {
    const { broker, clock, rates } = sampled();
    broker.add(TOPIC).subscriptions.set('s', subscription('s', {}, { expired: 120 }));
    clock.advance(MINUTE_MS);
    await rates.sample();
    expect(rates.of(TOPIC).subscription('s').expired).toBe(2);
  });

  it('is forgotten with its topic', async () => {
    const { broker, clock, rates, show } = sampled();
    show(600);
    clock.advance(MINUTE_MS);
    await rates.sample();
    broker.topics.clear();
    await rates.sample();
    expect(rates.of(TOPIC).in.messages).toBe(0);
  });
});

it('the broker’s own rates are of its reads and its work', async () => {
  const broker = new FakeBroker();
  const clock = new ManualClock();
  const reads = { cacheHits: 0, cacheMisses: 0 };
  const own = { intervalMs: MINUTE_MS, storageStats: () => reads };
  const rates = startRates({ broker, clock, log: silentLog, ...own });
  Object.assign(reads, { cacheHits: 600, cacheMisses: 60 });
  clock.advance(MINUTE_MS / 2);
  await rates.sample();
  expect([rates.broker.cacheHits, rates.broker.cacheMisses]).toEqual([20, 2]);
  expect(rates.broker.cpuPercent).toBeGreaterThanOrEqual(0);
  expect(rates.broker.cpuPercent).toBeLessThan(100);
  rates.stop();
});

describe('the sampler', () => {
  it('samples every interval until it is stopped', async () => {
    const { clock, rates, show } = sampled(MINUTE_MS);
    show(600);
    clock.advance(MINUTE_MS);
    await new Promise((resolve) => setImmediate(resolve));
    expect(rates.of(TOPIC).in.messages).toBe(10);
    expect(clock.timers).toBe(1);
    rates.stop();
    expect(clock.timers).toBe(0);
  });
});

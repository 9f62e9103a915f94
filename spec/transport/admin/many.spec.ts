/** Namespaces and topics with very many parts over REST: answered whole, and in slices. */
import { describe, expect, it } from 'vitest';
import { configWith } from '../../../src/base/options.ts';
import { parseTopicName } from '../../../src/base/topic-name.ts';
import { type AdminContext, Pieces } from '../../../src/transport/admin/call.ts';
import { internalInfo, internalStats } from '../../../src/transport/admin/internal-stats.ts';
import { listOf } from '../../../src/transport/admin/list.ts';
import { partitionedStats } from '../../../src/transport/admin/partitioned-stats.ts';
import { topicStats } from '../../../src/transport/admin/topic-stats.ts';
import { SILENT_TOPIC } from '../../../src/transport/metrics/meters.ts';
import { silentRates } from '../../../src/transport/metrics/rates.ts';
import { FakeBroker, subscription } from './fake-broker.ts';
import { ManualClock } from './manual-clock.ts';
import { startRest } from './rest.ts';

const MANY = 2_500;
const FULL = 'persistent://public/default/a';
const QUERY = { publishers: true, consumers: true, backlogSize: true, earliestInBacklog: false };

const numbered = (i: number) => String(i).padStart(5, '0');

/** A context in which every look at the clock finds that a millisecond has passed. */
function contextOf(broker: FakeBroker) {
  const clock = new ManualClock();
  clock.monotonicMs = () => {
    clock.advance(1);
    return clock.nowMs();
  };
  const urls = { broker: '', http: '', brokerId: 'b' };
  const rates = { ...silentRates, of: () => SILENT_TOPIC, sample: async () => {}, stop: () => {} };
  const context: AdminContext = { broker, options: configWith(), clock, rates, urls };
  return { context, clock };
}

function brokerWithSubscriptions(): FakeBroker {
  const broker = new FakeBroker();
  const subscriptions = Array.from({ length: MANY }, (_, i) => `s${numbered(i)}`);
  const topic = broker.add(FULL, { subscriptions });
  for (const name of subscriptions) {
    topic.subscriptions.set(name, subscription(name, {}, { backlogBytes: 3, backlogEntries: 1 }));
  }
  return broker;
}

async function textOf(pieces: unknown): Promise<string[]> {
  if (!(pieces instanceof Pieces)) throw new Error('not in pieces');
  const texts: string[] = [];
  for await (const text of pieces.texts) texts.push(text);
  return texts;
}

/** 16 visits to a look at the clock, a millisecond each, and 4 ms to a slice. */
const VISITS_OF_A_SLICE = 16 * 5;

describe('very many', () => {
  it('topics are listed over HTTP as few are', async () => {
    const rest = await startRest();
    const names = Array.from({ length: MANY }, (_, i) => `${FULL}${numbered(i)}`);
    for (const name of names) rest.broker.add(name);
    for (const path of ['persistent/public/default', 'namespaces/public/default/topics']) {
      const answer = await rest.get(`/admin/v2/${path}`);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toContain('application/json');
      expect(answer.json()).toEqual(names);
    }
  });

  it('names are written a thousand at a time', async () => {
    const clock = new ManualClock();
    const names = Array.from({ length: MANY }, (_, i) => `"${i}`);
    const texts = await textOf(listOf(names, clock));
    expect(JSON.parse(texts.join(''))).toEqual(names);
    const counts = texts.map((text) => text.split('\\"').length - 1);
    expect(Math.max(...counts)).toBeLessThanOrEqual(1_000);
    expect(clock.pauses).toBe(3);
    const few = names.slice(0, 1_000);
    expect(listOf(few, clock)).toBe(few);
  });

  it.each([
    ['stats', topicStats],
    ['internal stats', internalStats],
    ['internal info', internalInfo],
  ])('subscriptions of one topic are looked at in slices: %s', async (_, tell) => {
    const { context, clock } = contextOf(brokerWithSubscriptions());
    const name = parseTopicName(FULL);
    const told = await tell(context, name, context.broker.topicView(name)!, QUERY);
    const listed = 'subscriptions' in told ? told.subscriptions : told.cursors;
    expect(Object.keys(listed)).toHaveLength(MANY);
    expect(clock.pauses).toBeGreaterThanOrEqual(Math.floor(MANY / VISITS_OF_A_SLICE));
  });

  it('partitions are looked at in slices, and written one by one', async () => {
    const broker = new FakeBroker();
    broker.partitioned.set(FULL, { partitions: MANY, properties: {} });
    const names = Array.from({ length: MANY }, (_, i) => `${FULL}-partition-${i}`);
    for (const name of names) broker.add(name, { in: { messages: 2, bytes: 7 } });
    const { context, clock } = contextOf(broker);
    const partitions = names.map(parseTopicName);
    const texts = await textOf(await partitionedStats(context, partitions, QUERY, true));
    expect(texts.length).toBeGreaterThanOrEqual(MANY);
    const stats = JSON.parse(texts.join(''));
    expect(Object.keys(stats.partitions)).toEqual(names);
    expect(stats).toMatchObject({ msgInCounter: 2 * MANY, bytesInCounter: 7 * MANY });
    expect(clock.pauses).toBeGreaterThanOrEqual(Math.floor(MANY / VISITS_OF_A_SLICE));
  });
});

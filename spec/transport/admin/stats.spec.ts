/** Statistics in Pulsar's shapes: every field that the real broker gives, and no other. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { SubscriptionView } from '../../../src/actors/views.ts';
import { type FakeBroker, SOME_MS, subscription } from './fake-broker.ts';
import { type Rest, startRest } from './rest.ts';
import { consumer, producer } from './views.ts';

const TOPIC = 'persistent://public/default/a';
const PATH = '/admin/v2/persistent/public/default/a';

/** A topic with two ledgers, a producer, and a subscription of each type. */
function addBusyTopic(broker: FakeBroker, full = TOPIC): void {
  const topic = broker.add(full, {
    producers: [producer({ name: 'prod1', metadata: { x: 'y' } })],
    waitingProducers: 2,
    lastPublishAtMs: SOME_MS + 9,
    ledgers: [
      { ledgerId: 5, entries: 100, bytes: 1000, openedAtMs: SOME_MS },
      { ledgerId: 8, entries: 20, bytes: 200, openedAtMs: SOME_MS + 1 },
    ],
    last: { ledgerId: 8, entryId: 19 },
    in: { messages: 150, bytes: 1200 },
    entriesAdded: 120,
  });
  const cursor = { backlogEntries: 30, backlogBytes: 300, ackedRanges: 2, waitingRead: true };
  const add = (name: string, view: Partial<SubscriptionView>) =>
    topic.subscriptions.set(name, subscription(name, view, cursor));
  add('excl', {
    type: 'Exclusive',
    activeConsumer: 'c-excl',
    consumers: [consumer({ name: 'c-excl', metadata: { a: 'b' } })],
    out: { messages: 70, bytes: 700 },
    lastAckedAtMs: SOME_MS,
  });
  add('ks /1', {
    type: 'Key_Shared',
    keyShared: { mode: 'AUTO_SPLIT', allowOutOfOrder: false },
    consumers: [consumer({ name: 'c-ks', hashRanges: [[0, 100]], lastAckedAtMs: SOME_MS })],
    out: { messages: 30, bytes: 300 },
  });
}

async function restWithBusyTopic(): Promise<Rest> {
  const rest = await startRest();
  addBusyTopic(rest.broker);
  return rest;
}

const documentOf = async (rest: Rest, path: string) =>
  (await rest.get(path)).json() as Record<string, never>;

/** Paths of all fields; what stands under a name that users choose stands under `*`. */
function fieldsOf(document: unknown, mapsBelow: readonly string[]): string[] {
  const fields = new Set<string>();
  const walk = (value: unknown, path: string): void => {
    if (Array.isArray(value)) {
      for (const one of value) walk(one, `${path}[]`);
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, one] of Object.entries(value)) {
        const shown = mapsBelow.includes(path) ? '*' : name;
        const field = path === '' ? shown : `${path}.${shown}`;
        fields.add(field);
        walk(one, field);
      }
    }
  };
  walk(document, '');
  return [...fields].sort();
}

/** Recorded field paths; the first line says of what. */
function recorded(file: string): string[] {
  const lines = readFileSync(new URL(file, import.meta.url), 'utf8')
    .trim()
    .split('\n');
  return lines.slice(1).sort();
}

const METADATA = ['publishers[].metadata', 'subscriptions.*.consumers[].metadata'];

describe('stats of a topic', () => {
  it("have Pulsar's fields", async () => {
    const stats = await documentOf(await restWithBusyTopic(), `${PATH}/stats`);
    expect(fieldsOf(stats, ['subscriptions', ...METADATA])).toEqual(recorded('stats-fields.txt'));
  });

  it('add up what the views say', async () => {
    const rest = await restWithBusyTopic();
    expect(await documentOf(rest, `${PATH}/stats`)).toMatchObject({
      msgInCounter: 150,
      bytesInCounter: 1200,
      msgOutCounter: 100,
      bytesOutCounter: 1000,
      storageSize: 1200,
      backlogSize: 300,
      waitingPublishers: 2,
      nonContiguousDeletedMessagesRanges: 4,
      deduplicationStatus: 'Disabled',
      ownerBroker: rest.http,
      topicCreationTimeStamp: SOME_MS,
      lastPublishTimeStamp: SOME_MS + 9,
    });
  });

  it('show producers and consumers as Java writes addresses and times', async () => {
    const stats = await documentOf(await restWithBusyTopic(), `${PATH}/stats`);
    expect(stats['publishers']).toMatchObject([
      { producerName: 'prod1', address: '/127.0.0.1:47726', metadata: { x: 'y' } },
    ]);
    expect(stats['subscriptions']).toMatchObject({
      excl: {
        type: 'Exclusive',
        activeConsumerName: 'c-excl',
        msgBacklog: 30,
        backlogSize: 300,
        consumers: [
          {
            connectedSince: '2026-11-22T04:12:32.042Z',
            lastAckedTime: '1970-01-01T00:00:00Z',
          },
        ],
      },
      'ks /1': { keySharedMode: 'AUTO_SPLIT', consumers: [{ keyHashRangeArrays: [[0, 100]] }] },
    });
  });

  it('count what waits for its time, and what its places in the time index take', async () => {
    const rest = await startRest();
    const topic = rest.broker.add(TOPIC);
    topic.subscriptions.set('a', subscription('a', { delayed: 2 }, { backlogEntries: 5 }));
    topic.subscriptions.set('b', subscription('b', { delayed: 1 }, { backlogEntries: 5 }));
    const { json } = await rest.get(`${PATH}/stats`);
    expect(json()).toMatchObject({
      delayedMessageIndexSizeInBytes: 54,
      subscriptions: {
        a: { msgDelayed: 2, msgBacklogNoDelayed: 3, delayedMessageIndexSizeInBytes: 36 },
        b: { delayedMessageIndexSizeInBytes: 18 },
      },
    });
  });

  it('leave out what the query does not want', async () => {
    const query = 'excludePublishers=true&excludeConsumers=true&subscriptionBacklogSize=false';
    const stats = await documentOf(await restWithBusyTopic(), `${PATH}/stats?${query}`);
    expect(stats).toMatchObject({
      publishers: [],
      subscriptions: { excl: { consumers: [], backlogSize: -1 } },
    });
  });

  it('leave out producers where the configuration says so', async () => {
    const rest = await startRest({ exposePublisherStats: false });
    addBusyTopic(rest.broker);
    expect(await documentOf(rest, `${PATH}/stats`)).toMatchObject({ publishers: [] });
  });

  it('of a subscription that nobody has attached to have the type None', async () => {
    const rest = await startRest();
    rest.broker.add(TOPIC).subscriptions.set('s', subscription('s'));
    const stats = await documentOf(rest, `${PATH}/stats`);
    expect(stats).toMatchObject({ subscriptions: { s: { type: 'None' } } });
  });
});

describe('internal stats of a topic', () => {
  it("have Pulsar's fields", async () => {
    const stats = await documentOf(await restWithBusyTopic(), `${PATH}/internalStats`);
    const expected = recorded('internal-stats-fields.txt');
    expect(fieldsOf(stats, ['cursors'])).toEqual(expected);
  });

  it('count the open ledger apart, and encode the names of cursors', async () => {
    const stats = await documentOf(await restWithBusyTopic(), `${PATH}/internalStats`);
    expect(stats).toMatchObject({
      numberOfEntries: 120,
      totalSize: 1200,
      currentLedgerEntries: 20,
      currentLedgerSize: 200,
      lastConfirmedEntry: '8:19',
      state: 'LedgerOpened',
      waitingCursorsCount: 2,
      ledgers: [
        { ledgerId: 5, entries: 100, size: 1000 },
        { ledgerId: 8, entries: 0, size: 0 },
      ],
    });
    expect(Object.keys(stats['cursors'] ?? {})).toEqual(['excl', 'ks+%2F1']);
  });

  it('say that a topic was terminated', async () => {
    const rest = await startRest();
    rest.broker.add(TOPIC, { terminated: true });
    const stats = await documentOf(rest, `${PATH}/internalStats`);
    expect(stats).toMatchObject({ state: 'Terminated' });
    const info = await documentOf(rest, `${PATH}/internal-info`);
    expect(info).toMatchObject({ terminatedPosition: { ledgerId: 5, entryId: -1 } });
  });
});

describe('stats of a partitioned topic', () => {
  const base = '/admin/v2/persistent/public/default/p';

  async function restWithPartitions(): Promise<Rest> {
    const rest = await startRest();
    await rest.send('PUT', `${base}/partitions`, '2');
    for (const index of [0, 1]) {
      addBusyTopic(rest.broker, `persistent://public/default/p-partition-${index}`);
    }
    return rest;
  }

  it('add up numbers and pair producers and consumers by their place', async () => {
    const stats = await documentOf(await restWithPartitions(), `${base}/partitioned-stats`);
    expect(stats).toMatchObject({
      metadata: { partitions: 2, deleted: false },
      msgInCounter: 300,
      storageSize: 2400,
      publishers: [{ producerId: 0, supportsPartialProducer: false }],
      subscriptions: {
        excl: {
          msgBacklog: 60,
          lastAckedTimestamp: 0,
          consumers: [{ consumerName: 'c-excl', availablePermits: 2000 }],
        },
      },
    });
    expect(Object.keys(stats['partitions'] ?? {})).toEqual(
      [0, 1].map((index) => `persistent://public/default/p-partition-${index}`),
    );
  });

  it('leave the partitions out when asked to', async () => {
    const rest = await restWithPartitions();
    const stats = await documentOf(rest, `${base}/partitioned-stats?perPartition=false`);
    expect(stats).toMatchObject({ partitions: {} });
  });

  it('have their internal form, and so has the ledger info', async () => {
    const rest = await restWithPartitions();
    for (const form of ['partitioned-internalStats', 'internal-info']) {
      const document = await documentOf(rest, `${base}/${form}`);
      expect(Object.keys(document['partitions'] ?? {})).toHaveLength(2);
    }
  });
});

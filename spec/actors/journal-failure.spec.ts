import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import type { StateStore } from '../../src/storage/state.ts';
import type { OpenStorage, Storage } from '../../src/storage/storage.ts';
import { Connection } from './clients.ts';
import { TestConsumer } from './consumer.ts';
import { Stage, type StageOptions } from './harness.ts';
import { replaceEntries } from './replace-entries.ts';

const T = 'topic:persistent://public/default/t';

const failing: StageOptions = { expectsErrors: true };

const full = new BrokerError('storage-full', 'The disk is full');

/** The disk fails with what is unsynced, and works again once it is opened anew. */
async function fails(stage: Stage): Promise<void> {
  stage.disk.fail(full);
  await stage.settle();
}

/** One message is stored, and from now on whoever reads it waits. */
async function withSlowReads() {
  const stage = await Stage.open({ ...failing, cacheBytes: 0 });
  const producer = await stage.producer();
  const consumer = await stage.consumer('s', { permits: 0 });
  producer.send('0');
  await stage.settle();
  stage.holdsReads = true;
  return { stage, producer, consumer };
}

/** Promises are kept, and the broker takes no step. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

/** Snapshots that are saved or loaded in another way. */
function replaceState({ state }: Storage, other: Partial<StateStore>): StateStore {
  return {
    get checkpointSequence() {
      return state.checkpointSequence;
    },
    load: (actor) => state.load(actor),
    due: (untilMs, options) => state.due(untilMs, options),
    list: (...request) => state.list(...request),
    save: (snapshots) => state.save(snapshots),
    checkpoint: (sequence) => state.checkpoint(sequence),
    ...other,
  };
}

describe('a journal that fails', () => {
  it('costs clients their connection to the topic, and nothing that was promised', async () => {
    const stage = await Stage.open(failing);
    const producer = await stage.producer();
    const consumer = await stage.consumer('s', { subType: 'Shared' });
    producer.send('kept', 'acked');
    await stage.settle();
    consumer.ack(consumer.received[1]!);
    await stage.settle();
    stage.holdsSyncs = true;
    producer.send('lost');
    consumer.ackEntries([{ position: consumer.received[0]!, ackSet: undefined }], 77);
    await stage.settle();
    await fails(stage);
    stage.holdsSyncs = false;
    expect([producer.isClosed, consumer.isClosed]).toEqual([true, true]);
    expect(producer.receipts).toHaveLength(2);
    expect(consumer.connection.answers.get(77)).toMatchObject({
      type: 'ack-answered',
      refusal: { code: 'service-not-ready' },
    });
    await stage.advance(1_000);
    expect(stage.runtime.state).toBe('open');
    const again = await stage.consumer('s', { subType: 'Shared' });
    const late = await stage.producer();
    late.send('new');
    await stage.settle();
    expect(again.values).toEqual(['kept', 'new']);
    expect(late.receipts[0]!.ledgerId).toBeGreaterThan(producer.receipts[0]!.ledgerId);
  });

  it('lets go whoever was about to be told to go', async () => {
    const stage = await Stage.open(failing);
    const producer = await stage.producer();
    const consumer = await stage.consumer('s', { subType: 'Shared' });
    stage.holdsSyncs = true;
    producer.send('0');
    const unloaded = stage.broker.ask(T, (reply) => ({ type: 'unload', reply }));
    const answer = unloaded.catch((error: BrokerError) => error.code);
    await stage.settle();
    expect([producer.isClosed, consumer.isClosed]).toEqual([false, false]);
    await fails(stage);
    expect([producer.isClosed, consumer.isClosed]).toEqual([true, true]);
    expect(await answer).toBe('service-not-ready');
  });

  it('lets go a consumer whose unsubscribing it refuses, as the actor has let it go', async () => {
    const stage = await Stage.open(failing);
    const consumer = await stage.consumer('s');
    stage.holdsSyncs = true;
    consumer.unsubscribe(1009);
    await stage.settle();
    expect(consumer.isClosed).toBe(false);
    await fails(stage);
    expect(consumer.connection.answers.get(1009)?.type).toBe('refused');
    expect(consumer.isClosed).toBe(true);
  });

  it('refuses who waits for entries to be read', async () => {
    const { stage, producer, consumer } = await withSlowReads();
    const ask = (type: string) =>
      stage.broker.ask(T, (reply) => ({ type, reply, subscription: 's' }));
    const last = ask('get-last-message-id').catch((error: BrokerError) => error.code);
    consumer.seek({ kind: 'time', publishTimeMs: 0 }, 78);
    const subscription = stage.broker.subscriptionActor(producer.topic, 's')!;
    const expiry = stage.broker
      .ask(subscription, (reply) => ({ type: 'expire', reply, limit: { kind: 'time', timeMs: 0 } }))
      .catch((error: BrokerError) => error.code);
    await stage.settle();
    stage.holdsSyncs = true;
    producer.send('1');
    await stage.settle();
    await fails(stage);
    expect(await stage.until(last)).toBe('service-not-ready');
    expect(await stage.until(expiry)).toBe('service-not-ready');
    expect(consumer.connection.answers.get(78)).toMatchObject({ type: 'refused' });
  });

  it('refuses who waits for entries that have been read and not looked at', async () => {
    const { stage, consumer } = await withSlowReads();
    const last = stage.broker
      .ask(T, (reply) => ({ type: 'get-last-message-id', reply, subscription: 's' }))
      .catch((error: BrokerError) => error.code);
    consumer.seek({ kind: 'time', publishTimeMs: 0 }, 78);
    await stage.settle();
    stage.letRead();
    await turns();
    stage.disk.fail(full);
    await turns();
    await stage.settle();
    expect(await stage.until(last)).toBe('service-not-ready');
    expect(consumer.connection.answers.get(78)?.type).toBe('refused');
  });

  it('lets go a producer that was fenced and has not published since', async () => {
    const stage = await Stage.open(failing);
    const old = await stage.producer();
    const fencing = await stage.producer('t', { accessMode: 'ExclusiveWithFencing' });
    stage.holdsSyncs = true;
    fencing.send('0');
    await stage.settle();
    await fails(stage);
    expect([old.isClosed, fencing.isClosed]).toEqual([true, true]);
  });

  it('refuses what waits for an answer, handled or not', async () => {
    const stage = await Stage.open(failing);
    await stage.producer();
    stage.holdsSyncs = true;
    const ask = (properties: Record<string, string>) =>
      stage.broker.ask('topic:persistent://public/default/x', (reply) => ({
        type: 'create',
        reply,
        properties,
      }));
    const decided = ask({}).catch((error: BrokerError) => error.code);
    await stage.settle();
    const waiting = ask({}).catch((error: BrokerError) => error.code);
    stage.disk.fail(full);
    await stage.syncOnly();
    stage.holdsSyncs = false;
    expect(await stage.until(decided)).toBe('service-not-ready');
    expect(await stage.until(waiting)).toBe('service-not-ready');
    expect(stage.runtime.state).toBe('failed');
    expect(() => stage.broker.ref(T).tell({ type: 'unload' })).toThrow('please retry');
  });

  it('is survived while a checkpoint waits for it', async () => {
    const stage = await Stage.open({ ...failing, limits: { maxInFlight: 1 } });
    const producer = await stage.producer();
    stage.holdsSyncs = true;
    producer.send('0');
    await stage.settle();
    producer.send('1');
    await stage.advance(15_000);
    await fails(stage);
    stage.holdsSyncs = false;
    await stage.advance(2_000);
    expect(stage.runtime.state).toBe('open');
    expect((await stage.producer()).isReady).toBe(true);
  });

  it('is survived while an actor is recovered from it', async () => {
    const stage = await Stage.open({ ...failing, fragile: true });
    const producer = await stage.producer();
    stage.holdsSyncs = true;
    producer.send('0');
    await stage.settle();
    stage.broker.ref(T).tell({ type: 'poison' });
    await stage.settle();
    await fails(stage);
    stage.holdsSyncs = false;
    await stage.advance(2_000);
    expect((await stage.producer()).isReady).toBe(true);
  });

  it('is survived when it fails at once after it has been opened', async () => {
    let broken = 2;
    const wrapStorage = (open: OpenStorage) => async (): Promise<Storage> => {
      const storage = await open();
      if (--broken !== 0) return storage;
      const { journal } = storage;
      const append = () => {
        throw full;
      };
      const refusing = {
        lastSequence: journal.lastSequence,
        append,
        read: journal.read.bind(journal),
      };
      return {
        journal: refusing,
        entries: storage.entries,
        state: storage.state,
        failed: storage.failed,
        scratch: storage.scratch,
        get isShort() {
          return storage.isShort;
        },
        stats: () => storage.stats(),
        close: () => storage.close(),
      };
    };
    const stage = await Stage.open({ ...failing, wrapStorage });
    await stage.producer();
    await stage.crash();
    await stage.advance(5_000);
    expect(stage.runtime.state).toBe('open');
    expect((await stage.producer()).isReady).toBe(true);
  });

  it('is started over when its storage fails, though nobody publishes', async () => {
    const stage = await Stage.open(failing);
    const producer = await stage.producer();
    await stage.settle();
    await fails(stage);
    expect(producer.isClosed).toBe(true);
    await stage.advance(2_000);
    expect(stage.runtime.state).toBe('open');
    expect(stage.runtime.stats().journalSequence).toBeGreaterThan(0);
    expect((await stage.producer()).isReady).toBe(true);
  });

  it('is started over from where snapshots cannot be read any more', async () => {
    let broken = false;
    const wrapStorage = (open: OpenStorage) => async (): Promise<Storage> => {
      broken = false;
      const storage = await open();
      const load: Storage['state']['load'] = (actor) => {
        if (broken && actor.startsWith('subscription:')) throw full;
        return storage.state.load(actor);
      };
      return { ...replaceEntries(storage, {}), state: replaceState(storage, { load }) };
    };
    const stage = await Stage.open({ ...failing, wrapStorage, limits: { actorIdleMs: 2_000 } });
    const producer = await stage.producer();
    const idle = await stage.consumer('idle');
    const other = await stage.consumer('s', { topic: 'u' });
    for (const consumer of [idle, other]) consumer.drop();
    await stage.advance(5_000);
    expect([...stage.runtime.loaded('subscription')]).toEqual([]);
    broken = true;
    const both = [idle, other].map(({ topic }) => {
      const ids = { key: stage.broker.nextKey(), consumerId: 1, requestId: stage.nextId() };
      return new TestConsumer(stage.broker, topic, 's', new Connection('late'), ids);
    });
    for (const consumer of both) consumer.subscribe({});
    await stage.settle();
    const codes = both.map(({ refusal }) => refusal?.code);
    expect(codes).toEqual(['service-not-ready', 'service-not-ready']);
    expect(producer.isClosed).toBe(true);
    // What came in the same step is not decided by halves.
    expect(stage.errors.filter((line) => line.includes('TypeError'))).toEqual([]);
    await stage.advance(2_000);
    expect(stage.runtime.state).toBe('open');
    expect((await stage.consumer('idle')).subscribed).toBeDefined();
  });

  it('is opened again and again until that works', async () => {
    let refusals = 0;
    const wrapStorage = (open: OpenStorage) => () =>
      refusals-- > 0 ? Promise.reject(full) : open();
    const stage = await Stage.open({ ...failing, wrapStorage });
    const producer = await stage.producer();
    refusals = 3;
    stage.holdsSyncs = true;
    producer.send('0');
    await stage.settle();
    await fails(stage);
    stage.holdsSyncs = false;
    await stage.advance(3_500);
    expect(stage.runtime.state).toBe('failed');
    await stage.advance(1_000);
    expect(stage.runtime.state).toBe('open');
    expect((await stage.producer()).isReady).toBe(true);
  });

  it('does not keep the broker from ending', async () => {
    const stage = await Stage.open(failing);
    const producer = await stage.producer();
    stage.holdsSyncs = true;
    producer.send('0');
    await stage.settle();
    const closing = stage.runtime.close();
    await stage.settle();
    await fails(stage);
    await stage.until(closing);
    await stage.advance(10_000);
    expect(stage.runtime.state).toBe('closed');
  });

  it('is not opened again by a broker that has ended meanwhile', async () => {
    const stage = await Stage.open(failing);
    const producer = await stage.producer();
    stage.holdsSyncs = true;
    producer.send('0');
    await stage.settle();
    await fails(stage);
    stage.holdsSyncs = false;
    await stage.until(stage.runtime.close());
    await stage.advance(10_000);
    expect(stage.runtime.state).toBe('closed');
  });
});

describe('reads of what is on its way', () => {
  it('borrow it when it has come, and take nothing to keep', async () => {
    let come: (() => void) | undefined;
    let kept = 0;
    const wrapStorage = (open: OpenStorage) => async (): Promise<Storage> => {
      const storage = await open();
      const { entries } = storage;
      const arrived = new Promise<void>((resolve) => {
        come = resolve;
      });
      let isHere = false;
      void arrived.then(() => {
        isHere = true;
      });
      return replaceEntries(storage, {
        cached: (...request) => (isHere ? entries.cached(...request) : undefined),
        arrival: () => arrived,
        read: (...request) => {
          kept += 1;
          return entries.read(...request);
        },
      });
    };
    const stage = await Stage.open({ wrapStorage });
    const producer = await stage.producer();
    const consumer = await stage.consumer('s');
    producer.send('0');
    await stage.settle();
    expect(consumer.values).toEqual([]);
    come?.();
    await stage.settle();
    expect([consumer.values, kept]).toEqual([['0'], 0]);
  });

  it('read it themselves when it has not come', async () => {
    const wrapStorage = (open: OpenStorage) => async () =>
      replaceEntries(await open(), { cached: () => undefined, arrival: () => Promise.resolve() });
    const stage = await Stage.open({ wrapStorage });
    const producer = await stage.producer();
    const consumer = await stage.consumer('s');
    producer.send('0');
    await stage.settle();
    expect(consumer.values).toEqual(['0']);
  });
});

describe('reads that fail', () => {
  it('are tried again, and delay nobody else', async () => {
    let broken = true;
    const wrapStorage = (open: OpenStorage) => async (): Promise<Storage> => {
      const storage = await open();
      return replaceEntries(storage, {
        cached: () => undefined,
        read: (topicId, offset, limits) =>
          broken && topicId === 1
            ? Promise.reject(new BrokerError('storage-corrupt', 'damaged'))
            : storage.entries.read(topicId, offset, limits),
      });
    };
    const stage = await Stage.open({ ...failing, wrapStorage });
    const [damaged, sound] = [await stage.producer('damaged'), await stage.producer('sound')];
    const waiting = await stage.consumer('s', { topic: 'damaged' });
    const served = await stage.consumer('s', { topic: 'sound' });
    damaged.send('0');
    sound.send('1');
    await stage.settle();
    expect([waiting.values, served.values]).toEqual([[], ['1']]);
    expect(stage.errors).toHaveLength(1);
    broken = false;
    await stage.advance(10_000);
    expect(waiting.values).toEqual(['0']);
    broken = true;
    damaged.send('2');
    await stage.settle();
    await stage.close();
    const { length } = stage.errors;
    await stage.advance(60_000);
    expect(stage.errors).toHaveLength(length);
  });

  it('make a search by time fail, not end somewhere', async () => {
    const read = () => Promise.reject(new BrokerError('storage-corrupt', 'damaged'));
    const wrapStorage = (open: OpenStorage) => async () => replaceEntries(await open(), { read });
    const stage = await Stage.open({ ...failing, wrapStorage });
    const producer = await stage.producer();
    const consumer = await stage.consumer('s');
    producer.send('0', '1');
    await stage.settle();
    consumer.ackUpTo(consumer.received[0]!);
    const answer = await stage.request(consumer.subscribed!.actor, (reply) => ({
      type: 'seek',
      key: consumer.key,
      reply,
      target: { kind: 'time', publishTimeMs: 0 },
    }));
    expect(answer).toMatchObject({ type: 'refused', refusal: { code: 'seek-failed' } });
    expect(consumer.isClosed).toBe(false);
    expect(stage.broker.cursorView(producer.topic, 's')?.backlogEntries).toBe(1);
  });
});

import { describe, expect, it } from 'vitest';
import { EARLIEST, LATEST } from '../../src/base/position.ts';
import { Connection } from './clients.ts';
import { Stage, type StageOptions } from './harness.ts';

const T = 'topic:persistent://public/default/t';

const types = ['Exclusive', 'Shared', 'Failover', 'Key_Shared'] as const;

async function withMessages(options: StageOptions = {}) {
  const stage = await Stage.open(options);
  const producer = await stage.producer();
  await stage.consumer('keeps', { permits: 0 });
  producer.send('0', '1', '2');
  await stage.settle();
  const publish = async (value: string) => {
    producer.send(value);
    await stage.settle();
  };
  const names = () => stage.broker.topicView(producer.topic)?.subscriptions;
  return { stage, producer, publish, names };
}

describe('a subscription', () => {
  it.each(types)(
    'of type %s begins at the earliest or after the latest message',
    async (subType) => {
      const { stage, publish } = await withMessages();
      const early = await stage.consumer('early', { subType, initialPosition: 'Earliest' });
      const late = await stage.consumer('late', { subType, initialPosition: 'Latest' });
      await publish('3');
      await stage.advance(1_000);
      expect([early.values, late.values]).toEqual([['0', '1', '2', '3'], ['3']]);
    },
  );

  it('begins after what is being stored just now, if it begins at the latest', async () => {
    const { stage, producer } = await withMessages();
    stage.holdsSyncs = true;
    producer.send('3');
    await stage.settle();
    stage.holdsSyncs = false;
    const late = await stage.consumer('late', { initialPosition: 'Latest' });
    producer.send('4');
    await stage.settle();
    expect(late.values).toEqual(['4']);
  });

  it('goes on where it was, whatever position the next consumer names', async () => {
    const { stage } = await withMessages();
    const first = await stage.consumer('s');
    first.ack(first.received[0]!);
    first.drop();
    await stage.settle();
    const options = { initialPosition: 'Latest', startPosition: LATEST } as const;
    expect((await stage.consumer('s', options)).values).toEqual(['1', '2']);
  });

  it('is there for good once its consumer was told so, and not before', async () => {
    const stage = await Stage.open();
    await stage.producer();
    stage.holdsSyncs = true;
    const consumer = await stage.consumer('s');
    expect(consumer.subscribed).toBeUndefined();
    stage.holdsSyncs = false;
    await stage.settle();
    expect(consumer.subscribed).toBeDefined();
    await stage.crash();
    const topic = (await stage.producer()).topic;
    expect(stage.broker.topicView(topic)?.subscriptions).toEqual(['s']);
  });

  it('keeps its type as long as somebody is connected', async () => {
    const { stage } = await withMessages();
    for (const subType of types) {
      const holder = await stage.consumer('s', { subType });
      for (const other of types) {
        if (other === subType) continue;
        const { refusal } = await stage.consumer('s', { subType: other });
        expect(refusal?.code).toBe('consumer-busy');
        expect(refusal?.message).toContain(
          `Active subscription type of '${subType}' is different than the connecting consumer's ` +
            `type '${other}'`,
        );
      }
      holder.drop();
      await stage.settle();
    }
  });

  it('refuses a second exclusive consumer, and says who holds the place', async () => {
    const { stage } = await withMessages();
    const first = await stage.consumer('s');
    const second = await stage.consumer('s');
    expect(second.connection.heard[0]).toMatchObject({
      type: 'refused',
      refusal: { code: 'consumer-busy', message: 'Exclusive consumer is already connected' },
    });
    const refused = second.connection.heard[0];
    expect(refused?.type === 'refused' && refused.holder).toBe(first.connection);
  });

  it.each([
    ['', 'subscription-name'],
    [' ', 'subscription-name'],
    ['pulsar.repl.east', 'subscription-name'],
    ['pulsar.dedup', 'subscription-name'],
    ['s'.repeat(1_501), 'subscription-name'],
    ['any name: ü/?', undefined],
  ])('named %j is refused as %s', async (name, code) => {
    const { stage } = await withMessages();
    expect((await stage.consumer(name)).refusal?.code).toBe(code);
  });

  it('has a name of plain letters where that is asked for', async () => {
    const { stage } = await withMessages({ topic: { strictSubscriptionNames: true } });
    expect((await stage.consumer('a b')).refusal?.code).toBe('subscription-name');
    expect((await stage.consumer('a-b.c:d=e_1')).refusal).toBeUndefined();
  });

  it('is limited in number, and so are its consumers', async () => {
    const policies = { maxSubscriptions: 3, maxConsumers: 4, maxConsumersPerSubscription: 2 };
    const { stage } = await withMessages({ policies });
    const shared = { subType: 'Shared' } as const;
    const codes = [];
    for (const name of ['a', 'a', 'a', 'b', 'c']) {
      codes.push((await stage.consumer(name, shared)).refusal?.code);
    }
    expect(codes).toEqual([undefined, undefined, 'consumer-busy', undefined, 'conflict']);
    expect((await stage.consumer('b', shared)).refusal?.code).toBe('consumer-busy');
    await stage.request(T, (reply) => ({ type: 'unload', reply }));
    expect((await stage.consumer('b', shared)).refusal?.code).toBeUndefined();
  });

  it('counts consumers that come at once, on whatever subscriptions', async () => {
    const { stage } = await withMessages({ policies: { maxConsumers: 4 } }); // One is there.
    const coming = ['a', 'b', 'c', 'd', 'e'].map((name) => stage.consumer(name));
    const codes = (await Promise.all(coming)).map(({ refusal }) => refusal?.code);
    const busy = 'consumer-busy';
    expect(codes).toEqual([undefined, undefined, undefined, busy, busy]);
  });

  it('is not made by a consumer where policy leaves that to administrators', async () => {
    const stage = await Stage.open({
      policies: { autoSubscriptionCreation: { allowAutoSubscriptionCreation: false } },
    });
    await stage.producer();
    expect((await stage.consumer('s')).refusal?.code).toBe('subscription-not-found');
    const made = await stage.request(T, (reply) => ({
      type: 'create-subscription',
      reply,
      name: 's',
      position: EARLIEST,
      replicated: false,
      properties: {},
    }));
    expect(made.type).toBe('done');
    expect((await stage.consumer('s')).refusal).toBeUndefined();
    expect((await stage.consumer('r', { durable: false })).refusal).toBeUndefined();
  });

  it('of a type that is switched off, or compacted and shared, is refused', async () => {
    const stage = await Stage.open({ policies: { subscriptionTypes: ['Exclusive', 'Shared'] } });
    const code = async (options: object) => (await stage.consumer('s', options)).refusal?.code;
    expect(await code({ subType: 'Failover' })).toBe('not-allowed');
    expect(await code({ subType: 'Shared', readCompacted: true })).toBe('not-allowed');
    expect(await code({ subType: 'Exclusive', readCompacted: true })).toBeUndefined();
  });

  it('made over REST begins where it is told to', async () => {
    const { stage, producer, publish } = await withMessages();
    const make = (name: string, position: { ledgerId: number; entryId: number }) =>
      stage.request(T, (reply) => ({
        type: 'create-subscription',
        reply,
        name,
        position,
        replicated: true,
        properties: { a: 'b' },
      }));
    const { ledgerId } = producer.receipts[0]!;
    await make('first', EARLIEST);
    await make('last', LATEST);
    await make('middle', { ledgerId, entryId: 2 });
    expect(await make('first', LATEST)).toMatchObject({ refusal: { code: 'already-exists' } });
    await publish('3');
    const values = async (name: string) => (await stage.consumer(name)).values;
    expect(await values('first')).toEqual(['0', '1', '2', '3']);
    expect(await values('last')).toEqual(['3']);
    expect(await values('middle')).toEqual(['2', '3']);
    await stage.crash();
    expect(stage.broker.subscriptionView(producer.topic, 'first')).toMatchObject({
      replicated: true,
      properties: { a: 'b' },
    });
  });

  it('begins at a publish time where that is asked for', async () => {
    const stage = await Stage.open();
    await stage.consumer('keeps', { permits: 0 });
    const producer = await stage.producer();
    const startedMs = stage.clock.nowMs();
    for (let i = 0; i < 10; i++) {
      producer.send(`${i}`);
      await stage.advance(1_000);
    }
    const some = await stage.consumer('some', { startTimeMs: startedMs + 6_500 });
    const all = await stage.consumer('all', { startTimeMs: startedMs - 1 });
    const none = await stage.consumer('none', { startTimeMs: startedMs + 60_000 });
    expect([some.values, all.values.length, none.values]).toEqual([['7', '8', '9'], 10, []]);
  });
});

describe('a subscription that does not last', () => {
  it('begins at a position, inclusive, and ends with its last consumer', async () => {
    const { stage, producer, names } = await withMessages();
    const { ledgerId } = producer.receipts[0]!;
    const reader = await stage.consumer('r', {
      durable: false,
      startPosition: { ledgerId, entryId: 1 },
    });
    expect([reader.values, names()]).toEqual([
      ['1', '2'],
      ['keeps', 'r'],
    ]);
    reader.drop();
    await stage.settle();
    expect(names()).toEqual(['keeps']);
    const again = await stage.consumer('r', { durable: false, startPosition: EARLIEST });
    expect(again.values).toEqual(['0', '1', '2']);
  });

  it('begins where its initial position says when it is told of a position past all', async () => {
    const { stage, producer } = await withMessages();
    const { ledgerId } = producer.receipts[0]!;
    for (const startPosition of [{ ledgerId, entryId: 1_000 }, LATEST]) {
      const begin = { durable: false, startPosition } as const;
      const first = await stage.consumer('f', { ...begin, initialPosition: 'Earliest' });
      const last = await stage.consumer('l', { ...begin, initialPosition: 'Latest' });
      expect([first.values, last.values]).toEqual([['0', '1', '2'], []]);
      first.drop();
      last.drop();
      await stage.settle();
    }
  });

  it('begins in the middle of a batch where that is asked for', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    producer.send({ value: 'batch', messages: 4 }, 'next');
    await stage.settle();
    const [startPosition] = producer.receipts;
    const options = { durable: false, startPosition, startAckSet: [0b1100n] } as const;
    const reader = await stage.consumer('r', options);
    expect(reader.received.map(({ ackSet }) => ackSet)).toEqual([[0b1100n], undefined]);
  });

  it('leaves out nothing of a later entry when the one it begins at is gone', async () => {
    const stage = await Stage.open({ topic: { maxEntriesPerLedger: 1 } });
    const producer = await stage.producer();
    producer.send({ value: 'trimmed', messages: 4 });
    producer.send({ value: 'first', messages: 4 });
    await stage.advance(120_000);
    const startPosition = producer.receipts[0]!;
    const options = { durable: false, startPosition, startAckSet: [0b1000n] } as const;
    const reader = await stage.consumer('r', options);
    expect(reader.received.map(({ value, ackSet }) => [value, ackSet])).toEqual([
      ['first', undefined],
    ]);
  });

  it('is gone after a crash, with all that it pinned', async () => {
    const stage = await Stage.open({ topic: { maxEntriesPerLedger: 1 } });
    const producer = await stage.producer();
    await stage.consumer('r', { durable: false, permits: 0 });
    producer.send('0');
    producer.send('1');
    await stage.settle();
    expect(stage.disk.topics.usage(1).liveEntries).toBe(2);
    await stage.crash();
    const late = await stage.producer();
    late.send('2');
    await stage.advance(120_000);
    expect(stage.disk.topics.usage(1).liveEntries).toBe(1);
    expect(stage.broker.topicView(producer.topic)?.subscriptions).toEqual([]);
  });

  it('does not mix with a lasting one of the same name', async () => {
    const { stage } = await withMessages();
    expect((await stage.consumer('keeps', { durable: false })).refusal?.code).toBe('not-allowed');
    await stage.consumer('r', { durable: false });
    expect((await stage.consumer('r')).refusal?.code).toBe('not-allowed');
  });

  it('is there anew for a reader that comes back just as its old connection ends', async () => {
    const { stage } = await withMessages();
    const first = await stage.consumer('r', { durable: false, startPosition: EARLIEST });
    first.drop();
    const second = await stage.consumer('r', { durable: false, startPosition: EARLIEST });
    const third = await stage.consumer('r', { durable: false, startPosition: EARLIEST });
    const answers = [second, third].map(({ refusal }) => refusal?.code);
    // A refusal is one that clients try again after.
    expect(['service-not-ready', undefined]).toContain(answers[0]);
    const served = answers[0] === undefined ? second : third;
    expect(served.values).toEqual(['0', '1', '2']);
  });
});

describe('the end of a subscription', () => {
  it('comes by its only consumer, who is told when it is for good', async () => {
    const { stage, producer, names } = await withMessages();
    const consumer = await stage.consumer('s');
    stage.holdsSyncs = true;
    consumer.unsubscribe(1009);
    await stage.settle();
    expect(consumer.connection.answers.get(1009)).toBeUndefined();
    await stage.sync();
    expect(consumer.connection.answers.get(1009)?.type).toBe('done');
    stage.holdsSyncs = false;
    expect([names(), consumer.isClosed]).toEqual([['keeps'], true]);
    await stage.crash();
    expect(stage.broker.topicView(producer.topic)?.subscriptions).toEqual(['keeps']);
    expect((await stage.consumer('s')).values).toEqual(['0', '1', '2']);
  });

  it('is refused while others are connected, unless it is forced', async () => {
    const { stage, names } = await withMessages();
    const shared = { subType: 'Shared' } as const;
    const [a, b] = [await stage.consumer('s', shared), await stage.consumer('s', shared)];
    a.unsubscribe(1001);
    await stage.settle();
    expect(a.connection.answers.get(1001)).toMatchObject({ refusal: { code: 'metadata' } });
    a.unsubscribe(1002, true);
    await stage.settle();
    expect(a.connection.answers.get(1002)?.type).toBe('done');
    expect([b.isClosed, names()]).toEqual([true, ['keeps']]);
  });

  it('is refused to a consumer that is not there', async () => {
    const { stage } = await withMessages();
    const consumer = await stage.consumer('s');
    consumer.drop();
    consumer.unsubscribe(1001);
    await stage.settle();
    expect(consumer.connection.answers.get(1001)).toMatchObject({
      refusal: { code: 'consumer-not-found', message: 'Consumer not found' },
    });
  });

  it('comes over REST, by force where consumers are connected', async () => {
    const { stage, names } = await withMessages();
    const consumer = await stage.consumer('s');
    const remove = (force: boolean, name = 's') =>
      stage.request(T, (reply) => ({ type: 'delete-subscription', reply, name, force }));
    expect(await remove(false)).toMatchObject({
      refusal: {
        code: 'precondition-failed',
        message: 'Subscription has active connected consumers',
      },
    });
    expect(await remove(true)).toMatchObject({ type: 'done' });
    expect([names(), consumer.isClosed]).toEqual([['keeps'], true]);
    expect(await remove(true)).toMatchObject({ refusal: { code: 'subscription-not-found' } });
  });

  it('refuses who subscribes at the same time', async () => {
    const { stage } = await withMessages();
    const reply = { recipient: new Connection('rest'), requestId: 1 };
    const end = { type: 'delete-subscription', reply, name: 's', force: true } as const;
    await stage.consumer('s');
    stage.broker.ref(T).tell(end);
    const late = await stage.consumer('s', { subType: 'Shared' });
    expect(late.refusal).toMatchObject({ code: 'subscription-not-found' });
  });

  it('lets one of the same name begin anew, without a trace of reads under way', async () => {
    const { stage, publish } = await withMessages({ cacheBytes: 0 });
    const first = await stage.consumer('s', { permits: 0 });
    stage.holdsReads = true;
    first.flow(2);
    await stage.settle();
    first.unsubscribe(1001);
    await stage.settle();
    const second = await stage.consumer('s', { initialPosition: 'Latest' });
    stage.holdsReads = false;
    await publish('3');
    const third = await stage.consumer('again');
    expect([second.values, third.values]).toEqual([['3'], ['0', '1', '2', '3']]);
  });

  it('gives the order of a new one of the same name no chance to be confused', async () => {
    const { stage } = await withMessages({ cacheBytes: 0, subscription: { maxReadEntries: 1 } });
    const first = await stage.consumer('s', { permits: 0 });
    first.flow(1);
    await stage.settle();
    stage.holdsReads = true;
    first.flow(1);
    await stage.settle();
    first.unsubscribe(1001);
    await stage.settle();
    const second = await stage.consumer('s');
    stage.holdsReads = false;
    await stage.settle();
    expect(second.values).toEqual(['0', '1', '2']);
  });
});

import { describe, expect, it } from 'vitest';
import { Connection } from './clients.ts';
import { Stage, type StageOptions } from './harness.ts';

const T = 'topic:persistent://public/default/t';

describe('producers', () => {
  it('get a name of their own where they bring none', async () => {
    const stage = await Stage.open();
    const first = await stage.producer();
    const second = await stage.producer();
    await stage.crash();
    const third = await stage.producer();
    const names = [first.name, second.name, third.name];
    expect(names.every((name) => /^standalone-0-\d+$/.test(name ?? ''))).toBe(true);
    expect(new Set(names).size).toBe(3);
  });

  it('have names that are unique on their topic, and on their topic only', async () => {
    const stage = await Stage.open();
    const first = await stage.producer('t', { name: 'p' });
    const second = await stage.producer('t', { name: 'p' });
    const elsewhere = await stage.producer('u', { name: 'p' });
    expect(second.refusal?.code).toBe('producer-busy');
    expect(second.refusal?.message).toContain(
      "NamingException: Producer with name 'p' is already connected to topic",
    );
    expect([first.isReady, elsewhere.isReady]).toEqual([true, true]);
  });

  it('are told who holds the name, so that a dead holder can be found out', async () => {
    const stage = await Stage.open();
    const first = await stage.producer('t', { name: 'p' });
    const second = await stage.producer('t', { name: 'p' });
    const refused = second.connection.heard[0];
    expect(refused?.type === 'refused' && refused.holder).toBe(first.connection);
  });

  it('replace themselves on their connection with a higher epoch, and with no other', async () => {
    const stage = await Stage.open();
    const connection = new Connection('c');
    const common = { name: 'p', connection, producerId: 7 };
    const first = await stage.producer('t', { ...common, epoch: 1 });
    const same = await stage.producer('t', { ...common, epoch: 1 });
    expect(same.refusal?.code).toBe('producer-busy');
    const higher = await stage.producer('t', { ...common, epoch: 2 });
    expect(higher.isReady).toBe(true);
    first.send('from the old one');
    higher.send('from the new one');
    await stage.settle();
    expect((await stage.consumer('s')).values).toEqual(['from the new one']);
    expect(stage.broker.topicView(first.topic)?.producers).toHaveLength(1);
  });

  it('leave their name behind when they close or their connection ends', async () => {
    const stage = await Stage.open();
    const first = await stage.producer('t', { name: 'p' });
    first.close(1005);
    await stage.settle();
    expect(first.connection.answers.get(1005)?.type).toBe('done');
    const second = await stage.producer('t', { name: 'p' });
    second.drop();
    const third = await stage.producer('t', { name: 'p' });
    expect(third.isReady).toBe(true);
  });

  it('are answered on closing only after what they sent before', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    stage.holdsSyncs = true;
    producer.send('a');
    producer.close(1005);
    await stage.settle();
    expect(producer.connection.answers.get(1005)).toBeUndefined();
    await stage.sync();
    expect(producer.connection.types()).toEqual(['producer-opened', 'published', 'done']);
  });

  it('are limited in number by topic and by host', async () => {
    const options: StageOptions = {
      policies: { maxProducers: 3 },
      topic: { maxProducersPerAddress: 2 },
    };
    const stage = await Stage.open(options);
    const from = (host: string) => stage.producer('t', { connection: new Connection(`${host}:1`) });
    const all = [
      await from('a'),
      await from('a'),
      await from('a'),
      await from('b'),
      await from('c'),
    ];
    expect(all.map(({ refusal }) => refusal?.code)).toEqual([
      undefined,
      undefined,
      'producer-busy',
      undefined,
      'producer-busy',
    ]);
    all[0]!.drop();
    expect((await from('a')).isReady).toBe(true);
  });

  it('may bring a subscription into being that gets all of their messages', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer('t', { initialSubscription: 's' });
    producer.send('a');
    await stage.settle();
    expect(stage.broker.topicView(producer.topic)?.subscriptions).toEqual(['s']);
    const another = await stage.producer('t', { initialSubscription: 's' });
    expect(another.isReady).toBe(true);
    await stage.crash();
    expect((await stage.consumer('s', { initialPosition: 'Latest' })).values).toEqual(['a']);
  });

  it('are refused on a topic that is gone or terminated', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer();
    await stage.request(T, (reply) => ({ type: 'terminate', reply }));
    expect((await stage.producer()).refusal?.code).toBe('topic-terminated');
    await stage.request(T, (reply) => ({ type: 'delete', reply, force: true }));
    producer.add({});
    await stage.settle();
    expect(producer.refusal?.code).toBe('topic-not-found');
  });
});

describe('access modes', () => {
  it('let shared producers stand side by side, without an epoch', async () => {
    const stage = await Stage.open();
    const [a, b] = [await stage.producer(), await stage.producer()];
    expect([a.opened[0]?.topicEpoch, b.opened[0]?.topicEpoch]).toEqual([undefined, undefined]);
  });

  it('refuse a shared producer where an exclusive one is or waits', async () => {
    const stage = await Stage.open();
    const holder = await stage.producer('t', { accessMode: 'Exclusive', name: 'holder' });
    const shared = await stage.producer();
    expect(shared.refusal?.code).toBe('producer-busy');
    expect(shared.refusal?.message).toContain(
      'ProducerBusyException: Topic has an existing exclusive producer: holder',
    );
    holder.drop();
    await stage.settle();
    const plain = await stage.producer();
    await stage.producer('t', { accessMode: 'WaitForExclusive' });
    expect((await stage.producer()).refusal?.code).toBe('producer-busy');
    expect(plain.isClosed).toBe(false);
  });

  it('refuse an exclusive producer where anybody is or waits, for good', async () => {
    const stage = await Stage.open();
    await stage.producer();
    const refused = await stage.producer('t', { accessMode: 'Exclusive' });
    expect(refused.refusal?.code).toBe('producer-fenced');
    expect(refused.refusal?.message).toContain(
      'ProducerFencedException: Topic has existing shared producers',
    );
  });

  it('let one wait for exclusive access, and tell it when it has it', async () => {
    const stage = await Stage.open();
    const holder = await stage.producer('t', { accessMode: 'Exclusive' });
    const first = await stage.producer('t', { accessMode: 'WaitForExclusive' });
    const second = await stage.producer('t', { accessMode: 'WaitForExclusive' });
    expect(first.opened).toMatchObject([{ ready: false }]);
    holder.drop();
    await stage.settle();
    expect(first.opened).toMatchObject([{ ready: false }, { ready: true, topicEpoch: 1 }]);
    expect(first.opened[1]?.requestId).toBe(first.opened[0]?.requestId);
    expect(second.opened).toHaveLength(1);
    first.close(1001);
    await stage.settle();
    expect(second.opened.at(-1)).toMatchObject({ ready: true, topicEpoch: 2 });
  });

  it('let one wait behind shared producers until the last of them has left', async () => {
    const stage = await Stage.open();
    const [a, b] = [await stage.producer(), await stage.producer()];
    const waiting = await stage.producer('t', { accessMode: 'WaitForExclusive' });
    a.drop();
    await stage.settle();
    expect(waiting.isReady).toBe(false);
    b.drop();
    await stage.settle();
    expect(waiting.opened.at(-1)).toMatchObject({ ready: true, topicEpoch: 0 });
  });

  it('pass over one that gave up waiting', async () => {
    const stage = await Stage.open();
    const holder = await stage.producer('t', { accessMode: 'Exclusive' });
    const first = await stage.producer('t', { accessMode: 'WaitForExclusive' });
    const second = await stage.producer('t', { accessMode: 'WaitForExclusive' });
    first.drop();
    holder.drop();
    await stage.settle();
    expect([first.opened.length, second.isReady]).toEqual([1, true]);
  });

  it('let one at once where nobody is, though it would wait', async () => {
    const stage = await Stage.open();
    const producer = await stage.producer('t', { accessMode: 'WaitForExclusive' });
    expect(producer.opened).toMatchObject([{ ready: true, topicEpoch: 0 }]);
  });

  it('let one fence out those that are there and those that wait', async () => {
    const stage = await Stage.open();
    const holder = await stage.producer('t', { accessMode: 'Exclusive' });
    const waiting = await stage.producer('t', { accessMode: 'WaitForExclusive' });
    const fencing = await stage.producer('t', { accessMode: 'ExclusiveWithFencing' });
    expect(fencing.opened).toMatchObject([{ ready: true, topicEpoch: 1 }]);
    expect(waiting.refusal?.code).toBe('producer-fenced');
    expect(waiting.refusal?.message).toContain('ProducerFencedException: Fenced out');
    expect(holder.isClosed).toBe(false);
    holder.send('late');
    fencing.send('good');
    await stage.settle();
    expect(holder.failures[0]?.refusal.code).toBe('persistence');
    expect((await stage.consumer('s')).values).toEqual(['good']);
  });

  it('count epochs up, also across restarts, and refuse who brings an older one', async () => {
    const stage = await Stage.open();
    const open = async (topicEpoch?: number) => {
      const options = topicEpoch === undefined ? {} : { topicEpoch };
      const producer = await stage.producer('t', { accessMode: 'Exclusive', ...options });
      producer.drop();
      await stage.settle();
      return producer.refusal?.code ?? producer.opened[0]?.topicEpoch;
    };
    expect(await open()).toBe(0);
    expect(await open()).toBe(1);
    await stage.crash();
    expect(await open(0)).toBe('producer-fenced');
    expect(await open(1)).toBe(1);
    expect(await open(7)).toBe(7);
    await stage.restart();
    expect(await open()).toBe(8);
  });

  it('do not look at the epoch of a shared producer', async () => {
    const stage = await Stage.open();
    await stage.producer('t', { accessMode: 'Exclusive' }).then((producer) => producer.drop());
    await stage.producer('t', { accessMode: 'Exclusive' }).then((producer) => producer.drop());
    const shared = await stage.producer('t', { topicEpoch: 0 });
    expect(shared.isReady).toBe(true);
  });

  it('never let the epoch go back, however long somebody has waited', async () => {
    const stage = await Stage.open();
    const holder = await stage.producer('t', { accessMode: 'Exclusive' });
    const wait = (topicEpoch?: number) =>
      stage.producer('t', {
        accessMode: 'WaitForExclusive',
        ...(topicEpoch === undefined ? {} : { topicEpoch }),
      });
    const [first, old, third] = [await wait(), await wait(0), await wait()];
    holder.drop();
    await stage.settle();
    expect(first.opened.at(-1)?.topicEpoch).toBe(1);
    first.drop();
    await stage.settle();
    expect(old.refusal?.code).toBe('producer-fenced');
    expect(third.opened.at(-1)).toMatchObject({ ready: true, topicEpoch: 2 });
  });

  it('keep the place of an exclusive producer that comes again on its connection', async () => {
    const stage = await Stage.open();
    const connection = new Connection('c');
    const common = { name: 'p', connection, producerId: 7, accessMode: 'Exclusive' } as const;
    await stage.producer('t', { ...common, epoch: 0 });
    const waiting = await stage.producer('t', { accessMode: 'WaitForExclusive' });
    const again = await stage.producer('t', { ...common, epoch: 1, topicEpoch: 0 });
    expect(again.isReady).toBe(true);
    again.drop();
    await stage.settle();
    expect(waiting.isReady).toBe(true);
  });

  it('are fenced or wait under the name of another as under any, and hear who has it', async () => {
    const stage = await Stage.open();
    const name = 'same';
    const first = await stage.producer('t', { name, accessMode: 'Exclusive' });
    const second = await stage.producer('t', { name, accessMode: 'Exclusive' });
    expect(second.refusal?.code).toBe('producer-fenced');
    const [heard] = second.connection.heard;
    expect(heard?.type === 'refused' && heard.holder).toBe(first.connection);
    const waiting = await stage.producer('t', { name, accessMode: 'WaitForExclusive' });
    expect(waiting.isReady).toBe(false);
    const fencing = await stage.producer('t', { name, accessMode: 'ExclusiveWithFencing' });
    expect([fencing.isReady, waiting.refusal?.code]).toEqual([true, 'producer-fenced']);
  });

  it('are told at once when the broker unloads, whether they wait or not', async () => {
    const stage = await Stage.open();
    const holder = await stage.producer('t', { accessMode: 'Exclusive' });
    const waiting = await stage.producer('t', { accessMode: 'WaitForExclusive' });
    await stage.request(T, (reply) => ({ type: 'unload', reply }));
    expect([holder.isClosed, holder.refusal]).toEqual([true, undefined]);
    expect([waiting.isClosed, waiting.refusal?.code]).toEqual([false, 'service-not-ready']);
    expect((await stage.producer('t', { accessMode: 'Exclusive' })).isReady).toBe(true);
  });
});

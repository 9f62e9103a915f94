import { describe, expect, it } from 'vitest';
import type { Subscribe } from '../../../src/actors/subscription/commands.ts';
import type { AddProducer, Publish } from '../../../src/actors/topic/commands.ts';
import { agreeable, openProducer, publishDone, SUBSCRIPTION, say } from './fake-broker.ts';
import { entryOf, frame, type RawClient, sendFrame } from './raw-client.ts';
import { consuming, othersAreServed, producing, type Stage, until, useStage } from './stage.ts';

function holdPublishes(stage: Stage): void {
  stage.broker.react = (told, broker) => {
    if (told.command.type !== 'publish') agreeable(told, broker);
  };
}

const TOPIC = 'topic:persistent://public/default/t';

const publishes = (stage: Stage): Publish[] => stage.broker.commands<Publish>('publish');

function stored(stage: Stage): number {
  return publishes(stage).reduce((sum, { entries }) => sum + entries.length, 0);
}

async function sendOneByOne(client: RawClient, stage: Stage, from: number, to: number) {
  for (let sequence_id = from; sequence_id < to; sequence_id++) {
    client.write(sendFrame({ producer_id: 1, sequence_id }));
    await until(() => stored(stage) === sequence_id + 1);
  }
}

describe('reading stops', () => {
  const stage = useStage();

  it('at the limit of unanswered publishes, and goes on at half of it', async () => {
    await stage().listen({ maxPendingPublishes: 4 });
    holdPublishes(stage());
    const client = await producing(stage());
    await sendOneByOne(client, stage(), 0, 4);
    client.write(sendFrame({ producer_id: 1, sequence_id: 4 }));
    await othersAreServed(stage());
    expect(stored(stage())).toBe(4);
    publishDone(stage().broker, publishes(stage())[0]!, 0);
    await client.expect('SEND_RECEIPT');
    await othersAreServed(stage());
    expect(stored(stage())).toBe(4);
    publishDone(stage().broker, publishes(stage())[1]!, 1);
    await until(() => stored(stage()) === 5);
    expect(publishes(stage())[4]!.sequenceIds).toEqual([4]);
  });

  it('on all connections of a tenant that holds as much of the memory as is free', async () => {
    const bytes = entryOf('m').length;
    const listener = await stage().listen({ maxPublishBufferBytes: 8 * bytes });
    holdPublishes(stage());
    const client = await producing(stage());
    const other = await producing(stage());
    await sendOneByOne(client, stage(), 0, 4);
    expect(listener.publishBufferBytes()).toBe(4 * bytes);
    // The budget is looked at after each chunk: one more is taken from who was reading.
    other.say('PING', {});
    await other.expect('PONG');
    other.say('PING', {});
    client.say('PING', {});
    await othersAreServed(stage());
    expect([...other.received, ...client.received]).toEqual([]);
    publishDone(stage().broker, publishes(stage())[0]!, 0);
    await client.expect('SEND_RECEIPT');
    await othersAreServed(stage());
    expect([...other.received, ...client.received]).toEqual([]);
    publishDone(stage().broker, publishes(stage())[1]!, 1);
    await client.expect('SEND_RECEIPT');
    await client.expect('PONG');
    await other.expect('PONG');
  });

  it('not on those of another tenant', async () => {
    const bytes = entryOf('m').length;
    await stage().listen({ maxPublishBufferBytes: 8 * bytes });
    holdPublishes(stage());
    const client = await producing(stage());
    await sendOneByOne(client, stage(), 0, 4);
    const neighbour = await stage().connect();
    neighbour.say('PRODUCER', { topic: 'other/ns/t', producer_id: 1, request_id: 1 });
    await neighbour.expect('PRODUCER_SUCCESS');
    neighbour.write(sendFrame({ producer_id: 1, sequence_id: 0 }));
    await until(() => stored(stage()) === 5);
    neighbour.say('PING', {});
    await neighbour.expect('PONG');
  });

  it('in the middle of a large frame only where its room was not set aside', async () => {
    const payload = entryOf('x'.repeat(300_000));
    const whole = sendFrame({ producer_id: 1, sequence_id: 0 }, payload);
    const listener = await stage().listen({ maxPublishBufferBytes: 4 * whole.length });
    holdPublishes(stage());
    const clients: RawClient[] = [];
    for (let i = 0; i < 6; i++) clients.push(await producing(stage()));
    for (const client of clients) {
      client.write(whole.subarray(0, 20_000));
      await othersAreServed(stage());
    }
    // Each is more than what was free behind the second one.
    expect(listener.publishBufferBytes()).toBe(2 * whole.length);
    for (const client of clients) client.write(whole.subarray(20_000));
    for (let done = 2; done <= 6; done += 2) {
      await until(() => stored(stage()) === done);
      await othersAreServed(stage());
      expect(stored(stage())).toBe(done);
      for (const one of publishes(stage()).slice(done - 2)) publishDone(stage().broker, one, 0);
    }
    for (const client of clients) await client.expect('SEND_RECEIPT');
    expect(listener.publishBufferBytes()).toBe(0);
  });

  it('and the room of a frame comes back when its connection goes', async () => {
    const whole = sendFrame({ producer_id: 1, sequence_id: 0 }, entryOf('x'.repeat(300_000)));
    const listener = await stage().listen();
    const client = await producing(stage());
    client.write(whole.subarray(0, 20_000));
    await until(() => listener.publishBufferBytes() === whole.length);
    client.close();
    await until(() => listener.publishBufferBytes() === 0);
  });

  it('no more when the connection that took the memory is gone', async () => {
    const listener = await stage().listen();
    holdPublishes(stage());
    const client = await producing(stage());
    await sendOneByOne(client, stage(), 0, 3);
    expect(listener.publishBufferBytes()).toBeGreaterThan(0);
    client.close();
    await until(() => listener.connections() === 0);
    expect(listener.publishBufferBytes()).toBe(0);
    publishDone(stage().broker, publishes(stage())[0]!, 0);
    expect(listener.publishBufferBytes()).toBe(0);
  });

  it('at the limit of unanswered requests; producers in waiting do not count', async () => {
    await stage().listen({ maxPendingRequests: 1 });
    const { broker } = stage();
    broker.react = () => {};
    const client = await stage().connect();
    client.say('PRODUCER', { topic: 't', producer_id: 1, request_id: 1 });
    const adds = () => broker.commands<AddProducer>('add-producer');
    await until(() => adds().length === 1);
    client.say('PING', {});
    await othersAreServed(stage());
    expect(client.received).toEqual([]);
    openProducer(adds()[0]!, false);
    await client.expect('PRODUCER_SUCCESS');
    await client.expect('PONG');
    expect(await client.settled()).toEqual([]);
    openProducer(adds()[0]!, true);
    await client.expect('PRODUCER_SUCCESS');
    expect(await client.settled()).toEqual([]);
    client.say('PRODUCER', { topic: 't', producer_id: 2, request_id: 2 });
    client.say('PING', {});
    await until(() => adds().length === 2);
    await othersAreServed(stage());
    expect(client.received.length).toBeLessThan(2);
    client.say('PING', {});
    await othersAreServed(stage());
    expect(client.received.length).toBeLessThan(2);
  });

  it('while an actor takes no mail, without losing or swapping a command', async () => {
    await stage().listen();
    const client = await producing(stage());
    stage().broker.full.add(TOPIC);
    client.write(sendFrame({ producer_id: 1, sequence_id: 0 }));
    await othersAreServed(stage());
    client.write(sendFrame({ producer_id: 1, sequence_id: 1 }));
    client.say('CLOSE_PRODUCER', { producer_id: 1, request_id: 2 });
    await othersAreServed(stage());
    stage().clock.advance(1_000);
    expect(publishes(stage())).toEqual([]);
    stage().broker.full.delete(TOPIC);
    stage().clock.advance(1_000);
    expect((await client.expect('SEND_RECEIPT')).sequence_id).toBe(0);
    expect((await client.expect('SEND_RECEIPT')).sequence_id).toBe(1);
    await client.expect('SUCCESS');
  });

  it('in the middle of a chunk, so that what waits is bounded', async () => {
    await stage().listen();
    const client = await producing(stage());
    stage().broker.full.add(TOPIC);
    const send = sendFrame({ producer_id: 1, sequence_id: 0 });
    client.write(send, frame('PING', {}), frame('PING', {}));
    await client.expect('PONG');
    await othersAreServed(stage());
    expect(client.received).toEqual([]);
    stage().broker.full.delete(TOPIC);
    stage().clock.advance(1_000);
    const names = [await client.next(), await client.next()].map(({ name }) => name);
    expect(names.sort()).toEqual(['PONG', 'SEND_RECEIPT']);
  });

  it('and a command behind one that waits does not overtake it', async () => {
    const listener = await stage().listen({ drainTimeoutMs: 0 });
    const client = await producing(stage());
    stage().broker.full.add(TOPIC);
    client.write(sendFrame({ producer_id: 1, sequence_id: 0 }));
    await othersAreServed(stage());
    stage().broker.react = () => {};
    stage().broker.full.delete(TOPIC);
    const closing = listener.close();
    stage().clock.advance(0);
    await closing;
    expect(publishes(stage())).toEqual([]);
    stage().clock.advance(1_000);
    const types = stage().broker.told.map(({ command }) => command.type);
    expect(types).toEqual(['add-producer', 'publish', 'remove-producer']);
  });

  it('and a client that leaves meanwhile is taken off its topic all the same', async () => {
    await stage().listen();
    const client = await producing(stage());
    stage().broker.full.add(TOPIC);
    client.close();
    await until(() => stage().listener.connections() === 0);
    expect(stage().broker.commands('remove-producer')).toEqual([]);
    stage().broker.full.delete(TOPIC);
    stage().clock.advance(1_000);
    expect(stage().broker.commands('remove-producer')).toHaveLength(1);
  });
});

describe('a client that does not read', () => {
  const stage = useStage();

  function deliverMegabytes(count: number): void {
    const { reply } = stage().broker.commands<Subscribe>('subscribe')[0]!;
    const entries = Array.from({ length: 8 }, () => Buffer.alloc(128 * 1024));
    for (let megabyte = 0; megabyte < count; megabyte++) {
      const run = { ledgerId: 1, firstEntryId: megabyte * 8, entries, redeliveryCount: 0 };
      say(reply.recipient, {
        type: 'deliver',
        consumerId: 1,
        consumerEpoch: undefined,
        runs: [{ ...run, ackSet: undefined }],
      });
    }
  }

  const congestion = () =>
    stage()
      .broker.told.filter(({ command }) => command.type === 'congestion')
      .map(({ actor, command }) => [actor, command['congested']]);

  it('has its subscriptions told, and told again when it has caught up', async () => {
    await stage().listen({ congestedAboveBytes: 1024 * 1024, drainedAtBytes: 1024 });
    const client = await consuming(stage());
    client.socket.pause();
    deliverMegabytes(12);
    expect(congestion()).toEqual([[SUBSCRIPTION, true]]);
    client.socket.resume();
    await until(() => congestion().length === 2);
    expect(congestion()).toEqual([
      [SUBSCRIPTION, true],
      [SUBSCRIPTION, false],
    ]);
    for (let count = 0; count < 12 * 8; count++) await client.expect('MESSAGE');
  });

  it('is hung up on when it leaves more unread than the limit', async () => {
    await stage().listen({ maxWriteBufferBytes: 4 * 1024 * 1024 });
    const client = await consuming(stage());
    client.socket.pause();
    deliverMegabytes(20);
    expect(stage().broker.commands('remove-consumer')).toHaveLength(1);
    client.socket.resume();
    await client.closed;
  });
});

describe('a stop of the listener', () => {
  const stage = useStage();

  it('waits for receipts, says them, and then hangs up', async () => {
    const listener = await stage().listen();
    holdPublishes(stage());
    const client = await producing(stage());
    await sendOneByOne(client, stage(), 0, 1);
    const closing = listener.close();
    client.say('PING', {});
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(client.hungUp).toBe(false);
    publishDone(stage().broker, publishes(stage())[0]!);
    await client.expect('SEND_RECEIPT');
    await client.closed;
    await closing;
    expect(stage().broker.commands<AddProducer>('remove-producer')).toHaveLength(1);
  });

  it('does not wait longer than it may', async () => {
    const listener = await stage().listen({ drainTimeoutMs: 500 });
    holdPublishes(stage());
    const client = await producing(stage());
    await sendOneByOne(client, stage(), 0, 1);
    const closing = listener.close();
    stage().clock.advance(500);
    await closing;
    await client.closed;
  });
});

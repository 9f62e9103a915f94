import { describe, expect, it } from 'vitest';
import type { Publish } from '../../../src/actors/topic/commands.ts';
import { agreeable, type FakeBroker, publishDone, say, type Told } from './fake-broker.ts';
import { frame, type RawClient, sendFrame } from './raw-client.ts';
import { othersAreServed, type Stage, until, useStage } from './stage.ts';

const TOPIC = 'non-persistent://public/default/t';

async function producing(stage: Stage, topic = TOPIC): Promise<RawClient> {
  const client = await stage.connect();
  client.say('PRODUCER', { topic, producer_id: 1, request_id: 1 });
  await client.expect('PRODUCER_SUCCESS');
  return client;
}

const publishes = (stage: Stage) => stage.broker.commands<Publish>('publish');

function sends(from: number, count: number): Buffer[] {
  return Array.from({ length: count }, (_, i) =>
    sendFrame({ producer_id: 1, sequence_id: from + i }),
  );
}

/** Receipts as non-persistent topics give them. */
function passed(broker: FakeBroker, command: Publish): void {
  const open = broker.commands<{ reply: { recipient: never } }>('add-producer')[0]!;
  const ledgerId = command.isDropped === true ? -1 : 0;
  say(open.reply.recipient, {
    type: 'published',
    producerId: 1,
    sequenceIds: command.sequenceIds,
    highestSequenceIds: command.highestSequenceIds,
    ledgerId,
    firstEntryId: ledgerId,
    bytes: command.bytes,
  });
}

function passThrough(told: Told, broker: FakeBroker): void {
  if (told.command.type !== 'publish') agreeable(told, broker);
  else passed(broker, told.command as unknown as Publish);
}

describe('SENDs to a non-persistent topic', () => {
  const stage = useStage();

  it('are all receipted under one id, and without one where they were dropped', async () => {
    await stage().listen({ maxConcurrentNonPersistent: 1 });
    stage().broker.react = passThrough;
    const client = await producing(stage());
    client.write(...sends(0, 5));
    const ids: unknown[] = [];
    for (let i = 0; i < 5; i++) {
      const { message_id: id, sequence_id: sequence } = await client.expect('SEND_RECEIPT');
      ids.push([sequence, id?.ledgerId, id?.entryId]);
    }
    const none = 2n ** 64n - 1n;
    expect(ids).toEqual([
      [0, 0, 0],
      [1, 0, 0],
      [2, none, none],
      [3, none, none],
      [4, none, none],
    ]);
    expect(publishes(stage()).map(({ isDropped, entries }) => [isDropped, entries.length])).toEqual(
      [
        [false, 2],
        [true, 0],
      ],
    );
  });

  it('are dropped only while others are under way', async () => {
    await stage().listen({ maxConcurrentNonPersistent: 0 });
    stage().broker.react = passThrough;
    const client = await producing(stage());
    for (let i = 0; i < 3; i++) {
      client.write(...sends(i, 1));
      await client.expect('SEND_RECEIPT');
    }
    expect(publishes(stage()).map(({ isDropped }) => isDropped)).toEqual([false, false, false]);
  });

  it('wait for those before them rather than being dropped, by default', async () => {
    await stage().listen();
    let waiting: Publish[] = [];
    stage().broker.react = (told, broker) => {
      if (told.command.type !== 'publish') agreeable(told, broker);
      else waiting.push(told.command as unknown as Publish);
    };
    const entries = () => waiting.reduce((sum, command) => sum + command.entries.length, 0);
    const client = await producing(stage());
    client.write(...sends(0, 1_500));
    await until(() => entries() >= 1_000);
    await othersAreServed(stage());
    expect(entries()).toBe(1_000);
    const first = waiting;
    waiting = [];
    for (const command of first) passed(stage().broker, command);
    await until(() => entries() === 500);
    expect(publishes(stage()).every(({ isDropped }) => isDropped === false)).toBe(true);
  });

  it('meet the permits that came before them on their connection, and no later ones', async () => {
    await stage().listen();
    stage().broker.react = passThrough;
    const client = await producing(stage());
    client.say('SUBSCRIBE', {
      topic: TOPIC,
      subscription: 's',
      subType: 0,
      consumer_id: 1,
      request_id: 2,
    });
    await client.expect('SUCCESS');
    const flow = frame('FLOW', { consumer_id: 1, messagePermits: 5 });
    client.write(flow, ...sends(0, 2), flow, ...sends(2, 1));
    for (let i = 0; i < 3; i++) await client.expect('SEND_RECEIPT');
    const types = stage().broker.told.map(({ command }) => command.type);
    expect(types.slice(-4)).toEqual(['flow', 'publish', 'flow', 'publish']);
  });

  it('do not count against the topics that store', async () => {
    await stage().listen({ maxConcurrentNonPersistent: 0 });
    const client = await producing(stage(), 'persistent://public/default/t');
    stage().broker.react = (told, broker) => {
      if (told.command.type !== 'publish') agreeable(told, broker);
      else publishDone(broker, told.command as unknown as Publish);
    };
    client.write(...sends(0, 3));
    for (let i = 0; i < 3; i++) await client.expect('SEND_RECEIPT');
    expect(publishes(stage()).every(({ isDropped }) => isDropped === false)).toBe(true);
  });
});

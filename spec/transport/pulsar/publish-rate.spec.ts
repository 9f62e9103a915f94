import { describe, expect, it } from 'vitest';
import type { AddProducer, Publish } from '../../../src/actors/topic/commands.ts';
import { say } from './fake-broker.ts';
import { frame, type RawClient, sendFrame } from './raw-client.ts';
import { producing, type Stage, until, useStage } from './stage.ts';

const messagesTold = (stage: Stage) =>
  stage.broker.commands<Publish>('publish').flatMap(({ messageCounts }) => messageCounts).length;

/** The topic's word of how many messages the first producer may have sent in all. */
function allow(stage: Stage, messages: number): void {
  const [add] = stage.broker.commands<AddProducer>('add-producer');
  const bytes = Number.POSITIVE_INFINITY;
  say(add!.reply.recipient, { type: 'publish-window', producerId: 1, messages, bytes });
}

const send = (client: RawClient, count: number) =>
  client.write(
    ...Array.from({ length: count }, (_, i) => sendFrame({ producer_id: 1, sequence_id: i })),
  );

async function receipts(client: RawClient, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await client.expect('SEND_RECEIPT');
}

describe('a publish rate', () => {
  const stage = useStage();

  it('stops reading behind the last message that is allowed, and goes on with more', async () => {
    await stage().listen();
    const client = await producing(stage());
    allow(stage(), 2);
    send(client, 10);
    await receipts(client, 2);
    client.write(frame('PING', {}));
    await (await stage().connect()).settled();
    expect(messagesTold(stage())).toBe(2);
    allow(stage(), 5);
    await receipts(client, 3);
    expect(messagesTold(stage())).toBe(5);
    allow(stage(), Number.POSITIVE_INFINITY);
    await receipts(client, 5);
    await client.expect('PONG');
  });

  it('lets other connections be', async () => {
    await stage().listen();
    const client = await producing(stage());
    allow(stage(), 1);
    send(client, 3);
    await receipts(client, 1);
    const other = await stage().connect();
    other.say('PRODUCER', { topic: 'u', producer_id: 1, request_id: 1 });
    await other.expect('PRODUCER_SUCCESS');
  });

  it('no longer holds the connection of a producer that was closed by its topic', async () => {
    await stage().listen();
    const client = await producing(stage());
    allow(stage(), 1);
    send(client, 2);
    await receipts(client, 1);
    const [add] = stage().broker.commands<AddProducer>('add-producer');
    say(add!.reply.recipient, { type: 'producer-closed', producerId: 1 });
    await client.expect('CLOSE_PRODUCER');
    client.write(frame('PING', {}));
    await client.expect('PONG');
  });
});

describe("the broker's own publish rate", () => {
  const stage = useStage();

  it('holds the connections that exceed it until there is room, and no others', async () => {
    await stage().listen({ publishRate: { messages: 4, bytes: 0, periodMs: 1_000 } });
    const client = await producing(stage());
    const other = await stage().connect();
    send(client, 6);
    await receipts(client, 4);
    other.write(frame('PING', {}));
    await other.expect('PONG');
    expect(messagesTold(stage())).toBe(4);
    stage().clock.advance(249);
    await other.settled();
    expect(messagesTold(stage())).toBe(4);
    stage().clock.advance(1);
    await receipts(client, 1);
    await until(() => messagesTold(stage()) === 5);
    stage().clock.advance(250);
    await receipts(client, 1);
  });

  it('holds nobody for what he did before, and lets those go on in turn who wait', async () => {
    await stage().listen({ publishRate: { messages: 2, bytes: 0, periodMs: 1_000 } });
    const first = await producing(stage());
    const second = await producing(stage());
    send(first, 2);
    await receipts(first, 2);
    stage().clock.advance(500);
    send(second, 3);
    await receipts(second, 1);
    first.write(frame('PING', {}));
    await first.expect('PONG');
    send(first, 3);
    await receipts(first, 1);
    const rest = Promise.all([receipts(second, 2), receipts(first, 2)]);
    const other = await stage().connect();
    for (let ms = 0; ms < 5_000; ms += 250) {
      stage().clock.advance(250);
      await other.settled();
    }
    await rest;
  });
});

import { describe, expect, it } from 'vitest';
import type { AddProducer, Publish } from '../../../src/actors/topic/commands.ts';
import { agreeable, publishDone, say } from './fake-broker.ts';
import { sendFrame } from './raw-client.ts';
import { producing, until, useStage } from './stage.ts';

const INTERVAL_MS = 30_000;

describe('keep-alive', () => {
  const stage = useStage();

  it('answers PING with PONG', async () => {
    await stage().listen();
    const client = await stage().connect();
    client.say('PING', {});
    await client.expect('PONG');
  });

  it('pings a client each interval and hangs up on one that says nothing back', async () => {
    await stage().listen({ keepAliveIntervalMs: INTERVAL_MS });
    const client = await stage().connect();
    stage().clock.advance(INTERVAL_MS);
    await client.expect('PING');
    stage().clock.advance(INTERVAL_MS - 1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(client.hungUp).toBe(false);
    stage().clock.advance(1);
    await client.closed;
    expect(client.received).toEqual([]);
  });

  it('takes any frame for a sign of life', async () => {
    await stage().listen({ keepAliveIntervalMs: INTERVAL_MS });
    const client = await stage().connect();
    for (let round = 0; round < 5; round++) {
      stage().clock.advance(INTERVAL_MS);
      await client.expect('PING');
      client.say('LOOKUP', { topic: 't', request_id: round });
      await client.expect('LOOKUP_RESPONSE');
    }
    expect(client.hungUp).toBe(false);
  });

  it('spares a client that it does not read, and answers pings that it has not read', async () => {
    await stage().listen({ keepAliveIntervalMs: INTERVAL_MS, maxPendingPublishes: 1 });
    const { broker } = stage();
    broker.react = (told) => {
      if (told.command.type === 'add-producer') agreeable(told, broker);
    };
    const client = await producing(stage());
    client.write(sendFrame({ producer_id: 1, sequence_id: 0 }));
    await until(() => broker.commands('publish').length === 1);
    for (let half = 1; half <= 8; half++) {
      stage().clock.advance(INTERVAL_MS / 2);
      await client.expect('PONG');
      if (half % 2 === 0) await client.expect('PING');
    }
    client.say('PONG', {});
    publishDone(broker, broker.commands<Publish>('publish')[0]!);
    await client.expect('SEND_RECEIPT');
    expect(await client.settled()).toEqual([]);
    stage().clock.advance(INTERVAL_MS);
    await client.expect('PING');
    stage().clock.advance(INTERVAL_MS);
    await client.closed;
  });

  it('does not take a pause of its own for the silence of the client', async () => {
    await stage().listen({ keepAliveIntervalMs: INTERVAL_MS, maxPendingPublishes: 1 });
    const { broker } = stage();
    broker.react = (told) => {
      if (told.command.type === 'add-producer') agreeable(told, broker);
    };
    const client = await producing(stage());
    client.write(sendFrame({ producer_id: 1, sequence_id: 0 }));
    await until(() => broker.commands('publish').length === 1);
    stage().clock.advance(INTERVAL_MS);
    for (const name of ['PONG', 'PONG', 'PING'] as const) await client.expect(name);
    publishDone(broker, broker.commands<Publish>('publish')[0]!);
    await client.expect('SEND_RECEIPT');
    stage().clock.advance(INTERVAL_MS);
    await client.expect('PING');
    expect(client.hungUp).toBe(false);
    stage().clock.advance(INTERVAL_MS);
    await client.closed;
  });

  it('excuses a silence of which a part was a pause', async () => {
    const listening = { keepAliveIntervalMs: INTERVAL_MS, maxPublishBufferBytes: 1 };
    await stage().listen(listening);
    const { broker } = stage();
    broker.react = (told) => {
      if (told.command.type === 'add-producer') agreeable(told, broker);
    };
    const silent = await producing(stage());
    stage().clock.advance(INTERVAL_MS);
    await silent.expect('PING');
    const busy = await producing(stage());
    busy.write(sendFrame({ producer_id: 1, sequence_id: 0 }));
    await until(() => broker.commands('publish').length === 1);
    for (const { reply } of broker.commands<AddProducer>('add-producer')) reply.recipient.flush();
    const [publish] = broker.commands<Publish>('publish');
    say(broker.commands<AddProducer>('add-producer')[1]!.reply.recipient, {
      type: 'published',
      producerId: 1,
      sequenceIds: publish!.sequenceIds,
      highestSequenceIds: publish!.highestSequenceIds,
      ledgerId: 7,
      firstEntryId: 0,
      bytes: publish!.bytes,
    });
    await busy.expect('SEND_RECEIPT');
    stage().clock.advance(INTERVAL_MS);
    await silent.expect('PING');
    stage().clock.advance(INTERVAL_MS);
    await silent.closed;
  });
});

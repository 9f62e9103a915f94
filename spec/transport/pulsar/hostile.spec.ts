import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCommand } from '../../../src/wire/codec.ts';
import { sendFrame } from './raw-client.ts';
import { producing, type Stage, useStage } from './stage.ts';

/** A session's worth of well-formed bytes, to be damaged. */
const GOOD = Buffer.concat([
  encodeCommand('CONNECT', { client_version: 'Raw-v1', protocol_version: 21 }),
  encodeCommand('PRODUCER', { topic: 't', producer_id: 1, request_id: 1 }),
  encodeCommand('SUBSCRIBE', {
    topic: 't',
    subscription: 's',
    subType: 1,
    consumer_id: 1,
    request_id: 2,
    metadata: [{ key: 'k', value: 'v' }],
  }),
  encodeCommand('FLOW', { consumer_id: 1, messagePermits: 10 }),
  encodeCommand('ACK', {
    consumer_id: 1,
    ack_type: 0,
    message_id: [{ ledgerId: 1, entryId: 1, ack_set: [1] }],
    request_id: 3,
  }),
  encodeCommand('SEEK', { consumer_id: 1, request_id: 4, message_publish_time: 5 }),
  encodeCommand('GET_SCHEMA', { request_id: 5, topic: 't' }),
  sendFrame({ producer_id: 1, sequence_id: 0 }),
]);

/** A bystander's connection works before and after. */
async function withBystander(stage: Stage, attack: () => Promise<void>): Promise<void> {
  const bystander = await stage.connect();
  await attack();
  expect(await bystander.settled()).toEqual([]);
  bystander.close();
}

async function attackWith(stage: Stage, bytes: Buffer): Promise<void> {
  const client = await stage.open();
  client.socket.end(bytes);
  await client.closed;
}

describe('hostile bytes', () => {
  const stage = useStage();

  it('of any kind end their own connection at most', async () => {
    await stage().listen();
    await withBystander(stage(), async () => {
      const bytes = fc.uint8Array({ maxLength: 300 });
      await fc.assert(
        fc.asyncProperty(bytes, (noise) => attackWith(stage(), Buffer.from(noise))),
        { numRuns: 100 },
      );
    });
  });

  it('within a conversation that was good end it at most', async () => {
    await stage().listen();
    await withBystander(stage(), async () => {
      const damage = fc.array(fc.tuple(fc.nat(GOOD.length - 1), fc.nat(255)), {
        minLength: 1,
        maxLength: 4,
      });
      const cut = fc.nat(GOOD.length);
      await fc.assert(
        fc.asyncProperty(damage, cut, async (changes, length) => {
          const bytes = Buffer.from(GOOD);
          for (const [at, value] of changes) bytes[at] = value;
          await attackWith(stage(), bytes.subarray(0, Math.max(length, GOOD.length / 2)));
        }),
        { numRuns: 200 },
      );
    });
    expect(stage().listener.publishBufferBytes()).toBe(0);
  });

  it.each([
    ['claims more than a frame may hold', Buffer.from([0x7f, 0xff, 0xff, 0xff])],
    ['claims a command longer than its frame', Buffer.from([0, 0, 0, 8, 0, 0, 0, 9, 8, 2, 18, 0])],
    ['is a frame without a command', Buffer.from([0, 0, 0, 4, 0, 0, 0, 0])],
    ['is a command that nobody knows', Buffer.from([0, 0, 0, 6, 0, 0, 0, 2, 8, 127])],
  ])('that %s are answered by hanging up', async (_, bytes) => {
    await stage().listen();
    const client = await stage().connect();
    client.write(bytes);
    await client.closed;
    expect(client.received).toEqual([]);
  });

  it('after good SENDs do not take them back', async () => {
    await stage().listen();
    const client = await producing(stage());
    client.write(sendFrame({ producer_id: 1, sequence_id: 0 }), Buffer.from([0xff, 0, 0, 0]));
    await client.closed;
    const types = stage().broker.told.map(({ command }) => command.type);
    expect(types).toEqual(['add-producer', 'publish', 'remove-producer']);
  });

  it('a frame of exactly the limit is taken and one byte more is not', async () => {
    await stage().listen({ maxMessageBytes: 1_000 });
    const client = await stage().connect();
    const limit = 1_000 + 10_240;
    const padded = (total: number): Buffer => {
      const frame = Buffer.alloc(total + 4);
      encodeCommand('PING', {}).copy(frame);
      frame.writeUInt32BE(total, 0);
      return frame;
    };
    client.write(padded(limit));
    await client.expect('PONG');
    client.write(padded(limit + 1));
    await client.closed;
  });
});

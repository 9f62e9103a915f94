import { describe, expect, it } from 'vitest';
import type { AddProducer, Publish } from '../../../src/actors/topic/commands.ts';
import { addChecksum } from '../../../src/wire/checksum.ts';
import { agreeable, publishDone, say } from './fake-broker.ts';
import { entryOf, frame, type RawClient, sendFrame } from './raw-client.ts';
import { producing, type Stage, until, useStage } from './stage.ts';

/** Lets everything be answered but publishes, which the case answers itself. */
function holdPublishes(stage: Stage): void {
  stage.broker.react = (told, broker) => {
    if (told.command.type !== 'publish') agreeable(told, broker);
  };
}

const publishes = (stage: Stage): Publish[] => stage.broker.commands<Publish>('publish');

async function openSecond(client: RawClient): Promise<void> {
  client.say('PRODUCER', { topic: 'u', producer_id: 2, request_id: 2 });
  await client.expect('PRODUCER_SUCCESS');
}

describe('SENDs', () => {
  const stage = useStage();

  it('of one producer that arrive together become one publish, in columns', async () => {
    await stage().listen();
    const client = await producing(stage());
    const entries = [entryOf('a', 3), entryOf('bb'), entryOf('ccc')];
    client.write(
      sendFrame(
        { producer_id: 1, sequence_id: 5, num_messages: 3, highest_sequence_id: 7 },
        entries[0],
      ),
      sendFrame({ producer_id: 1, sequence_id: 2n ** 60n }, entries[1]),
      sendFrame({ producer_id: 1, sequence_id: 9, is_chunk: true }, entries[2]),
    );
    for (let count = 0; count < 3; count++) await client.expect('SEND_RECEIPT');
    const [add] = stage().broker.commands<AddProducer>('add-producer');
    expect(publishes(stage())).toEqual([
      {
        type: 'publish',
        key: add!.key,
        sequenceIds: [5, 2n ** 60n, 9],
        highestSequenceIds: [7, undefined, undefined],
        messageCounts: [3, 1, 1],
        entries,
        bytes: entries.reduce((sum, entry) => sum + entry.length, 0),
        chunked: true,
        isDropped: false,
      },
    ]);
  });

  it('of several producers keep their order within each', async () => {
    await stage().listen();
    const client = await producing(stage());
    await openSecond(client);
    client.write(
      sendFrame({ producer_id: 1, sequence_id: 0 }),
      sendFrame({ producer_id: 2, sequence_id: 0 }),
      sendFrame({ producer_id: 2, sequence_id: 1 }),
      sendFrame({ producer_id: 1, sequence_id: 1 }),
    );
    await client.settled();
    const order = publishes(stage()).map(({ key, sequenceIds }) => [key, sequenceIds]);
    const [one, two] = stage().broker.commands<AddProducer>('add-producer');
    expect(order).toEqual([
      [one!.key, [0]],
      [two!.key, [0, 1]],
      [one!.key, [1]],
    ]);
  });

  it('reach the topic before a command that follows them', async () => {
    await stage().listen();
    const client = await producing(stage());
    client.write(
      sendFrame({ producer_id: 1, sequence_id: 0 }),
      frame('CLOSE_PRODUCER', { producer_id: 1, request_id: 2 }),
    );
    await client.expect('SEND_RECEIPT');
    await client.expect('SUCCESS');
    const types = stage().broker.told.map(({ command }) => command.type);
    expect(types).toEqual(['add-producer', 'publish', 'remove-producer']);
  });

  it('arrive untouched when they are larger than a chunk of the socket', async () => {
    await stage().listen();
    const client = await producing(stage());
    const entry = entryOf(Buffer.alloc(3_000_000, 'x'));
    client.write(sendFrame({ producer_id: 1, sequence_id: 0 }, entry));
    await client.expect('SEND_RECEIPT');
    expect(publishes(stage())[0]!.entries[0]!.equals(entry)).toBe(true);
  });

  it('without a checksum are stored with one', async () => {
    await stage().listen();
    const client = await producing(stage());
    const bare = entryOf('m').subarray(6);
    client.write(sendFrame({ producer_id: 1, sequence_id: 0 }, bare));
    await client.expect('SEND_RECEIPT');
    expect(publishes(stage())[0]!.entries).toEqual([addChecksum(bare)]);
  });

  it('count the messages that their metadata says, and at least one', async () => {
    await stage().listen();
    const client = await producing(stage());
    client.write(
      sendFrame({ producer_id: 1, sequence_id: 0, num_messages: 9 }, entryOf('m', 7)),
      sendFrame({ producer_id: 1, sequence_id: 1, num_messages: 9 }, entryOf('m', -5)),
      sendFrame({ producer_id: 1, sequence_id: 2, num_messages: 9 }),
    );
    await client.settled();
    expect(publishes(stage())[0]!.messageCounts).toEqual([7, 1, 1]);
  });
});

describe('answers to SENDs', () => {
  const stage = useStage();

  it('echo both sequence ids and name consecutive entries', async () => {
    await stage().listen();
    const client = await producing(stage());
    client.write(
      sendFrame({ producer_id: 1, sequence_id: 5, highest_sequence_id: 7 }),
      sendFrame({ producer_id: 1, sequence_id: 2n ** 63n + 1n }),
    );
    expect(await client.expect('SEND_RECEIPT')).toEqual({
      producer_id: 1,
      sequence_id: 5,
      highest_sequence_id: 7,
      message_id: { ledgerId: 7, entryId: 0 },
    });
    expect(await client.expect('SEND_RECEIPT')).toEqual({
      producer_id: 1,
      sequence_id: 2n ** 63n + 1n,
      message_id: { ledgerId: 7, entryId: 1 },
    });
  });

  it('to duplicates carry the id -1:-1', async () => {
    await stage().listen();
    holdPublishes(stage());
    const client = await producing(stage());
    client.write(
      sendFrame({ producer_id: 1, sequence_id: 1 }),
      sendFrame({ producer_id: 1, sequence_id: 2 }),
    );
    await until(() => publishes(stage()).length === 1);
    say(stage().broker.commands<AddProducer>('add-producer')[0]!.reply.recipient, {
      type: 'published',
      producerId: 1,
      sequenceIds: [1, 2],
      highestSequenceIds: [undefined, undefined],
      ledgerId: -1,
      firstEntryId: -1,
      bytes: publishes(stage())[0]!.bytes,
    });
    for (const sequence_id of [1, 2]) {
      expect(await client.expect('SEND_RECEIPT')).toEqual({
        producer_id: 1,
        sequence_id,
        message_id: { ledgerId: 2n ** 64n - 1n, entryId: 2n ** 64n - 1n },
      });
    }
  });

  it('name a bad checksum, after the receipts of what came before it', async () => {
    await stage().listen();
    holdPublishes(stage());
    const client = await producing(stage());
    const broken = Buffer.from(entryOf('m'));
    broken[broken.length - 1]! ^= 1;
    client.write(
      sendFrame({ producer_id: 1, sequence_id: 0 }),
      sendFrame({ producer_id: 1, sequence_id: 1, highest_sequence_id: 4 }, broken),
      sendFrame({ producer_id: 1, sequence_id: 5 }),
    );
    expect(await client.settled()).toEqual([]);
    const [first, second] = publishes(stage());
    expect([first!.sequenceIds, second!.sequenceIds]).toEqual([[0], [5]]);
    publishDone(stage().broker, first!);
    expect((await client.expect('SEND_RECEIPT')).sequence_id).toBe(0);
    expect(await client.expect('SEND_ERROR')).toEqual({
      producer_id: 1,
      sequence_id: 4,
      error: 9,
      message: 'Checksum failed on the broker',
    });
    publishDone(stage().broker, second!);
    expect((await client.expect('SEND_RECEIPT')).sequence_id).toBe(5);
  });

  it('keep an error between the receipts of one answer for both of its neighbours', async () => {
    await stage().listen();
    holdPublishes(stage());
    const client = await producing(stage());
    client.write(
      sendFrame({ producer_id: 1, sequence_id: 0 }),
      sendFrame({ producer_id: 1, sequence_id: 1, txnid_least_bits: 0, txnid_most_bits: 0 }),
      sendFrame({ producer_id: 1, sequence_id: 2 }),
    );
    await client.settled();
    say(stage().broker.commands<AddProducer>('add-producer')[0]!.reply.recipient, {
      type: 'published',
      producerId: 1,
      sequenceIds: [0, 2],
      highestSequenceIds: [undefined, undefined],
      ledgerId: 7,
      firstEntryId: 0,
      bytes: publishes(stage()).reduce((sum, { bytes }) => sum + bytes, 0),
    });
    expect((await client.expect('SEND_RECEIPT')).sequence_id).toBe(0);
    expect(await client.expect('SEND_ERROR')).toMatchObject({ sequence_id: 1, error: 22 });
    expect((await client.expect('SEND_RECEIPT')).sequence_id).toBe(2);
  });

  it('refuse at once what has nothing before it: markers, transactions, oversize', async () => {
    await stage().listen({ maxMessageBytes: 100_000 });
    const client = await producing(stage());
    client.write(sendFrame({ producer_id: 1, sequence_id: 1, marker: true }));
    expect(await client.expect('SEND_ERROR')).toMatchObject({ sequence_id: 1, error: 22 });
    const large = entryOf(Buffer.alloc(100_000 + 10_240 - 64));
    client.write(sendFrame({ producer_id: 1, sequence_id: 2 }, large));
    expect(await client.expect('SEND_ERROR')).toMatchObject({ sequence_id: 2, error: 22 });
    expect(publishes(stage())).toEqual([]);
  });

  it('pass on what the topic refuses, one error a message', async () => {
    await stage().listen();
    stage().broker.react = (told, broker) => {
      if (told.command.type !== 'publish') agreeable(told, broker);
      else {
        const { recipient } = broker.commands<AddProducer>('add-producer')[0]!.reply;
        const { bytes } = told.command as unknown as Publish;
        const refusal = {
          code: 'topic-terminated',
          message: 'Topic was already terminated',
        } as const;
        say(recipient, {
          type: 'publish-refused',
          producerId: 1,
          sequenceIds: [3, 4],
          refusal,
          bytes,
        });
      }
    };
    const client = await producing(stage());
    client.write(
      sendFrame({ producer_id: 1, sequence_id: 3 }),
      sendFrame({ producer_id: 1, sequence_id: 4 }),
    );
    for (const sequence_id of [3, 4]) {
      expect(await client.expect('SEND_ERROR')).toEqual({
        producer_id: 1,
        sequence_id,
        error: 15,
        message: 'Topic was already terminated',
      });
    }
  });
});

describe('a SEND whose producer is not there', () => {
  const stage = useStage();

  it('ends the connection', async () => {
    await stage().listen();
    const client = await producing(stage());
    client.write(sendFrame({ producer_id: 2, sequence_id: 0 }));
    await client.closed;
    expect(stage().broker.commands('remove-producer')).toHaveLength(1);
  });

  it('is ignored for 30 s when the broker closed the producer', async () => {
    await stage().listen();
    const client = await producing(stage());
    const { recipient } = stage().broker.commands<AddProducer>('add-producer')[0]!.reply;
    say(recipient, { type: 'producer-closed', producerId: 1 });
    expect(await client.expect('CLOSE_PRODUCER')).toEqual({
      producer_id: 1,
      request_id: 2n ** 64n - 1n,
    });
    stage().clock.advance(29_999);
    client.say('PONG', {});
    client.write(sendFrame({ producer_id: 1, sequence_id: 0 }));
    await client.settled();
    expect(publishes(stage())).toEqual([]);
    stage().clock.advance(1);
    client.write(sendFrame({ producer_id: 1, sequence_id: 1 }));
    await client.closed;
  });

  it('ends the connection before the producer is opened', async () => {
    await stage().listen();
    stage().broker.react = () => {};
    const client = await stage().connect();
    client.say('PRODUCER', { topic: 't', producer_id: 1, request_id: 1 });
    client.write(sendFrame({ producer_id: 1, sequence_id: 0 }));
    await client.closed;
    expect(publishes(stage())).toEqual([]);
  });
});

describe('metadata that cannot be', () => {
  const stage = useStage();

  it.each([
    ['is longer than its entry', [0, 0, 0, 200, 1, 2, 3]],
    ['is no protobuf', [0, 0, 0, 3, 0xff, 0xff, 0xff]],
    ['lacks what every message has', [0, 0, 0, 3, 10, 1, 65]],
    ['is not there', []],
  ])(
    'because it %s ends the connection, so that every stored entry is readable',
    async (_, bytes) => {
      await stage().listen();
      const client = await producing(stage());
      const entry = addChecksum(Buffer.from(bytes));
      client.write(sendFrame({ producer_id: 1, sequence_id: 0 }, entry));
      await client.closed;
      expect(publishes(stage())).toEqual([]);
    },
  );
});

import { describe, expect, it } from 'vitest';
import type { Ack } from '../../../src/actors/subscription/commands.ts';
import type { Publish, ReplyTo } from '../../../src/actors/topic/commands.ts';
import { Transactions } from '../../../src/actors/transaction/door.ts';
import { BrokerError } from '../../../src/base/errors.ts';
import { encodeCommand } from '../../../src/wire/codec.ts';
import { sendFrame } from './raw-client.ts';
import { consuming, producing, type Stage, useStage } from './stage.ts';

type Asked = readonly [string, Record<string, unknown>];

/** Sixteen coordinators that answer what the case says. */
function coordinating(stage: Stage, answer: () => unknown = () => undefined): Asked[] {
  const asked: Asked[] = [];
  const reply = {} as ReplyTo;
  stage.broker.transactions = new Transactions({
    isEnabled: true,
    isReady: () => true,
    exposed: () => ({ partitions: 16 }),
    ask: async <T>(actor: string, make: (reply: ReplyTo) => unknown) => {
      const { reply: _, ...command } = make(reply) as Record<string, unknown>;
      asked.push([actor, command]);
      return answer() as T;
    },
  });
  return asked;
}

const id = { txnid_least_bits: 7, txnid_most_bits: 3 };

describe('commands to coordinators', () => {
  const stage = useStage();

  it('connect to those that there are', async () => {
    await stage().listen();
    coordinating(stage());
    const client = await stage().connect();
    client.say('TC_CLIENT_CONNECT_REQUEST', { request_id: 1, tc_id: 15 });
    expect(await client.expect('TC_CLIENT_CONNECT_RESPONSE')).toEqual({ request_id: 1 });
    client.say('TC_CLIENT_CONNECT_REQUEST', { request_id: 2, tc_id: 16 });
    expect(await client.expect('TC_CLIENT_CONNECT_RESPONSE')).toMatchObject({
      request_id: 2,
      error: 6,
      message: expect.stringMatching(/assign-partition-16.*Please redo the lookup\.$/),
    });
  });

  it('are to be said again while the broker starts over', async () => {
    await stage().listen();
    stage().broker.transactions = new Transactions({
      isEnabled: true,
      isReady: () => false,
      exposed: () => {
        throw new BrokerError('service-not-ready', 'The broker is failed; please retry');
      },
      ask: async () => undefined as never,
    });
    const client = await stage().connect();
    const later = { error: 6, message: 'The broker is failed; please retry' };
    client.say('TC_CLIENT_CONNECT_REQUEST', { request_id: 1, tc_id: 15 });
    expect(await client.expect('TC_CLIENT_CONNECT_RESPONSE')).toEqual({ request_id: 1, ...later });
    client.say('NEW_TXN', { request_id: 2, tc_id: 15 });
    expect(await client.expect('NEW_TXN_RESPONSE')).toMatchObject(later);
  });

  it('begin a transaction, whose time-out is in milliseconds', async () => {
    await stage().listen();
    const asked = coordinating(stage(), () => 7);
    const client = await stage().connect();
    client.say('NEW_TXN', { request_id: 1, tc_id: 3, txn_ttl_millis: 5_000 });
    expect(await client.expect('NEW_TXN_RESPONSE')).toEqual({ request_id: 1, ...id });
    expect(asked).toEqual([['transaction-coordinator:3', { type: 'begin', timeoutMs: 5_000 }]]);
    client.say('NEW_TXN', { request_id: 2, tc_id: 16 });
    expect(await client.expect('NEW_TXN_RESPONSE')).toMatchObject({
      request_id: 2,
      error: 20,
      message: 'Transaction coordinator with id 16 not found!',
    });
  });

  it('are not answered where too many transactions are open, as in Pulsar', async () => {
    await stage().listen();
    coordinating(stage(), () => {
      throw new BrokerError('transaction-limit', 'full');
    });
    const client = await stage().connect();
    client.say('NEW_TXN', { request_id: 1, tc_id: 3 });
    expect(await client.settled()).toEqual([]);
  });

  it('add topics and subscriptions by their full names', async () => {
    await stage().listen();
    const asked = coordinating(stage());
    const client = await stage().connect();
    client.say('ADD_PARTITION_TO_TXN', { request_id: 1, ...id, partitions: ['t'] });
    expect(await client.expect('ADD_PARTITION_TO_TXN_RESPONSE')).toEqual({ request_id: 1, ...id });
    const subscription = [{ topic: 't', subscription: 's' }];
    client.say('ADD_SUBSCRIPTION_TO_TXN', { request_id: 2, ...id, subscription });
    expect(await client.expect('ADD_SUBSCRIPTION_TO_TXN_RESPONSE')).toEqual({
      request_id: 2,
      ...id,
    });
    const topic = { topic: 'persistent://public/default/t', writtenAs: 't' };
    const joined = { type: 'join', sequence: 7 };
    expect(asked).toEqual([
      ['transaction-coordinator:3', { ...joined, participants: [topic] }],
      ['transaction-coordinator:3', { ...joined, participants: [{ ...topic, subscription: 's' }] }],
    ]);
  });

  it.each([
    ['transaction-not-found', 24],
    ['transaction-status', 21],
  ] as const)('are answered %s inside their response', async (code, error) => {
    await stage().listen();
    coordinating(stage(), () => {
      throw new BrokerError(code, 'why');
    });
    const client = await stage().connect();
    client.say('END_TXN', { request_id: 1, ...id, txn_action: 1 });
    expect(await client.expect('END_TXN_RESPONSE')).toEqual({
      request_id: 1,
      ...id,
      error,
      message: 'why',
    });
    client.say('ADD_PARTITION_TO_TXN', { request_id: 2, ...id, partitions: ['t'] });
    expect(await client.expect('ADD_PARTITION_TO_TXN_RESPONSE')).toMatchObject({ error });
  });

  it('commit and abort', async () => {
    await stage().listen();
    const asked = coordinating(stage());
    const client = await stage().connect();
    for (const [request_id, txn_action] of [
      [1, 0],
      [2, 1],
    ] as const) {
      client.say('END_TXN', { request_id, ...id, txn_action });
      expect(await client.expect('END_TXN_RESPONSE')).toEqual({ request_id, ...id });
    }
    expect(asked.map(([, { commit }]) => commit)).toEqual([true, false]);
  });

  it.each(['END_TXN_ON_PARTITION', 'END_TXN_ON_SUBSCRIPTION'] as const)(
    '%s is for coordinators alone',
    async (name) => {
      await stage().listen();
      const asked = coordinating(stage());
      const client = await stage().connect();
      client.say(name, { request_id: 1, ...id } as never);
      expect(await client.expect(`${name}_RESPONSE`)).toMatchObject({ ...id, error: 22 });
      expect(asked).toEqual([]);
    },
  );
});

describe('what is said in a transaction', () => {
  const stage = useStage();

  it('is published by itself, apart from what comes before and behind it', async () => {
    await stage().listen();
    coordinating(stage());
    const client = await producing(stage());
    const other = { txnid_least_bits: 8, txnid_most_bits: 3 };
    client.write(
      sendFrame({ producer_id: 1, sequence_id: 0 }),
      sendFrame({ producer_id: 1, sequence_id: 1, ...id }),
      sendFrame({ producer_id: 1, sequence_id: 2, ...id }),
      sendFrame({ producer_id: 1, sequence_id: 3, ...other }),
      sendFrame({ producer_id: 1, sequence_id: 4 }),
    );
    for (let count = 0; count < 5; count++) await client.expect('SEND_RECEIPT');
    const publishes = stage().broker.commands<Publish>('publish');
    expect(publishes.map(({ txn, sequenceIds }) => [txn, sequenceIds])).toEqual([
      [undefined, [0]],
      ['(3,7)', [1, 2]],
      ['(3,8)', [3]],
      [undefined, [4]],
    ]);
  });

  it('is refused where no such coordinator is, and on topics that store nothing', async () => {
    await stage().listen();
    coordinating(stage());
    const client = await producing(stage());
    client.write(
      sendFrame({ producer_id: 1, sequence_id: 0, txnid_least_bits: 0, txnid_most_bits: 99 }),
    );
    expect(await client.expect('SEND_ERROR')).toMatchObject({ error: 22 });
    client.say('PRODUCER', { topic: 'non-persistent://a/b/c', producer_id: 2, request_id: 2 });
    await client.expect('PRODUCER_SUCCESS');
    client.write(sendFrame({ producer_id: 2, sequence_id: 0, ...id }));
    expect(await client.expect('SEND_ERROR')).toMatchObject({ error: 22 });
    expect(stage().broker.commands('publish')).toEqual([]);
  });

  it('is acknowledged by itself, with the sizes of batches', async () => {
    await stage().listen();
    coordinating(stage());
    const client = await consuming(stage());
    const ack = (message_id: object[], more: object) =>
      encodeCommand('ACK', { consumer_id: 1, ack_type: 0, message_id, ...more } as never);
    const batch = { ledgerId: 3, entryId: 5, ack_set: [6], batch_size: 3 };
    client.write(ack([{ ledgerId: 3, entryId: 4 }], {}), ack([batch], { ...id, request_id: 9 }));
    await client.settled();
    const acks = stage().broker.commands<Ack>('ack');
    expect(acks.map(({ txn }) => txn)).toEqual([undefined, '(3,7)']);
    expect(acks[1]?.entries).toEqual([
      { position: { ledgerId: 3, entryId: 5 }, ackSet: [6n], batchSize: 3 },
    ]);
  });

  it('is not denied by a broker that starts over, and the connection goes on', async () => {
    await stage().listen();
    coordinating(stage());
    const client = await consuming(stage());
    stage().broker.transactions = new Transactions({
      isEnabled: true,
      isReady: () => false,
      exposed: () => {
        throw new BrokerError('service-not-ready', 'The broker is failed; please retry');
      },
      ask: async () => undefined as never,
    });
    const message_id = [{ ledgerId: 3, entryId: 4 }];
    const ack = { consumer_id: 1, ack_type: 0, message_id, ...id, request_id: 9 } as never;
    client.write(encodeCommand('ACK', ack));
    expect(await client.settled()).toEqual([]);
    client.say('PING', {});
    expect(await client.expect('PONG')).toBeDefined();
  });
});

/**
 * A client that breaks the rules, again and again, in one way: the broker must neither stumble nor
 * let anybody else suffer.
 */
import { txnId } from '../../../src/actors/txn-id.ts';
import {
  AckType,
  type ProducerAccessMode,
  SubType,
  TxnAction,
} from '../../../src/wire/messages.ts';
import type { Utterance } from '../observe/conversation.ts';
import { bitsOf, encodeContent } from '../observe/entries.ts';
import type { Client, Handle } from './client.ts';

/** What it does over a connection that is through the handshake. */
const ways = {
  garbage: (client) => client.sayBytes(randomBytes(client)),
  'a frame without end': (client) => client.sayBytes(Buffer.from('7fffffff00000010', 'hex')),
  'a command longer than its frame': (client) =>
    client.sayBytes(Buffer.from('0000000800000040', 'hex')),
  'a frame cut short': (client) => {
    client.sayBytes(Buffer.from('00000100000000f0', 'hex'));
    client.after(client.chance.skewed(1, 500), () => client.hangUp());
  },
  'a producer that is not open': (client) => send(client, client.chance.between(90, 99)),
  'an entry with a wrong checksum': (client) => openAndSend(client, true),
  'a request id twice': (client) => {
    const body = { topic: TOPIC, request_id: 7, producer_id: 1 };
    client.say('PRODUCER', body);
    client.say('PRODUCER', { ...body, producer_id: 2 });
  },
  'a consumer id twice': (client) => {
    for (const request_id of [1, 2]) client.say('SUBSCRIBE', { ...SUBSCRIBE, request_id });
  },
  'permits without end': (client) => {
    client.say('SUBSCRIBE', { ...SUBSCRIBE, request_id: 1 });
    for (let i = 0; i < 5; i++) client.say('FLOW', { consumer_id: 1, messagePermits: 2 ** 31 - 1 });
  },
  'acknowledgements of what never came': (client) => {
    client.say('SUBSCRIBE', { ...SUBSCRIBE, request_id: 1 });
    for (let i = 0; i < 20; i++) {
      const message_id = [randomId(client)];
      const ack_type = client.chance.of([AckType.Individual, AckType.Cumulative]);
      client.say('ACK', { consumer_id: 1, ack_type, message_id, request_id: 100 + i });
    }
  },
  'nacks of what never came': (client) => {
    client.say('SUBSCRIBE', { ...SUBSCRIBE, request_id: 1 });
    const message_ids = Array.from({ length: 50 }, () => randomId(client));
    client.say('REDELIVER_UNACKNOWLEDGED_MESSAGES', { consumer_id: 1, message_ids });
  },
  'seeks to nowhere': (client) => {
    client.say('SUBSCRIBE', { ...SUBSCRIBE, request_id: 1 });
    client.say('SEEK', { consumer_id: 1, request_id: 2, message_id: randomId(client) });
  },
  'stale epochs': (client) => {
    client.say('SUBSCRIBE', { ...SUBSCRIBE, subType: SubType.Exclusive, request_id: 1 });
    for (const consumer_epoch of [7, 3, 2 ** 31, 0]) {
      client.say('REDELIVER_UNACKNOWLEDGED_MESSAGES', { consumer_id: 1, consumer_epoch });
    }
    const body = { topic: TOPIC, producer_id: 1, producer_name: 'stale' };
    for (const [i, epoch] of [5, 1, 5].entries()) {
      const topic_epoch = client.chance.between(0, 3);
      const producer_access_mode = client.chance.between(0, 3) as ProducerAccessMode;
      client.say('PRODUCER', {
        ...body,
        request_id: 10 + i,
        epoch,
        topic_epoch,
        producer_access_mode,
      });
    }
  },
  'hundreds of connections that say nothing': (client) => client.crowd(100),
  'a thousand connections at once': (client) =>
    client.crowd(client.chance.happens(0.1) ? 1_000 : 10),
  'names that cannot be': (client) => {
    const topic = client.chance.of(['', 'a', 'persistent://', 'x://a/b/c', '\u0000/\uffff']);
    client.say('PRODUCER', { topic, request_id: 1, producer_id: 1 });
    client.say('LOOKUP', { topic, request_id: 2 });
  },
  'transactions of others': (client) => {
    for (let i = 0; i < 5; i++) meddle(client);
  },
} satisfies Record<string, (client: Client) => void>;

export type Abuse = keyof typeof ways;

/** What may be done in any world; transactions are not in all of them. */
export const abuses = (Object.keys(ways) as Abuse[]).filter(
  (abuse) => abuse !== 'transactions of others',
);

/** Its own, so that what it does to it is nobody's loss. */
const TOPIC = 'persistent://public/default/abused';
const SUBSCRIBE = { topic: TOPIC, subscription: 's', subType: SubType.Shared, consumer_id: 1 };

export class Abuser implements Handle {
  readonly #client: Client;
  readonly #abuse: Abuse;

  constructor(client: Client, abuse: Abuse) {
    this.#client = client;
    this.#abuse = abuse;
    this.#live();
  }

  connected(): void {
    this.#act();
  }

  lost(): void {}

  hear(_: Utterance): void {}

  #live(): void {
    const { chance, world } = this.#client;
    this.#client.after(chance.skewed(50, 3_000), () => {
      if (world.isCalm) return;
      if (chance.happens(0.3)) this.#client.hangUp();
      else if (this.#client.isConnected) this.#act();
      this.#live();
    });
  }

  #act(): void {
    if (!this.#client.world.isCalm) (ways[this.#abuse] as (client: Client) => void)(this.#client);
  }
}

/** Begins transactions that cannot be, and ends those that are not his. */
function meddle(client: Client): void {
  const { chance, world } = client;
  const { openTransactions: open } = world;
  const drawn = () => txnId(chance.between(0, 3), chance.between(0, 50));
  const bits = bitsOf(open.size > 0 && chance.happens(0.3) ? chance.of([...open]) : drawn());
  const topic = chance.of([TOPIC, 'x://a/b/c', '', 'persistent://public/default/nowhere']);
  const ask = [
    () => client.ask('NEW_TXN', { tc_id: chance.of([0, 17, -1]), txn_ttl_millis: 0 }, () => {}),
    () => client.ask('NEW_TXN', { txn_ttl_millis: chance.between(1, 3_000) }, () => {}),
    () => client.ask('ADD_PARTITION_TO_TXN', { ...bits, partitions: [topic] }, () => {}),
    () => {
      const subscription = [{ topic, subscription: 's' }];
      client.ask('ADD_SUBSCRIPTION_TO_TXN', { ...bits, subscription }, () => {});
    },
    () => {
      const txn_action = chance.of([TxnAction.COMMIT, TxnAction.ABORT]);
      client.ask('END_TXN', { ...bits, txn_action }, () => {});
    },
    () => client.ask('END_TXN_ON_PARTITION', { ...bits, topic }, () => {}),
  ];
  chance.of(ask)();
}

function openAndSend(client: Client, isDamaged: boolean): void {
  const body = { topic: TOPIC, producer_id: 1 };
  client.ask('PRODUCER', body, ({ name }) => {
    if (name === 'PRODUCER_SUCCESS') for (let i = 0; i < 3; i++) send(client, 1, isDamaged);
  });
}

function send(client: Client, producerId: number, isDamaged = false): void {
  const entry = encodeContent({
    messages: [client.world.nextMessage()],
    isBatch: false,
    producer: 'abuser',
    sequenceId: 0,
    key: undefined,
    publishTimeMs: 0,
    padding: 50,
  });
  if (isDamaged) entry[entry.length - 1]! ^= 1;
  client.say('SEND', { producer_id: producerId, sequence_id: 0 }, entry);
}

function randomBytes({ chance }: Client): Buffer {
  return Buffer.from(Array.from({ length: chance.between(1, 200) }, () => chance.between(0, 255)));
}

function randomId({ chance }: Client): { ledgerId: number | bigint; entryId: number | bigint } {
  const one = () => chance.of([0, 1, 2, chance.between(0, 2_000), 2n ** 63n - 1n, 2n ** 64n - 1n]);
  return { ledgerId: one(), entryId: one() };
}

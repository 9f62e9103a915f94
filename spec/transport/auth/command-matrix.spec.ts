/** Every binary command, from every kind of role: the answers are those of the data file. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Transactions } from '../../../src/actors/transaction/door.ts';
import { BrokerError } from '../../../src/base/errors.ts';
import { commands } from '../../../src/transport/pulsar/handlers/table.ts';
import type { CommandBodies, CommandName } from '../../../src/wire/codec.ts';
import { LookupType, ServerError } from '../../../src/wire/messages.ts';
import type { RawClient } from '../pulsar/raw-client.ts';
import { type Stage, useStage } from '../pulsar/stage.ts';
import { authorization, connectAs, matrixOf, trustingAuthentication } from './roles.ts';

const FILE = new URL('../../data/authorization/commands.txt', import.meta.url);
const { roles, rows } = matrixOf(readFileSync(FILE, 'utf8'), 1);

const T = 'persistent://acme/app/t';
const ID = { request_id: 1 };
const TXN = { ...ID, txnid_most_bits: 0, txnid_least_bits: 5 };
const SUBSCRIPTION = { topic: T, subscription: 's' };
const SCHEMA = { name: '', schema_data: Buffer.alloc(0), type: 1, properties: [] } as const;
const WATCH = { namespace: 'acme/app', topics_pattern: `${T}.*` };

const ask: { readonly [what: string]: Partial<{ readonly [K in CommandName]: object }> } = {
  PARTITIONED_METADATA: { PARTITIONED_METADATA: { ...ID, topic: T } },
  LOOKUP: { LOOKUP: { ...ID, topic: T } },
  PRODUCER: { PRODUCER: { ...ID, topic: T, producer_id: 1 } },
  'PRODUCER+subscription': {
    PRODUCER: { ...ID, topic: T, producer_id: 1, initial_subscription_name: 's' },
  },
  SUBSCRIBE: {
    SUBSCRIBE: { ...ID, topic: T, subscription: 'other', subType: 1, consumer_id: 1 },
  },
  'SUBSCRIBE+subscription': { SUBSCRIBE: { ...ID, ...SUBSCRIPTION, subType: 1, consumer_id: 1 } },
  GET_TOPICS_OF_NAMESPACE: { GET_TOPICS_OF_NAMESPACE: { ...ID, namespace: 'acme/app' } },
  WATCH_TOPIC_LIST: { WATCH_TOPIC_LIST: { ...ID, ...WATCH, watcher_id: 1 } },
  GET_SCHEMA: { GET_SCHEMA: { ...ID, topic: T } },
  GET_OR_CREATE_SCHEMA: { GET_OR_CREATE_SCHEMA: { ...ID, topic: T, schema: SCHEMA } },
  TC_CLIENT_CONNECT_REQUEST: { TC_CLIENT_CONNECT_REQUEST: { ...ID, tc_id: 0 } },
  NEW_TXN: { NEW_TXN: { ...ID, tc_id: 0, txn_ttl_millis: 1_000 } },
  ADD_PARTITION_TO_TXN: { ADD_PARTITION_TO_TXN: { ...TXN, partitions: [T] } },
  ADD_SUBSCRIPTION_TO_TXN: { ADD_SUBSCRIPTION_TO_TXN: { ...TXN, subscription: [SUBSCRIPTION] } },
  END_TXN: { END_TXN: { ...TXN, txn_action: 1 } },
  END_TXN_ON_PARTITION: { END_TXN_ON_PARTITION: { ...TXN, topic: T, txn_action: 1 } },
  END_TXN_ON_SUBSCRIPTION: {
    END_TXN_ON_SUBSCRIPTION: { ...TXN, subscription: SUBSCRIPTION, txn_action: 1 },
  },
};

/** Coordinators whose transactions are all of `super`. */
function coordinators(): Transactions {
  return new Transactions({
    isEnabled: true,
    isReady: () => true,
    exposed: () => ({ partitions: 1 }),
    ask: async (_actor, make) => {
      const recipient = { label: 'spec', receive() {}, flush() {} };
      const { by } = make({ recipient, requestId: 1 }) as { readonly by?: string };
      if (by === undefined || by === 'super') return 0 as never;
      throw new BrokerError('transaction-not-found', `Client (${by}) is not the owner`);
    },
  });
}

const stage = useStage();

async function opened(on: Stage): Promise<void> {
  on.broker.transactions = coordinators();
  on.broker.topics = [T];
  on.authentication = trustingAuthentication(on.clock);
  on.authorization = authorization;
  await on.listen();
}

/** What comes back for one command, said by a client that has just connected. */
async function answerTo(on: Stage, kind: string, what: string): Promise<string> {
  const client = await on.open();
  client.say('CONNECT', { client_version: 'Raw', protocol_version: 21, ...connectAs(kind) });
  const welcome = await client.next();
  if (welcome.name !== 'CONNECTED') {
    expect(welcome.body).toMatchObject({ error: ServerError.AuthorizationError });
    await client.closed;
    return 'closed';
  }
  for (const [name, body] of Object.entries(ask[what] ?? {})) {
    client.say(name as CommandName, body as CommandBodies[CommandName]);
  }
  const answer = await wordOf(client);
  client.close();
  return answer;
}

async function wordOf(client: RawClient): Promise<string> {
  const { body } = await client.next();
  if (body['response'] === LookupType.Failed) expect(body['error']).toBeDefined();
  switch (body['error'] ?? body['error_code']) {
    case ServerError.AuthorizationError:
    case ServerError.NotAllowedError:
      return 'denied';
    case ServerError.TransactionNotFound:
      return 'stranger';
    default:
      return 'ok';
  }
}

it('says of every command who may send it', () => {
  const free = Object.entries(commands).filter(
    ([, [, rule]]) => rule === 'anybody' || rule === 'opened',
  );
  const listed = [...rows.keys()].map((what) => what.replace('+subscription', ''));
  const all = new Set([...listed, ...free.map(([name]) => name)]);
  expect([...all].sort()).toEqual(Object.keys(commands).sort());
  expect(Object.keys(ask).sort()).toEqual([...rows.keys()].sort());
  expect(roles).toHaveLength(17);
});

it('answers as it is written down', async () => {
  await opened(stage());
  const differing: string[] = [];
  for (const [what, expected] of rows) {
    for (const [index, kind] of roles.entries()) {
      const answer = await answerTo(stage(), kind, what);
      if (answer !== expected[index]) differing.push(`${what} of ${kind}: ${answer}`);
    }
  }
  expect(differing).toEqual([]);
});

it('says of a tenant that there is not that it is missing', async () => {
  await opened(stage());
  const client = await stage().open();
  client.say('CONNECT', { client_version: 'Raw', protocol_version: 21, ...connectAs('producer') });
  await client.next();
  client.say('PARTITIONED_METADATA', { ...ID, topic: 'persistent://none/app/t' });
  expect((await client.next()).body).toMatchObject({
    error: ServerError.TopicNotFound,
    message: 'Tenant or namespace or topic does not exist: none/app',
  });
});

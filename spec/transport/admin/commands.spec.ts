/** What REST tells the actors, and how their refusals come back. */
import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../../src/base/errors.ts';
import { EARLIEST, LATEST } from '../../../src/base/position.ts';
import { subscription } from './fake-broker.ts';
import { type Rest, startRest } from './rest.ts';

const TOPIC = 'persistent://public/default/a';
const PATH = '/admin/v2/persistent/public/default/a';
const SUBSCRIPTION = `subscription:${TOPIC}/s`;

async function restWithSubscription(): Promise<Rest> {
  const rest = await startRest();
  rest.broker.add(TOPIC).subscriptions.set('s', subscription('s'));
  return rest;
}

describe('creating a subscription', () => {
  const create = async (body?: string) => {
    const rest = await startRest();
    rest.broker.add(TOPIC);
    await rest.send('PUT', `${PATH}/subscription/s?replicated=true`, body);
    return rest.broker.asked;
  };

  it('begins at the end when no position is given', async () => {
    expect(await create()).toEqual([
      {
        actor: `topic:${TOPIC}`,
        type: 'create-subscription',
        name: 's',
        position: LATEST,
        replicated: true,
        properties: {},
      },
    ]);
  });

  it('takes the earliest and the latest position as Java writes them', async () => {
    const longMax = '9223372036854775807';
    const [latest] = await create(`{"ledgerId":${longMax},"entryId":${longMax}}`);
    expect(latest).toMatchObject({ position: LATEST });
    const [earliest] = await create('{"ledgerId":-1,"entryId":-1,"partitionIndex":-1}');
    expect(earliest).toMatchObject({ position: EARLIEST });
  });

  it('begins at the message that is named, also where it is excluded, as in Pulsar', async () => {
    const [at] = await create('{"ledgerId":7,"entryId":3,"properties":{"k":"v"}}');
    expect(at).toMatchObject({
      position: { ledgerId: 7, entryId: 3 },
      properties: { k: 'v' },
    });
    const [same] = await create('{"ledgerId":7,"entryId":3,"excluded":true}');
    expect(same).toMatchObject({ position: { ledgerId: 7, entryId: 3 } });
  });

  it('goes to each partition', async () => {
    const rest = await startRest();
    await rest.send('PUT', '/admin/v2/persistent/public/default/p/partitions', '3');
    await rest.send('PUT', '/admin/v2/persistent/public/default/p/subscription/s');
    expect(rest.broker.asked.map(({ actor }) => actor)).toEqual(
      [0, 1, 2].map((index) => `topic:persistent://public/default/p-partition-${index}`),
    );
  });
});

describe('moving a cursor', () => {
  const asked = async (path: string, body?: string) => {
    const rest = await restWithSubscription();
    expect((await rest.send('POST', `${PATH}/subscription/s/${path}`, body)).status).toBe(204);
    return rest.broker.asked;
  };

  it('clears the backlog of a namespace, of one subscription or of all', async () => {
    const rest = await restWithSubscription();
    rest.broker.topics.get(TOPIC)?.subscriptions.set('t', subscription('t'));
    const cleared = async (path: string) => {
      rest.broker.asked.length = 0;
      const { status } = await rest.send('POST', `/admin/v2/namespaces/public/${path}`);
      return [status, rest.broker.asked.map(({ actor }) => actor)];
    };
    const other = `subscription:${TOPIC}/t`;
    expect(await cleared('default/clearBacklog')).toEqual([204, [SUBSCRIPTION, other]]);
    expect(await cleared('default/clearBacklog/t')).toEqual([204, [other]]);
    expect(await cleared('nope/clearBacklog')).toEqual([404, []]);
  });

  it('skips as many as asked, or all', async () => {
    expect(await asked('skip/12')).toEqual([{ actor: SUBSCRIPTION, type: 'skip', count: 12 }]);
    expect(await asked('skip_all')).toEqual([{ actor: SUBSCRIPTION, type: 'skip', count: 'all' }]);
  });

  it('resets to a time', async () => {
    expect(await asked('resetcursor/1700000000000')).toEqual([
      {
        actor: SUBSCRIPTION,
        type: 'seek',
        key: undefined,
        target: { kind: 'time', publishTimeMs: 1_700_000_000_000 },
        excluded: false,
      },
    ]);
  });

  it('resets to a message, or behind it', async () => {
    expect(await asked('resetcursor', '{"ledgerId":7,"entryId":3,"excluded":true}')).toEqual([
      {
        actor: SUBSCRIPTION,
        type: 'seek',
        key: undefined,
        target: { kind: 'position', position: { ledgerId: 7, entryId: 3 } },
        excluded: true,
      },
    ]);
  });

  it('has no path for a count that is no number', async () => {
    const rest = await restWithSubscription();
    expect((await rest.send('POST', `${PATH}/subscription/s/skip/zz`)).status).toBe(404);
    expect(rest.broker.asked).toEqual([]);
  });
});

describe('the end of a topic', () => {
  it('is answered with the last message id when it is terminated', async () => {
    const rest = await startRest();
    rest.broker.add(TOPIC, { last: { ledgerId: 33, entryId: 4 } });
    const { text } = await rest.send('POST', `${PATH}/terminate`);
    expect(JSON.parse(text)).toEqual({
      ledgerId: 33,
      entryId: 5,
      partitionIndex: -1,
      batchIndex: -1,
      batchSize: 0,
    });
    expect(rest.broker.asked).toEqual([{ actor: `topic:${TOPIC}`, type: 'terminate' }]);
  });

  it('names the partition in the last message id of one', async () => {
    const rest = await startRest();
    await rest.send('PUT', '/admin/v2/persistent/public/default/p/partitions', '2');
    const { text } = await rest.get(
      '/admin/v2/persistent/public/default/p-partition-1/lastMessageId',
    );
    expect(JSON.parse(text)).toMatchObject({ ledgerId: 5, entryId: -1, partitionIndex: 1 });
  });

  it('unloads every loaded topic of a namespace, or of one bundle', async () => {
    const rest = await startRest();
    for (const local of ['a', 'b', 'c']) rest.broker.add(`persistent://public/default/${local}`);
    rest.broker.add('persistent://other/space/a');
    const unload = '/admin/v2/namespaces/public/default/0xc0000000_0xffffffff/unload';
    expect((await rest.send('PUT', unload)).status).toBe(204);
    expect(rest.broker.asked).toEqual([{ actor: `topic:${TOPIC}`, type: 'unload' }]);
    await rest.send('PUT', '/admin/v2/namespaces/public/default/unload');
    expect(rest.broker.asked).toHaveLength(4);
  });
});

describe('a refusal of an actor', () => {
  it('comes back as its status and a reason', async () => {
    const rest = await restWithSubscription();
    const reason = 'Subscription has active connected consumers';
    rest.broker.failure = new BrokerError('precondition-failed', reason);
    const { status, text } = await rest.send('DELETE', `${PATH}/subscription/s`);
    expect([status, JSON.parse(text)]).toEqual([412, { reason }]);
  });

  it('that nobody foresaw is 500, with a reason all the same', async () => {
    const rest = await restWithSubscription();
    rest.broker.failure = new Error('out of cheese');
    const { status, text } = await rest.send('DELETE', `${PATH}/subscription/s?force=true`);
    expect([status, JSON.parse(text)]).toEqual([500, { reason: 'out of cheese' }]);
  });
});

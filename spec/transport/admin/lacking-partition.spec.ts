/** A subscription that one of the partitions lacks: what Pulsar 4.2.4 answered, and then did. */
import { describe, expect, it } from 'vitest';
import { encodeEntry } from '../../../src/wire/entry.ts';
import { publish, startBroker } from './real-broker.ts';

const TOPIC = 'persistent://public/default/p';
const EARLIEST = '{"ledgerId":-1,"entryId":-1}';
const LONG_AGO_MS = 1_700_000_000_000;

/** Three partitions with two messages each; the second one lacks the subscription. */
async function lacking() {
  const { core, port } = await startBroker();
  const ask = async (method: string, path: string, body?: string): Promise<[number, string]> => {
    const url = `http://127.0.0.1:${port}/admin/v2/persistent/public/default/${path}`;
    const answer = await fetch(url, { method, ...(body === undefined ? {} : { body }) });
    return [answer.status, await answer.text()];
  };
  await ask('PUT', 'p/partitions', '3');
  await ask('PUT', 'p/subscription/s', EARLIEST);
  const entries = [0, 1].map((i) =>
    encodeEntry(
      { producer_name: 'p', sequence_id: i, publish_time: LONG_AGO_MS },
      Buffer.from(`${i}`),
    ),
  );
  for (const i of [0, 1, 2]) await publish(core, `${TOPIC}-partition-${i}`, entries, [1, 1]);
  expect(await ask('DELETE', 'p-partition-1/subscription/s')).toEqual([204, '']);
  /** Of the subscription in each partition that has it. */
  const backlogs = async () => {
    const found: Record<number, number> = {};
    for (const i of [0, 1, 2]) {
      const stats = JSON.parse((await ask('GET', `p-partition-${i}/stats`))[1]);
      if (stats.subscriptions.s) found[i] = stats.subscriptions.s.msgBacklog;
    }
    return found;
  };
  return { ask, backlogs };
}

const refused = (reason: string) => [404, JSON.stringify({ reason })];
const NOT_FOUND = refused(`Subscription s not found for topic ${TOPIC}`);

describe('a subscription that a partition lacks', () => {
  it('is skipped and reset in the others, and not found', async () => {
    const { ask, backlogs } = await lacking();
    expect(await ask('POST', 'p/subscription/s/skip_all')).toEqual(NOT_FOUND);
    expect(await backlogs()).toEqual({ 0: 0, 2: 0 });
    const second = refused(`Subscription s not found for topic ${TOPIC}-partition-1`);
    expect(await ask('POST', 'p/subscription/s/resetcursor/0')).toEqual(second);
    expect(await backlogs()).toEqual({ 0: 2, 2: 2 });
  });

  it('is expired in the others, and not found', async () => {
    const { ask, backlogs } = await lacking();
    expect(await ask('POST', 'p/subscription/s/expireMessages/60')).toEqual(NOT_FOUND);
    expect(await backlogs()).toEqual({ 0: 0, 2: 0 });
  });

  it('has its properties and marks set in the others, and they are not shown', async () => {
    const { ask } = await lacking();
    expect(await ask('PUT', 'p/subscription/s/properties', '{"a":"b"}')).toEqual(NOT_FOUND);
    expect(await ask('GET', 'p/subscription/s/properties')).toEqual(NOT_FOUND);
    const third = await ask('GET', 'p-partition-2/subscription/s/properties');
    expect(third).toEqual([200, '{"a":"b"}']);
    const status = 'p/subscription/s/replicatedSubscriptionStatus';
    expect(await ask('POST', status, 'true')).toEqual(refused('Topic or subscription not found'));
    const second = refused(`Subscription s not found for topic ${TOPIC}-partition-1`);
    expect(await ask('GET', status)).toEqual(second);
  });

  it('is made where it is missing, and only then', async () => {
    const { ask, backlogs } = await lacking();
    expect(await ask('PUT', 'p/subscription/s', EARLIEST)).toEqual([204, '']);
    expect(await backlogs()).toEqual({ 0: 2, 1: 2, 2: 2 });
    expect((await ask('PUT', 'p/subscription/s', EARLIEST))[0]).toBe(409);
  });

  it.each(['', '?force=true'])('is deleted from the others, and not found%s', async (query) => {
    const { ask, backlogs } = await lacking();
    const deleted = await ask('DELETE', `p/subscription/s${query}`);
    expect(deleted).toEqual(refused('Subscription not found'));
    expect(await backlogs()).toEqual({});
  });
});

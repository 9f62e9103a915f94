/** Administrators change parts of one document at once, on a real broker: none undoes another. */
import { describe, expect, it } from 'vitest';
import { startBroker } from './real-broker.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];

async function startRest() {
  const { port } = await startBroker();
  const send = async (method: string, path: string, body?: unknown) => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const answer = await fetch(`http://127.0.0.1:${port}/admin/v2${path}`, init);
    return [answer.status, await answer.text()] as const;
  };
  /** All of them at once; each must succeed. */
  const sendAll = async (method: string, pathOf: (name: string) => string, body?: object) => {
    const answers = await Promise.all(NAMES.map((name) => send(method, pathOf(name), body)));
    expect(answers.map(([status]) => Math.trunc(status / 100))).toEqual(NAMES.map(() => 2));
  };
  const read = async (path: string) => JSON.parse((await send('GET', path))[1] || '{}') as object;
  return { send, sendAll, read };
}

describe('changes at once', () => {
  it('of properties of a namespace all count', async () => {
    const { send, sendAll, read } = await startRest();
    const path = '/namespaces/public/default';
    await sendAll('PUT', (name) => `${path}/property/${name}/1`);
    expect(Object.keys(await read(`${path}/properties`)).sort()).toEqual(NAMES);
    await sendAll('DELETE', (name) => `${path}/property/${name}`);
    expect(await read(`${path}/properties`)).toEqual({});
    await send('PUT', `${path}/properties`, { x: '1' });
    await send('PUT', `${path}/properties`, { y: '2' });
    expect(await read(`${path}/properties`)).toEqual({ x: '1', y: '2' });
    await send('DELETE', `${path}/properties`);
    expect(await read(`${path}/properties`)).toEqual({});
  });

  it('of properties of a partitioned topic all count', async () => {
    const { send, sendAll, read } = await startRest();
    const path = '/persistent/public/default/p';
    await send('PUT', `${path}/partitions`, 2);
    const answers = await Promise.all(
      NAMES.map((name) => send('PUT', `${path}/properties`, { [name]: '1' })),
    );
    expect(answers.map(([status]) => status)).toEqual(NAMES.map(() => 204));
    expect(Object.keys(await read(`${path}/properties`)).sort()).toEqual(NAMES);
    await sendAll('DELETE', (name) => `${path}/properties?key=${name}`);
    expect(await read(`${path}/properties`)).toEqual({});
  });

  it('of the dispatch rates of a topic’s subscriptions all count', async () => {
    const { send, sendAll, read } = await startRest();
    const path = '/persistent/public/default/t';
    await send('PUT', path);
    const rate = { dispatchThrottlingRateInMsg: 7, dispatchThrottlingRateInByte: -1 };
    await sendAll('POST', (name) => `${path}/${name}/dispatchRate`, rate);
    for (const name of NAMES)
      expect(await read(`${path}/${name}/dispatchRate`)).toMatchObject(rate);
    await sendAll('DELETE', (name) => `${path}/${name}/dispatchRate`);
    for (const name of NAMES) expect(await read(`${path}/${name}/dispatchRate`)).toEqual({});
  });
});

/** Bundles on a real broker: cut in half, unequal from the start, and as statistics have them. */
import { describe, expect, it } from 'vitest';
import { startBroker } from './real-broker.ts';

async function started() {
  const { port } = await startBroker();
  return async (method: string, path: string, body?: string) => {
    const url = `http://127.0.0.1:${port}/admin/v2/${path}`;
    const answer = await fetch(url, { method, ...(body === undefined ? {} : { body }) });
    const text = await answer.text();
    return answer.ok && text.startsWith('{') ? JSON.parse(text) : `${answer.status} ${text}`.trim();
  };
}

describe('bundles', () => {
  it('are cut in half, one at a time', async () => {
    const call = await started();
    await call('PUT', 'namespaces/public/two', '{"bundles":{"numBundles":2}}');
    const split = (bundle: string) => call('PUT', `namespaces/public/two/${bundle}/split`);
    expect(await split('0x80000000_0xffffffff')).toBe('204');
    expect(await split('0x80000000_0xbfffffff')).toBe('204');
    expect(await call('GET', 'namespaces/public/two/bundles')).toEqual({
      boundaries: ['0x00000000', '0x80000000', '0x9fffffff', '0xbfffffff', '0xffffffff'],
      numBundles: 4,
    });
    expect(await split('0x80000000_0xbfffffff')).toContain('412');
  });

  it('may be unequal from the start', async () => {
    const call = await started();
    const boundaries = ['0x00000000', '0x10000000', '0xffffffff'];
    await call('PUT', 'namespaces/public/odd', JSON.stringify({ bundles: { boundaries } }));
    expect(await call('GET', 'namespaces/public/odd/bundles')).toEqual({
      boundaries,
      numBundles: 2,
    });
  });

  it('hold the topics that the broker tells of, and cannot be deleted while they do', async () => {
    const call = await started();
    await call('PUT', 'namespaces/public/one', '{"bundles":{"numBundles":1}}');
    for (const topic of ['one/a', 'one/b', 'default/c']) {
      await call('PUT', `persistent/public/${topic}`);
      await call('GET', `persistent/public/${topic}/stats`);
    }
    await call('PUT', 'persistent/public/one/a/subscription/s');
    const stats = await call('GET', 'broker-stats/topics');
    expect(Object.keys(stats).sort()).toEqual(['public/default', 'public/one']);
    const [bundle = ''] = Object.keys(stats['public/one']);
    expect(bundle).toBe('0x00000000_0xffffffff');
    const topics = stats['public/one'][bundle].persistent;
    expect(Object.keys(topics)).toEqual(['persistent://public/one/a', 'persistent://public/one/b']);
    expect(topics['persistent://public/one/a']).toMatchObject({
      producerCount: 0,
      msgInCount: 0,
      subscriptions: { s: { msgBacklog: 0, type: 'None', consumers: [] } },
    });
    expect(await call('DELETE', `namespaces/public/one/${bundle}`)).toContain('409');
  });
});

import { describe, expect, it } from 'vitest';
import { inLanes, Lanes } from '../../src/base/lanes.ts';

/** Work that ends when it is told to. */
function work() {
  const under = new Map<number, { end(): void; fail(error: Error): void }>();
  const begin = (item: number) =>
    new Promise<void>((end, fail) => {
      under.set(item, { end, fail });
    }).finally(() => under.delete(item));
  return { under, begin };
}

const turn = () => new Promise((resume) => setImmediate(resume));

describe('work in lanes', () => {
  it('is done for all items, so many at the same time and no more', async () => {
    const { under, begin } = work();
    const all = inLanes([1, 2, 3, 4], 2, begin);
    const seen: number[][] = [];
    for (let i = 0; i < 4; i += 1) {
      seen.push([...under.keys()]);
      [...under.values()].at(-1)?.end();
      await turn();
    }
    await all;
    expect(seen).toEqual([[1, 2], [1, 3], [1, 4], [1]]);
  });

  it('fails as the first that does, and begins nothing more', async () => {
    const { under, begin } = work();
    const all = inLanes([1, 2, 3], 2, begin);
    under.get(2)?.fail(new Error('two'));
    await expect(all).rejects.toThrow('two');
    under.get(1)?.end();
    await turn();
    expect([...under.keys()]).toEqual([]);
  });

  it('is none for no items', async () => {
    await inLanes([], 3, () => Promise.reject(new Error('nothing to do')));
  });

  it('is bounded together where lanes are shared, and what fails leaves its lane', async () => {
    const { under, begin } = work();
    const lanes = new Lanes(2);
    const groups = [
      inLanes([1, 2, 3], 3, (item) => lanes.run(() => begin(item))),
      inLanes([4], 3, (item) => lanes.run(() => begin(item))),
    ];
    const failed = expect(groups[0]).rejects.toThrow('one');
    await turn();
    expect([...under.keys()]).toEqual([1, 2]);
    under.get(1)?.fail(new Error('one'));
    await turn();
    expect([...under.keys()]).toEqual([2, 3]);
    for (const item of [2, 3, 4]) {
      under.get(item)?.end();
      await turn();
    }
    await Promise.all([failed, groups[1]]);
    expect([...under.keys()]).toEqual([]);
  });
});

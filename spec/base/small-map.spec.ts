/** Small maps and sets are maps and sets: the same calls have the same answers. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SmallMap, SmallSet } from '../../src/base/small-map.ts';

/** Few keys, so that they meet often; `undefined` is one, and a value. */
const key = fc.constantFrom<number | undefined>(1, 2, 3, undefined);

const call = fc.oneof(
  fc.tuple(fc.constant('set'), key, key),
  fc.tuple(fc.constant('delete'), key, key),
  fc.tuple(fc.constantFrom('clear'), key, key),
);

it('a small map answers as a map does', () => {
  fc.assert(
    fc.property(fc.array(call), (calls) => {
      const small = new SmallMap<number | undefined, number | undefined>();
      const model = new Map<number | undefined, number | undefined>();
      for (const [name, one, value] of calls) {
        if (name === 'set') {
          small.set(one, value);
          model.set(one, value);
        } else if (name === 'delete') expect(small.delete(one)).toBe(model.delete(one));
        else {
          small.clear();
          model.clear();
        }
        expect([...small]).toEqual([...model]);
        expect([...small.keys()]).toEqual([...model.keys()]);
        expect([...small.values()]).toEqual([...model.values()]);
        expect(small.size).toBe(model.size);
        for (const each of [1, 2, 3, undefined]) {
          expect(small.has(each)).toBe(model.has(each));
          expect(small.get(each)).toBe(model.get(each));
        }
        const seen: unknown[] = [];
        small.forEach((each, at) => void seen.push([at, each]));
        expect(seen).toEqual([...model]);
      }
    }),
  );
});

it('a small set answers as a set does', () => {
  fc.assert(
    fc.property(fc.array(call), (calls) => {
      const small = new SmallSet<number | undefined>();
      const model = new Set<number | undefined>();
      for (const [name, member] of calls) {
        if (name === 'set') {
          small.add(member);
          model.add(member);
        } else if (name === 'delete') expect(small.delete(member)).toBe(model.delete(member));
        else {
          small.clear();
          model.clear();
        }
        expect([...small]).toEqual([...model]);
        expect(small.size).toBe(model.size);
        expect(small.has(member)).toBe(model.has(member));
      }
    }),
  );
});

it('all members may be removed while they are walked through', () => {
  for (const count of [1, 2, 5]) {
    const small = new SmallMap<number, string>();
    for (let at = 0; at < count; at += 1) small.set(at, 'x');
    const seen: number[] = [];
    for (const at of small.keys()) {
      seen.push(at);
      small.delete(at);
    }
    expect(seen).toHaveLength(count);
    expect(small.size).toBe(0);
  }
});

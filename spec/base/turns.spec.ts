import { describe, expect, it } from 'vitest';
import { Parties } from '../../src/base/parties.ts';
import { Turns } from '../../src/base/turns.ts';
import { VirtualClock } from '../actors/virtual-clock.ts';

describe('parties', () => {
  it('take turns, each with its oldest item', () => {
    const parties = new Parties<number>();
    for (const item of [1, 2, 3]) parties.add('crowd', item);
    parties.add('neighbour', 4);
    expect([1, 2, 3, 4, 5].map(() => parties.take())).toEqual([1, 4, 2, 3, undefined]);
    expect(parties.isEmpty).toBe(true);
  });

  it('keep their order in crowds that come and go', () => {
    const parties = new Parties<number>();
    const taken: (number | undefined)[] = [];
    for (let item = 0; item < 10_000; item++) {
      parties.add('crowd', item);
      if (item % 3 === 2) taken.push(parties.take());
    }
    while (!parties.isEmpty) taken.push(parties.take());
    expect(taken).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
  });
});

describe('turns of the event loop', () => {
  it('let so many go on in each, a party at a time', () => {
    const clock = new VirtualClock(0);
    const turns = new Turns(clock, 2);
    const ran: string[] = [];
    for (const name of ['a1', 'a2', 'a3', 'a4']) turns.wait('a', () => ran.push(name));
    turns.wait('b', () => ran.push('b1'));
    const perTurn: string[] = [];
    while (clock.runSoon()) perTurn.push(ran.splice(0).join(' '));
    expect(perTurn).toEqual(['a1 b1', 'a2 a3', 'a4']);
  });

  it('keep who asks anew for the next one', () => {
    const clock = new VirtualClock(0);
    const turns = new Turns(clock, 2);
    let count = 0;
    const again = (): void => {
      if (++count < 5) turns.wait('a', again);
    };
    turns.wait('a', again);
    clock.runSoon();
    expect(count).toBe(1);
    while (clock.runSoon());
    expect(count).toBe(5);
  });
});

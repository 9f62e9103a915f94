import { describe, expect, it } from 'vitest';
import { Company } from '../../src/base/company.ts';
import { Shares } from '../../src/base/shares.ts';
import { VirtualClock } from '../actors/virtual-clock.ts';

describe('company', () => {
  it('is there while several parties are served, and for a while after', () => {
    const company = new Company();
    company.note('a', 0);
    company.note('a', 1);
    expect(company.isThere(1)).toBe(false);
    company.note('b', 2);
    expect([2, 10_001, 10_002].map((atMs) => company.isThere(atMs))).toEqual([true, true, false]);
    company.note('b', 20_000);
    expect(company.isThere(20_000)).toBe(false);
  });
});

describe('shares of a turn of the loop', () => {
  it('are all of it for one that is alone', () => {
    const shares = new Shares(new VirtualClock(0), 10);
    for (let i = 0; i < 5; i++) shares.take('a', 10, true);
    expect(shares.isSpent('a')).toBe(false);
  });

  it('end for one of several, and begin anew with the next turn', () => {
    const clock = new VirtualClock(0);
    const shares = new Shares(clock, 10);
    shares.take('a', 9, true);
    shares.take('b', 1, true);
    expect(shares.isSpent('a')).toBe(false);
    shares.take('a', 9, true);
    expect([shares.isSpent('a'), shares.isSpent('b')]).toEqual([true, false]);
    clock.runSoon();
    expect(shares.isSpent('a')).toBe(false);
  });

  it('are not ended by those who have no tenant yet', () => {
    const shares = new Shares(new VirtualClock(0), 10);
    shares.take('tenant a', 20, true);
    shares.take('host h', 20, false);
    expect([shares.isSpent('tenant a'), shares.isSpent('host h')]).toEqual([false, false]);
  });
});

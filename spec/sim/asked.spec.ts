/** What the command line of the simulation understands. */
import { describe, expect, it } from 'vitest';
import { askedBy } from './asked.ts';

describe('the command line of the simulation', () => {
  it('asks for a seed, many of them, or help', () => {
    expect(askedBy(['--seed', '42', '--trace'])).toEqual({ seed: 42, trace: true });
    expect(askedBy(['--seeds', '1000', '--from', '7000'])).toEqual({ seeds: 1_000, from: 7_000 });
    expect(askedBy(['--minutes', '0.5'])).toEqual({ minutes: 0.5 });
    const some = { minutes: 1, with: 'producer: keys' };
    expect(askedBy(['--minutes', '1', '--with', 'producer: keys'])).toEqual(some);
    expect(askedBy(['--help'])).toEqual({ help: true });
  });

  it.each([
    [['--sedes', '3'], "Unknown option '--sedes'"],
    [['--seed'], "Option '--seed <value>' argument missing"],
    [['--seed', 'x'], '--seed x: no number'],
    [['--trace=1'], "Option '--trace' does not take an argument"],
    [['7'], "Unexpected argument '7'"],
  ])('says in one line what of %j it does not understand', (args, line) => {
    expect(askedBy(args)).toBe(line);
  });
});

import { describe, expect, it } from 'vitest';
import { KnownGood } from '../../../src/transport/auth/known-good.ts';

const identity = { role: 'x', method: 'token', expiresAtMs: 100 };

describe('what is known to be good', () => {
  it('is forgotten in the order of its last use', () => {
    const known = new KnownGood(2);
    const [a, b, c] = ['a', 'b', 'c'].map((data) => known.keyOf('token', Buffer.from(data)));
    if (a === undefined || b === undefined || c === undefined) throw new Error('no keys');
    known.keep(a, identity);
    known.keep(b, identity);
    expect(known.find(a, 1)).toBe(identity);
    known.keep(c, identity);
    expect([a, b, c].map((key) => known.find(key, 1))).toEqual([identity, undefined, identity]);
    expect(known.size).toBe(2);
  });

  it('ends with what proved it', () => {
    const known = new KnownGood(2);
    const key = known.keyOf('token', Buffer.from('a'));
    known.keep(key, identity);
    expect(known.find(key, 99)).toBe(identity);
    expect(known.find(key, 100)).toBeUndefined();
    expect(known.size).toBe(0);
  });

  it('is nothing at all where nothing may be kept', () => {
    const known = new KnownGood(0);
    known.keep(known.keyOf('token', Buffer.from('a')), identity);
    expect(known.size).toBe(0);
  });

  it('does not mix methods up, and holds no credentials', () => {
    const known = new KnownGood(2);
    const [token, basic] = ['token', 'basic'].map((m) => known.keyOf(m, Buffer.from('a:b')));
    expect(token).not.toBe(basic);
    expect(token).not.toContain('a:b');
    expect(token).not.toBe(new KnownGood(2).keyOf('token', Buffer.from('a:b')));
  });
});

/** Which messages survive, with memory for few of their keys, held to a plain map. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Survivors } from '../../src/actors/compaction/survivors.ts';
import { MemoryScratch } from '../../src/storage/memory/scratch.ts';
import { keyIdOf } from '../../src/wire/key-id.ts';

/** 64 slots, so that 48 keys are many. */
const LITTLE = 2_048;

const idOf = (key: string) => keyIdOf(Buffer.from(key), 0, Buffer.byteLength(key));

/** A slice that never ends. */
const NEVER_OVER = { isOver: () => false, pause: async () => {} };

/** A key with a value, or with none: a tombstone; without key, a message that stays. */
type Message = { readonly key?: string; readonly isDead: boolean };

async function survivorsOf(messages: readonly Message[], bytes: number) {
  const survivors = new Survivors(bytes, new MemoryScratch(), NEVER_OVER);
  for (const [number, { key, isDead }] of messages.entries()) {
    if (survivors.isFull) await survivors.spill();
    if (key === undefined) survivors.keep(number);
    else if (isDead) survivors.tombstone(idOf(key));
    else survivors.value(idOf(key), number);
  }
  await survivors.finish();
  return survivors;
}

/** As Pulsar counts: a value that another one replaces, and every tombstone. */
function naive(messages: readonly Message[]) {
  const last = new Map<string, number>();
  const kept = new Set<number>();
  let removed = 0;
  for (const [number, { key, isDead }] of messages.entries()) {
    if (key === undefined) kept.add(number);
    else if (isDead) {
      last.delete(key);
      removed += 1;
    } else {
      if (last.has(key)) removed += 1;
      last.set(key, number);
    }
  }
  for (const number of last.values()) kept.add(number);
  return { kept, removed };
}

describe('survivors', () => {
  const message = fc.record(
    { key: fc.nat(400).map((n) => `key ${n}`), isDead: fc.boolean() },
    { requiredKeys: ['isDead'] },
  );

  it('are those of a plain map, in memory for all keys or for few', async () => {
    const lists = fc.array(message, { maxLength: 1_000, size: 'max' });
    await fc.assert(
      fc.asyncProperty(lists, fc.constantFrom(LITTLE, 1024 * 1024), async (messages, bytes) => {
        const { kept, removed } = naive(messages);
        const survivors = await survivorsOf(messages, bytes);
        const found = messages.flatMap((_, number) => (survivors.has(number) ? [number] : []));
        expect(found).toEqual([...kept].sort((a, b) => a - b));
        expect(survivors.count).toBe(kept.size);
        if (bytes > LITTLE) expect(survivors.removed).toBe(removed);
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });

  it('of long keys are told apart, too', async () => {
    const messages = Array.from({ length: 2_000 }, (_, i) => ({
      key: `a key that is longer than its id: ${i % 500}`,
      isDead: false,
    }));
    const survivors = await survivorsOf(messages, LITTLE);
    expect(messages.findIndex((_, number) => survivors.has(number))).toBe(1_500);
    expect(survivors.count).toBe(500);
  });

  it('are refused where there are too many keys, or messages, for the memory', async () => {
    const keys = Array.from({ length: 10_000 }, (_, i) => ({ key: `${i}`, isDead: false }));
    await expect(survivorsOf(keys, LITTLE)).rejects.toMatchObject({ code: 'not-allowed' });
    const plain = Array.from({ length: 20_000 }, () => ({ isDead: false }));
    await expect(survivorsOf(plain, LITTLE)).rejects.toMatchObject({ code: 'not-allowed' });
  });
});

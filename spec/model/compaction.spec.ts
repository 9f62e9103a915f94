/**
 * Any history of publishing, compacting, reading, restarts and crashes: a reader of the compacted
 * topic sees the last value of each key up to the last compaction, then all that came after, and
 * readers of the topic itself see all that was not trimmed.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Compacting, T } from '../actors/compacting.ts';
import { runs } from './runs.ts';

type Action =
  | { readonly kind: 'publish'; readonly slots: readonly (readonly [string, number])[] }
  | { readonly kind: 'compact' }
  /** The process ends so many turns after a compaction has begun. */
  | { readonly kind: 'crash-in-compaction'; readonly turns: number }
  | { readonly kind: 'end'; readonly how: 'crash' | 'restart' };

const slot = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', ''), fc.nat(3));
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('publish'),
      slots: fc.array(slot, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('compact') }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('crash-in-compaction'), turns: fc.nat(40) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('end'), how: fc.constantFrom('crash', 'restart') }),
  },
) as fc.Arbitrary<Action>;

/** The plainest compaction: the whole history, entry by entry. */
class Model {
  /** Entries as `publish` writes them, and what is left of them where they were compacted. */
  readonly entries: { readonly slots: readonly string[]; kept: readonly string[] | undefined }[] =
    [];
  horizon = 0;

  compact(): void {
    const last = new Map<string, string>();
    const place = (entry: number, i: number) => `${entry}/${i}`;
    for (const [e, { slots }] of this.entries.entries()) {
      for (const [i, text] of slots.entries()) {
        const [key, value] = text.split('=');
        if (value === undefined) continue;
        if (value === '') last.delete(key!);
        else last.set(key!, place(e, i));
      }
    }
    const survivors = new Set(last.values());
    for (const [e, entry] of this.entries.entries()) {
      entry.kept = entry.slots.map((text, i) => (survivors.has(place(e, i)) ? text : '_'));
    }
    this.horizon = this.entries.length;
  }

  get compacted(): string[] {
    return this.entries.flatMap(({ slots, kept = slots }) =>
      kept.every((text) => text === '_') ? [] : [kept.join(',')],
    );
  }
}

/** A value of a key, a tombstone of it, or a value without key. */
function textOf([key, value]: readonly [string, number]): string {
  if (key === '') return `${value}`;
  return value === 0 ? `${key}=` : `${key}=${value}`;
}

async function play(t: Compacting, model: Model, next: Action): Promise<void> {
  switch (next.kind) {
    case 'publish': {
      const slots = next.slots.map(textOf);
      await t.publish(slots.join(','));
      model.entries.push({ slots, kept: undefined });
      break;
    }
    case 'compact':
      expect((await t.compact()).status).toBe('SUCCESS');
      model.compact();
      break;
    case 'crash-in-compaction': {
      const { stage } = t;
      const before = t.view.compaction.ledger?.ledgerId;
      const answer = stage.broker.ask(T, (reply) => ({ type: 'compact', reply }));
      answer.catch(() => undefined);
      for (let turn = 0; turn < next.turns; turn++) {
        if (turn % 2 === 0) await stage.step();
        else await stage.syncOnly();
      }
      await stage.crash();
      // All of it has happened, or nothing.
      if (t.view.compaction.ledger?.ledgerId !== before) model.compact();
      await t.again();
      break;
    }
    case 'end':
      await t.stage[next.how]();
      await t.again();
  }
}

describe('a compacted topic', () => {
  it('shows the last value of each key, then what came after, whatever happens to it', async () => {
    let crashes = 0;
    let switches = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 25 }), fc.boolean(), async (actions, cold) => {
        const t = await Compacting.open({
          topic: { maxEntriesPerLedger: 3 },
          // Keys of more than one spill.
          compaction: { memoryBytes: 2_048, retainNullKey: false },
          ...(cold ? { cacheBytes: 0 } : {}),
        });
        const model = new Model();
        for (const next of actions) {
          const before = t.view.compaction.ledger?.ledgerId;
          await play(t, model, next);
          expect(await t.read()).toEqual(model.compacted);
          const plain = await t.read({ readCompacted: false });
          const all = model.entries.map(({ slots }) => slots.join(','));
          expect(plain).toEqual(all.slice(all.length - plain.length));
          expect(plain.length).toBeGreaterThanOrEqual(all.length - model.horizon);
          if (next.kind !== 'crash-in-compaction') continue;
          crashes += 1;
          if (t.view.compaction.ledger?.ledgerId !== before) switches += 1;
        }
        // What crashes have left of their compactions goes with the next one.
        expect((await t.compact()).status).toBe('SUCCESS');
        model.compact();
        expect(await t.read()).toEqual(model.compacted);
        expect(t.stored()).toBe(model.entries.length === 0 ? 0 : model.compacted.length);
      }),
      { ...runs(60), endOnFailure: true },
    );
    // Both before and after the switch.
    expect(crashes).toBeGreaterThan(switches);
    expect(switches).toBeGreaterThan(0);
  });
});

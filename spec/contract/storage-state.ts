/** What the state port promises. */
import { describe, expect, it } from 'vitest';
import { batchOf } from './storage-batches.ts';
import { plain, type Rig } from './storage-rig.ts';

export function stateContract(t: Rig): void {
  describe('state', () => {
    snapshots(t);
    listing(t);
    deadlines(t);
  });
}

function snapshots(t: Rig): void {
  it('gives a saved snapshot at once, before it is written, and its own copy of it', async () => {
    await t.append(batchOf());
    const state = { list: [1], big: 2n ** 64n, bytes: Uint8Array.of(1) };
    const saved = t.storage.state.save([{ actor: 'a', sequence: 1, state }]);
    state.list.push(2);
    const loaded = t.storage.state.load('a');
    expect(loaded).toMatchObject({ actor: 'a', sequence: 1, state: { list: [1] } });
    expect(t.storage.state.list('')).toEqual(['a']);
    await saved;
    await t.reopen();
    expect(plain(t.storage.state.load('a'))).toEqual(plain(loaded));
  });

  it('removes an actor, replaces a snapshot, and loads nothing for others', async () => {
    await t.append(batchOf());
    await t.storage.state.save([
      { actor: 'a', sequence: 1, state: 1 },
      { actor: 'b', sequence: 1, state: 1 },
    ]);
    const saved = t.storage.state.save([
      { actor: 'a', sequence: 1, state: undefined },
      { actor: 'b', sequence: 1, state: 2 },
    ]);
    const expectState = () => {
      expect(t.storage.state.load('a')).toBeUndefined();
      expect(t.storage.state.load('b')?.state).toBe(2);
      expect(t.storage.state.load('ab')).toBeUndefined();
      expect(t.storage.state.list('')).toEqual(['b']);
    };
    expectState();
    await saved;
    expectState();
    await t.reopen();
    expectState();
  });
}

function listing(t: Rig): void {
  it('lists actors by prefix in the order of their bytes, in pages', async () => {
    await t.append(batchOf());
    const actors = ['t:b', 't:a', 't:', 't:é', 't:z', 's:a', 'u:a', 't:\u{1f600}', 't:\uffff'];
    const halves = [actors.slice(0, 4), actors.slice(4)];
    const save = (half: string[]) =>
      t.storage.state.save(half.map((actor) => ({ actor, sequence: 1, state: 1 })));
    await save(halves[0]!);
    const unwritten = save(halves[1]!);
    const sorted = ['t:', 't:a', 't:b', 't:z', 't:é', 't:\uffff', 't:\u{1f600}'];
    expect(t.storage.state.list('t:')).toEqual(sorted);
    expect(t.storage.state.list('t:', { limit: 2 })).toEqual(sorted.slice(0, 2));
    expect(t.storage.state.list('t:', { after: 't:a', limit: 3 })).toEqual(sorted.slice(2, 5));
    expect(t.storage.state.list('t:', { after: 't:\u{1f600}' })).toEqual([]);
    expect(t.storage.state.list('x')).toEqual([]);
    await unwritten;
    expect(t.storage.state.list('t:', { after: 's:zzz' })).toEqual(sorted);
    expect(t.storage.state.list('')).toEqual(['s:a', ...sorted, 'u:a']);
  });

  it('keeps the checkpoint', async () => {
    await t.append(batchOf(), batchOf(), batchOf());
    expect(t.storage.state.checkpointSequence).toBe(0);
    await t.storage.state.checkpoint(2);
    expect(t.storage.state.checkpointSequence).toBe(2);
    await t.reopen();
    expect(t.storage.state.checkpointSequence).toBe(2);
    expect((await t.records(2)).map(({ sequence }) => sequence)).toEqual([3]);
  });
}

function deadlines(t: Rig): void {
  it('finds who is due, the earliest first, in pages, written or not', async () => {
    await t.append(batchOf());
    const save = (actor: string, dueAtMs: number | undefined) =>
      t.storage.state.save([{ actor, sequence: 1, state: 1, dueAtMs }]);
    const remove = (actor: string) =>
      t.storage.state.save([{ actor, sequence: 1, state: undefined, dueAtMs: 1 }]);
    const due = (...request: Parameters<typeof t.storage.state.due>) =>
      t.storage.state.due(...request).map(({ actor, atMs }) => `${actor} ${atMs}`);
    await Promise.all([save('a', 3e12), save('b', 2e12), save('c', undefined), save('d', 5e12)]);
    await Promise.all([save('e', 1e12), save('f', 4e12), remove('f')]);
    expect(due(4e12, { limit: 9 })).toEqual([
      'e 1000000000000',
      'b 2000000000000',
      'a 3000000000000',
    ]);
    const unwritten = [save('b', 3e12), save('e', undefined), save('g', 3e12 - 1), save('d', 1)];
    const expected = ['d 1', 'g 2999999999999', 'a 3000000000000', 'b 3000000000000'];
    const expectDue = () => {
      expect(due(3e12, { limit: 9 })).toEqual(expected);
      expect(due(3e12, { limit: 2 })).toEqual(expected.slice(0, 2));
      const after = { actor: 'g', atMs: 3e12 - 1 };
      expect(due(3e12, { after, limit: 1 })).toEqual(expected.slice(2, 3));
      expect(due(0, { limit: 9 })).toEqual([]);
      expect(t.storage.state.load('b')).toMatchObject({ dueAtMs: 3e12 });
      expect(t.storage.state.load('e')?.dueAtMs).toBeUndefined();
    };
    expectDue();
    await Promise.all(unwritten);
    expectDue();
    await t.reopen();
    expectDue();
  });
}

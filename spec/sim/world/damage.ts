/**
 * Damage to what is on the disk already: a flipped bit, a write that went elsewhere, one that was
 * lost. Each can be undone, as when a copy is restored.
 */
import type { Chance } from './chance.ts';
import type { SimDisk } from './disk.ts';
import type { SimTable } from './table.ts';

export type Damage = 'flipped bit' | 'misdirected write' | 'lost write';

/** Undefined where there is nothing to damage; else what undoes it. */
export function damage(disk: SimDisk, kind: Damage, chance: Chance): (() => void) | undefined {
  const found = choose(disk, kind, chance);
  if (found === undefined) return undefined;
  const { table, keys } = found;
  const key = chance.of(keys);
  const value = table.get(key)!;
  const original = undamaged(value);
  // What another row was before anything happened to it: one that was damaged may hold what this
  // one said earlier, and that nobody could tell from a row whose newest write never happened.
  const other = undamaged(table.get(chance.of(keys))!);
  const bad = damaged(value, kind, chance, other);
  if (bad === undefined) table.remove(key);
  else {
    originals.set(bad, original);
    table.put(key, bad);
  }
  return () => {
    // What was written anew meanwhile needs no help; what is set aside now may come back.
    if (table.get(key) === bad) table.put(key, original);
  };
}

/** A value as it was before anything happened to it. */
export function undamaged(value: Buffer): Buffer {
  return originals.get(value) ?? value;
}

/** What a damaged value was before anything happened to it. */
const originals = new WeakMap<Buffer, Buffer>();

interface Found {
  readonly table: SimTable;
  readonly keys: readonly string[];
}

function choose(disk: SimDisk, kind: Damage, chance: Chance): Found | undefined {
  const candidates: Found[] = [];
  for (const file of disk.files.values()) {
    const isJournal = file.path.includes('/journal/');
    // A row of the state folder that is missing could as well never have been written.
    if (!isJournal && kind === 'lost write') continue;
    for (const table of file.tables.values()) {
      const keys = isJournal ? settled(table.keys()) : table.keys();
      if (keys.length > (kind === 'flipped bit' ? 0 : 1)) candidates.push({ table, keys });
    }
  }
  return candidates.length === 0 ? undefined : chance.of(candidates);
}

/** That the newest are missing cannot be known: they could as well never have been written. */
function settled(keys: readonly string[]): string[] {
  // Records and moved entries are numbered apart; the keys of moves begin with this bit.
  const moves = keys.findIndex((key) => key >= '\x80');
  const records = moves === -1 ? keys.length : moves;
  return [...keys.slice(0, records).slice(0, -8), ...keys.slice(records).slice(0, -8)];
}

function damaged(value: Buffer, kind: Damage, chance: Chance, other: Buffer): Buffer | undefined {
  if (kind === 'lost write') return undefined;
  const copy = Buffer.from(kind === 'flipped bit' ? value : other);
  if (kind === 'flipped bit')
    copy[chance.between(0, copy.length - 1)]! ^= 1 << chance.between(0, 7);
  return copy;
}

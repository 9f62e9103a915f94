/** Parts of runs. */
import type { Block } from '../../base/block-memory.ts';
import type { EntryRun } from '../entries.ts';

/** A run whose reader holds blocks of the memory that it asked for. */
export interface HeldRun extends EntryRun {
  /** To be released once each. */
  readonly blocks?: readonly Block[];
}

/** The part of a run from `offset` on that fits; undefined if nothing does. */
function cut(
  run: EntryRun,
  offset: number,
  maxEntries: number,
  maxBytes: number,
  isFirst: boolean,
): { readonly run: EntryRun; readonly bytes: number } | undefined {
  const skip = offset - run.firstOffset;
  let bytes = 0;
  let end = skip;
  while (end < run.entries.length && end - skip < maxEntries) {
    const { length } = run.entries[end]!;
    if (bytes + length > maxBytes && !(isFirst && end === skip)) break;
    bytes += length;
    end += 1;
  }
  if (end === skip) return undefined;
  const entries = run.entries.slice(skip, end);
  const { data, dataIndex, dueAtMs } = run;
  const part = { firstOffset: offset, entries, data, dataIndex: dataIndex + skip, dueAtMs };
  return { run: part, bytes };
}

/** The entries from `offset` on, in the runs that hold it; the first of them fits always. */
export function cutRuns(
  runs: readonly EntryRun[],
  offset: number,
  maxEntries: number,
  maxBytes: number,
): EntryRun[] {
  const parts: EntryRun[] = [];
  let next = offset;
  let entriesLeft = maxEntries;
  let bytesLeft = maxBytes;
  for (const run of runs) {
    const part = cut(run, next, entriesLeft, bytesLeft, parts.length === 0);
    if (part === undefined) break;
    parts.push(part.run);
    entriesLeft -= part.run.entries.length;
    bytesLeft -= part.bytes;
    next += part.run.entries.length;
    if (next < run.firstOffset + run.entries.length) break;
  }
  return parts;
}

export function bytesOf({ entries }: EntryRun): number {
  let bytes = 0;
  for (const { length } of entries) bytes += length;
  return bytes;
}

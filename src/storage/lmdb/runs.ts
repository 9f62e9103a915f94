/** Parts of runs. */
import type { EntryRun } from '../entries.ts';

/** The part of a run from `offset` on that fits; undefined if nothing does. */
export function cut(
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
  const { data, dataIndex } = run;
  return { run: { firstOffset: offset, entries, data, dataIndex: dataIndex + skip }, bytes };
}

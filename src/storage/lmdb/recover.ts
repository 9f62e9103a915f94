/**
 * What a start finds in a data folder: which segments there are, whether all are there that should
 * be, and which records the index does not know yet.
 */
import { join } from 'node:path';
import { BrokerError } from '../../base/errors.ts';
import { corrupt } from './decode.ts';
import type { DueIndex } from './due-index.ts';
import type { OpenEnvironment } from './environment.ts';
import { UNFINISHED } from './new-file.ts';
import type { LmdbSettings } from './options.ts';
import type { Progress, Projection } from './projection.ts';
import { Segment, type SegmentFacts } from './segment.ts';
import type { Segments } from './segments.ts';
import type { Spares } from './spares.ts';
import type { Index } from './topic-index.ts';

export const EMPTY_SEGMENT: SegmentFacts = Object.freeze({
  first: 1,
  last: 0,
  firstMove: 1,
  lastMove: 0,
  bytes: 0,
  liveBytes: 0,
});

/** What recovery works with. */
export interface Found {
  readonly journalDir: string;
  readonly spares: Spares;
  readonly settings: LmdbSettings;
  readonly openEnvironment: OpenEnvironment;
  readonly projection: Projection;
  readonly progress: Progress;
}

/**
 * Finds the segments, oldest first, at least one; the last of them is open for writing. Throws
 * `storage-missing` where one is gone that should be there, `storage-corrupt` where one is damaged.
 */
export async function findSegments(found: Found, segments: Segments): Promise<void> {
  const numbers = await folderNumbers(found);
  const known = new Map<number, SegmentFacts>();
  for (const { number, facts } of found.projection.segments()) known.set(number, facts);
  await removeReclaimed(found, numbers, known);
  requireAll(found, numbers, known);
  const newest = numbers.at(-1);
  for (const [i, number] of numbers.entries()) {
    const facts = known.get(number);
    const segment = makeSegment(found, number, facts ?? EMPTY_SEGMENT);
    // A segment that the state environment has seen complete is opened when somebody reads it. Seen
    // complete: what it says of this one's end fits what it says of the next one's beginning.
    const next = known.get(numbers[i + 1] ?? 0);
    const isComplete =
      facts !== undefined &&
      number < found.progress.newestSegment &&
      next !== undefined &&
      next.first === facts.last + 1;
    try {
      if (!isComplete) {
        segment.openExisting(number !== newest);
        segment.discover();
        if (facts !== undefined) requireKnown(segment, facts);
      }
      if (facts === undefined && segment.last < segment.first) startAfter(segment, segments);
      requireNext(segment, segments, found);
    } catch (error) {
      // Else it would be closed with the next collection of garbage, under whoever reads it then.
      await segment.close();
      throw error;
    }
    segments.add(segment);
  }
  if (newest !== undefined) return;
  const first = makeSegment(found, 1, EMPTY_SEGMENT);
  await first.create(found.spares);
  segments.add(first);
}

export function makeSegment(
  found: Pick<Found, 'journalDir' | 'settings' | 'openEnvironment'>,
  number: number,
  facts: SegmentFacts,
): Segment {
  return new Segment(found.journalDir, number, facts, found.settings, found.openEnvironment);
}

/** Takes in what a record stores and gives up, as `LmdbStorage` does with a new one. */
export type TakeIn = (sequence: number, work: () => void) => void;

/** Brings the index up to the last record. */
export async function replay(
  found: Found,
  segments: Segments,
  index: Index,
  dues: DueIndex,
  takeIn: TakeIn,
): Promise<void> {
  const { last } = segments.newest;
  if (last < found.progress.indexed) {
    throw new BrokerError(
      'storage-missing',
      `Journal records ${last + 1} to ${found.progress.indexed} are gone from ` +
        `${found.journalDir}: restore its newest segments from a copy.`,
    );
  }
  for (let sequence = found.progress.indexed + 1; sequence <= last; sequence += 1) {
    const segment = segments.find(sequence);
    await segments.use(segment, async () => {
      const end = Math.min(last, segment.last);
      for (; sequence <= end; sequence += 1) {
        takeIn(sequence, () => replayRecord(segment, sequence, index, dues));
      }
    });
    sequence -= 1;
  }
}

function replayRecord(segment: Segment, sequence: number, index: Index, dues: DueIndex): void {
  const { header } = segment.header(sequence);
  let trim = 0;
  header.blocks.forEach((block, blockIndex) => {
    for (; trim < header.trims.length && header.trims[trim]!.event < block.event; trim += 1) {
      index.trim(header.trims[trim]!.mark);
    }
    const { count } = block;
    const bytes = header.bytesOf(block);
    index.store(block, { count, bytes, place: sequence, blockIndex, segment }, undefined);
    const dueAtMs = block.hasDueTimes ? header.contentOf(block.event).dueAtMs : undefined;
    if (dueAtMs !== undefined) dues.add(block.topicId, block.firstOffset, dueAtMs);
  });
  for (; trim < header.trims.length; trim += 1) index.trim(header.trims[trim]!.mark);
}

/** Numbers of the segments; what a crash left unfinished or spare goes. */
async function folderNumbers({ journalDir, settings }: Found): Promise<number[]> {
  const { files } = settings;
  const names = await files.namesIn(journalDir);
  for (const name of names.filter((candidate) => candidate.endsWith(UNFINISHED))) {
    await files.remove(join(journalDir, name));
  }
  const numbers = names.filter((name) => /^[1-9][0-9]*$/.test(name)).map(Number);
  return numbers.sort((a, b) => a - b);
}

/** Removes what a crash left between forgetting a segment and unlinking it. */
async function removeReclaimed(
  found: Found,
  numbers: number[],
  known: ReadonlyMap<number, SegmentFacts>,
): Promise<void> {
  for (const number of [...numbers]) {
    if (number >= found.progress.newestSegment || known.has(number)) continue;
    await found.settings.files.remove(join(found.journalDir, String(number)));
    numbers.splice(numbers.indexOf(number), 1);
  }
}

function requireAll(
  found: Found,
  numbers: readonly number[],
  known: ReadonlyMap<number, SegmentFacts>,
): void {
  for (const number of known.keys()) {
    if (numbers.includes(number)) continue;
    throw new BrokerError(
      'storage-missing',
      `Segment ${join(found.journalDir, String(number))} is gone: restore the folder from a copy.`,
    );
  }
  const first = numbers[0];
  if (found.progress.newestSegment > 0 || first === undefined || first === 1) return;
  throw new BrokerError(
    'storage-missing',
    `The state folder beside ${found.journalDir} is gone or empty, and the journal does not go ` +
      `back to its first segment (the oldest is ${first}), so it cannot be built again: restore ` +
      'the state folder from a copy.',
  );
}

/**
 * What the state environment knows of a segment was on the disk: where less is there now, it must
 * not be written down as if that were all, since whoever restores the rest would not find it again.
 */
function requireKnown(segment: Segment, known: SegmentFacts): void {
  requireRange(segment, 'records', known, segment);
  requireRange(
    segment,
    'moves',
    { first: known.firstMove, last: known.lastMove },
    { first: segment.firstMove, last: segment.lastMove },
  );
}

interface Range {
  readonly first: number;
  readonly last: number;
}

function requireRange({ dir }: Segment, what: string, known: Range, found: Range): void {
  if (known.last < known.first) return;
  const ends = [
    [known.first, Math.min(found.first - 1, known.last)],
    [Math.max(found.last + 1, known.first), known.last],
  ] as const;
  for (const [from, to] of ends) {
    if (from > to) continue;
    throw corrupt(`Segment ${dir} misses ${what} ${from} to ${to}: restore it from a copy.`);
  }
}

/** An empty segment was made ahead of time: it goes on after the one before. */
function startAfter(segment: Segment, segments: Segments): void {
  const last = segments.count > 0 ? segments.newest.last : 0;
  segment.first = last + 1;
  segment.last = last;
}

function requireNext(segment: Segment, segments: Segments, found: Found): void {
  if (segments.count === 0) {
    if (segment.first === 1 || found.progress.newestSegment > 0) return;
    throw corrupt(`Segment ${segment.dir} begins with record ${segment.first}, not 1.`);
  }
  const expected = segments.newest.last + 1;
  if (segment.first < expected) {
    throw corrupt(
      `Segment ${segment.dir} begins with record ${segment.first}, although the one before it ` +
        `ends with ${segments.newest.last}: restore it from a copy.`,
    );
  }
  // Older segments in between may have been reclaimed, but never one that is still needed.
  const isReclaimed = segment.number <= found.progress.newestSegment && segment.first > expected;
  if (segment.first === expected || isReclaimed) return;
  throw new BrokerError(
    'storage-missing',
    `Journal records ${expected} to ${segment.first - 1} are gone: segment ${segment.dir} begins ` +
      `with record ${segment.first}. Restore the segments before it from a copy.`,
  );
}

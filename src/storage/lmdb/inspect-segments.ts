/** Reads all that is in the segments of a journal: every page, every record, every entry. */
import type { FolderReport } from '../inspection.ts';
import type { RecordHeader, StoredBlock } from './decode.ts';
import { checkWholeFile } from './file-check.ts';
import { GIANT_BYTES, isMoved, numberOf, type Place, placeOfKey, valueKey } from './layout.ts';
import type { Segment } from './segment.ts';

/** A block of entries, and where it is. */
export interface FoundBlock extends StoredBlock {
  readonly place: Place;
  readonly blockIndex: number;
  readonly bytes: number;
  /** Who stored it. */
  readonly actor: string;
}

export interface SegmentContent {
  readonly segment: Segment;
  readonly moves: number;
  readonly entries: number;
}

export interface RecordVisitor {
  problem(line: string): void;
  /** Blocks and trim marks of a record, in the order in which they count. */
  block(block: FoundBlock): void;
  trim(topicId: number, before: number, place: Place): void;
}

/** Reads a segment, and says what is wrong with it; undefined where nothing of it can be read. */
export function inspectSegment(
  segment: Segment,
  visitor: RecordVisitor,
): SegmentContent | undefined {
  try {
    checkWholeFile(segment.file);
    segment.openExisting(true);
    segment.discover();
  } catch (error) {
    visitor.problem((error as Error).message);
    return undefined;
  }
  let moves = 0;
  let entries = 0;
  let expected = segment.first;
  for (const { place, values } of placesOf(segment)) {
    if (isMoved(place)) moves += 1;
    else {
      if (place !== expected) {
        visitor.problem(`Segment ${segment.dir}: records ${expected} to ${place - 1} are gone.`);
      }
      expected = place + 1;
    }
    entries += inspectRecord(segment, place, values, visitor);
  }
  return { segment, moves, entries };
}

/** All records of a segment, and how many values each has. */
function* placesOf(segment: Segment): Iterable<{ place: Place; values: number }> {
  let place: Place | undefined;
  let values = 0;
  for (const key of segment.environment.root.keys({ start: valueKey(0, 0) })) {
    const next = placeOfKey(key);
    if (place !== undefined && next !== place) {
      yield { place, values };
      values = 0;
    }
    place = next;
    values += 1;
  }
  if (place !== undefined) yield { place, values };
}

/** Gives the number of its entries. */
function inspectRecord(
  segment: Segment,
  place: Place,
  values: number,
  visitor: RecordVisitor,
): number {
  try {
    const { header } = segment.header(place);
    const name = segment.naming(place);
    if (header.values !== values) {
      visitor.problem(name(`it has ${values} values, not ${header.values}`));
    }
    visit(header, place, visitor);
    return verifyEntries(segment, place, header);
  } catch (error) {
    visitor.problem((error as Error).message);
    return 0;
  }
}

/** As a start replays them: a mark counts where its event stands among those with blocks. */
function visit(header: RecordHeader, place: Place, visitor: RecordVisitor): void {
  const { events } = header.record();
  let trim = 0;
  const trimsBefore = (event: number) => {
    for (; trim < header.trims.length && header.trims[trim]!.event < event; trim += 1) {
      const { topicId, before } = header.trims[trim]!.mark;
      visitor.trim(topicId, before, place);
    }
  };
  header.blocks.forEach((block, blockIndex) => {
    trimsBefore(block.event);
    const { actor } = events[block.event]!;
    visitor.block({ ...block, place, blockIndex, bytes: header.bytesOf(block), actor });
  });
  trimsBefore(Number.POSITIVE_INFINITY);
}

function verifyEntries(segment: Segment, place: Place, header: RecordHeader): number {
  let count = 0;
  let index = -1;
  let value: Buffer = Buffer.alloc(0);
  for (const block of header.blocks) {
    for (let i = 0; i < block.count; i += 1) {
      const entry = block.firstEntry + i;
      if (header.valueOf(entry) !== index || header.valuesIn(entry) > 1) {
        index = header.valueOf(entry);
        value = valuesFrom(segment, place, index, header.sizeOf(entry));
      }
      const start = header.startOf(entry);
      const bytes = value.subarray(start, start + header.sizeOf(entry));
      header.verify(bytes, entry, block.firstOffset + i, block.topicId);
      count += 1;
    }
  }
  return count;
}

/** A value, and those behind it that a giant entry goes on in. */
function valuesFrom(segment: Segment, place: Place, index: number, bytes: number): Buffer {
  const parts = [segment.value(place, index)];
  for (let left = bytes - GIANT_BYTES; left > 0; left -= GIANT_BYTES) {
    parts.push(segment.value(place, index + parts.length));
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

/** Records of segments that follow each other, where they should. */
export function gapProblems(
  segments: readonly Segment[],
  { checkpoint, indexed }: Pick<FolderReport, 'checkpoint' | 'indexed'>,
): string[] {
  const problems: string[] = [];
  for (const [i, segment] of segments.entries()) {
    const before = segments[i - 1];
    if (before === undefined || segment.first === before.last + 1) continue;
    if (segment.first <= before.last) {
      problems.push(
        `Segment ${segment.dir} begins with record ${segment.first}, although the one before it ` +
          `ends with ${before.last}.`,
      );
    } else if (segment.first - 1 > Math.min(checkpoint, indexed)) {
      problems.push(
        `Records ${before.last + 1} to ${segment.first - 1} are gone, which a start would replay.`,
      );
    }
  }
  const last = segments.at(-1)?.last ?? 0;
  if (last < indexed) {
    problems.push(`Records ${last + 1} to ${indexed} are gone, which the index knows.`);
  }
  return problems;
}

/** How a place is called in a line about it. */
export function placeName(place: Place): string {
  return `${isMoved(place) ? 'move' : 'record'} ${numberOf(place)}`;
}

/** What the doctor says of a data folder. */
import { examineFolder, type FolderFindings, type SegmentFindings } from '../offline.ts';
import type { Check } from './doctor-broker.ts';

/** Rejects with `data-folder-in-use`, or `storage-missing` where there is none. */
export async function checkFolder(dir: string): Promise<Check> {
  const found = await examineFolder(dir);
  const { problems, ...facts } = found;
  return { problems, lines: linesOf(dir, found), facts: { dataDir: dir, ...facts } };
}

function linesOf(dir: string, found: FolderFindings): string[] {
  const { records, checkpoint, indexed, segments, liveBytes, actors, topics } = found;
  const entries = segments.reduce((sum, segment) => sum + segment.entries, 0);
  const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  return [
    `Data folder ${dir}`,
    `Journal: records ${records.first} to ${records.last} with ${entries} entries in ` +
      `${segments.length} segments of ${size(bytes)}, of which ${size(liveBytes)} are needed.`,
    `State: ${actors} actors and ${topics} topics; snapshots up to record ${checkpoint}, ` +
      `the index up to ${indexed}; a start replays ${records.last - checkpoint} records.`,
    ...segments.map(segmentLine),
    ...found.notes,
  ];
}

/** Of a segment that many topics keep, as many are named. */
const MAX_NAMED = 5;

function segmentLine({ number, first, last, bytes, liveBytes, pins }: SegmentFindings): string {
  const records = last < first ? 'no records' : `records ${first} to ${last}`;
  const why = pins.slice(0, MAX_NAMED).join('; ');
  const more = pins.length > MAX_NAMED ? `; and ${pins.length - MAX_NAMED} more` : '';
  const kept = pins.length === 0 ? 'nothing needs it: it goes next' : `kept: ${why}${more}`;
  return `Segment ${number}: ${records}, ${size(bytes)}, ${size(liveBytes)} needed; ${kept}.`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

function size(bytes: number): string {
  const unit = Math.min(Math.floor(Math.log2(Math.max(1, bytes)) / 10), UNITS.length - 1);
  const value = bytes / 1024 ** unit;
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

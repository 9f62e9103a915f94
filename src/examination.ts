/**
 * What a look at a data folder means to those who know what its actors are: which topic keeps a
 * segment, which subscription keeps the topic's entries, whether ledgers and the index agree.
 */
import type { FolderReport, Pin, SegmentReport } from './storage/inspection.ts';

export interface SegmentFindings extends Omit<SegmentReport, 'pins'> {
  /** Why it is still there, in plain words. */
  readonly pins: readonly string[];
}

export interface FolderFindings
  extends Pick<
    FolderReport,
    'problems' | 'notes' | 'records' | 'checkpoint' | 'indexed' | 'liveBytes' | 'unfinishedSweeps'
  > {
  readonly segments: readonly SegmentFindings[];
  /** How many snapshots there are, and how many of topics. */
  readonly actors: number;
  readonly topics: number;
}

/** Of a topic's snapshot. */
interface TopicFacts {
  readonly name: string;
  readonly topicId: number;
  readonly next: number;
  readonly first: number;
  /** Ledger id, offset of its first entry, time of opening, bytes. */
  readonly ledgers: readonly (readonly [number, number, number, number])[];
  readonly compacted: { readonly storageId: number } | null;
}

interface Subscription {
  readonly name: string;
  /** Everything below is acknowledged. */
  readonly acked: number;
}

export function findingsOf(report: FolderReport): FolderFindings {
  const topics: TopicFacts[] = [];
  const slowest = new Map<number, Subscription>();
  let actors = 0;
  for (const { actor, state } of report.snapshots) {
    actors += 1;
    if (actor.startsWith('topic:')) {
      topics.push({ ...(state as TopicFacts), name: actor.slice('topic:'.length) });
    } else if (actor.startsWith('cursor:')) {
      const { topicId, name, acked } = state as Subscription & { topicId: number };
      if (acked < (slowest.get(topicId)?.acked ?? Infinity)) slowest.set(topicId, { name, acked });
    }
  }
  const names = namesOf(topics, slowest);
  const { problems, notes, unfinishedSweeps, segments } = report;
  const { records, checkpoint, indexed, liveBytes } = report;
  const swept = `${unfinishedSweeps} topics have given-up entries that are still being swept.`;
  return {
    problems: [...problems, ...ledgerProblems(topics, report)],
    notes: unfinishedSweeps === 0 ? notes : [...notes, swept],
    records,
    checkpoint,
    indexed,
    liveBytes,
    unfinishedSweeps,
    actors,
    topics: topics.length,
    segments: segments.map((segment) => ({
      ...segment,
      pins: segment.pins.map((pin) => pinLine(pin, names, report)),
    })),
  };
}

/** How a topic is called by its number, with the subscription that is furthest behind. */
function namesOf(
  topics: readonly TopicFacts[],
  slowest: ReadonlyMap<number, Subscription>,
): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const { name, topicId, compacted } of topics) {
    const behind = slowest.get(topicId);
    const who = behind && ` (subscription ${behind.name} is at entry ${behind.acked})`;
    names.set(topicId, `${name}${who ?? ''}`);
    if (compacted !== null) names.set(compacted.storageId, `${name}, compacted`);
  }
  return names;
}

function pinLine(pin: Pin, names: ReadonlyMap<number, string>, { actorOf }: FolderReport): string {
  if (pin.by === 'newest') return 'it is the one that is written';
  if (pin.by === 'replay') return `a start replays ${pin.records} of its records`;
  const stored = actorOf(pin.topicId)?.replace(/^topic:/, '');
  const name = names.get(pin.topicId) ?? stored ?? `topic number ${pin.topicId}`;
  return `${pin.bytes} bytes of ${name}`;
}

function ledgerProblems(topics: readonly TopicFacts[], report: FolderReport): string[] {
  const problems: string[] = [];
  const owners = new Map<number, string>();
  for (const { name, topicId, ledgers, first, next } of topics) {
    let [lastId, lastOffset] = [-1, -1];
    for (const [id, offset] of ledgers) {
      if (id <= lastId || offset < lastOffset) {
        problems.push(`Ledger ${id} of ${name} does not follow ledger ${lastId}.`);
      }
      const owner = owners.get(id);
      if (owner !== undefined) problems.push(`Ledger ${id} is one of ${owner} and of ${name}.`);
      owners.set(id, name);
      [lastId, lastOffset] = [id, offset];
    }
    if (lastOffset > next || first > next) {
      problems.push(`${name} has ledgers that begin behind its last entry, ${next}.`);
    }
    const end = report.endOf(topicId);
    if (next > first && (end ?? 0) < next) {
      problems.push(`${name} has ${next} entries, and the index knows ${end ?? 0} of them.`);
    }
  }
  return problems;
}

/**
 * Looks at all of a data folder that no broker uses, and changes nothing in it: every page, every
 * journal record and its entries, every row of the state environment, and whether all of them tell
 * the same story.
 */
import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BrokerError } from '../../base/errors.ts';
import type { FolderReport, Pin, SegmentReport } from '../inspection.ts';
import type { Snapshot } from '../state.ts';
import { openLmdbEnvironment } from './environment.ts';
import { checkWholeFile } from './file-check.ts';
import { FOLDER_VERSION, lockFolder, RESTORING, VERSION } from './folder.ts';
import {
  type FoundBlock,
  gapProblems,
  inspectSegment,
  placeName,
  type SegmentContent,
} from './inspect-segments.ts';
import type { Place } from './layout.ts';
import { FILE, UNFINISHED } from './new-file.ts';
import { settingsOf } from './options.ts';
import { decodePlain } from './plain.ts';
import { type Progress, Projection, STATE_MAP_BYTES, STATE_TABLES } from './projection.ts';
import { EMPTY_SEGMENT, makeSegment } from './recover.ts';
import type { IndexedBlock } from './rows.ts';
import type { SegmentFacts } from './segment.ts';
import type { TopicFacts } from './topics.ts';

/**
 * Throws `data-folder-in-use`, or `storage-missing` where there is no data folder; whatever else is
 * wrong is in the report.
 */
export async function inspectFolder(dir: string): Promise<FolderReport> {
  if (!existsSync(join(dir, 'journal'))) {
    throw new BrokerError('storage-missing', `${dir} is no data folder: it has no journal.`);
  }
  const release = lockFolder(dir);
  try {
    return await new Inspection(dir).run();
  } finally {
    release();
  }
}

/** Of a topic: what the index knows, then what the records behind it change. */
interface TopicStory {
  facts: TopicFacts;
  before: number;
  end: number;
}

class Inspection {
  readonly #dir: string;
  readonly #problems: string[] = [];
  readonly #notes: string[] = [];
  readonly #topics = new Map<number, TopicStory>();
  readonly #snapshots: Snapshot[] = [];
  readonly #known = new Map<number, SegmentFacts>();
  /** Blocks of all records by place, and of those behind the index all. */
  readonly #blocks = new Map<string, FoundBlock & { readonly segment: number }>();
  readonly #actors = new Map<number, string>();
  readonly #tail: (FoundBlock & { readonly segment: number })[] = [];
  #progress: Progress = { checkpoint: 0, indexed: 0, newestSegment: 0 };
  #unfinished = 0;

  constructor(dir: string) {
    this.#dir = dir;
  }

  async run(): Promise<FolderReport> {
    this.#readMarks();
    const numbers = await this.#segmentNumbers();
    const state = await this.#openState();
    if (state !== undefined) this.#readState(state);
    const contents = await this.#readSegments(numbers);
    const segments = contents.map(({ segment }) => segment);
    this.#problems.push(...gapProblems(segments, this.#progress));
    this.#compareSegments(numbers);
    const live = new Map<number, Map<number, number>>();
    if (state !== undefined) this.#compareIndex(state, live);
    for (const block of this.#tail) this.#live(block, block.segment, live);
    await state?.close();
    const reports = contents.map((content) => this.#reportOf(content, contents, live));
    const { checkpoint, indexed } = this.#progress;
    return {
      problems: this.#problems,
      notes: this.#notes,
      records: { first: segments[0]?.first ?? 1, last: segments.at(-1)?.last ?? 0 },
      checkpoint,
      indexed,
      liveBytes: reports.reduce((sum, { liveBytes }) => sum + liveBytes, 0),
      unfinishedSweeps: this.#unfinished,
      segments: reports,
      snapshots: this.#snapshots,
      actorOf: (topicId) => this.#actors.get(topicId),
      endOf: (topicId) => this.#topics.get(topicId)?.facts.end,
    };
  }

  #readMarks(): void {
    if (existsSync(join(this.#dir, RESTORING))) {
      this.#problems.push(`A restore into ${this.#dir} did not come to its end.`);
    }
    const file = join(this.#dir, VERSION);
    if (!existsSync(file)) this.#problems.push(`${file} is gone.`);
    else if (readFileSync(file, 'utf8').trim() !== String(FOLDER_VERSION)) {
      this.#problems.push(`${file} holds a version that this program does not know.`);
    }
  }

  async #segmentNumbers(): Promise<number[]> {
    const names = await readdir(join(this.#dir, 'journal'));
    const unfinished = names.filter((name) => name.endsWith(UNFINISHED));
    if (unfinished.length > 0) {
      this.#notes.push(`The next start removes what is unfinished: ${unfinished.join(', ')}.`);
    }
    const numbers = names.filter((name) => /^[1-9][0-9]*$/.test(name)).map(Number);
    return numbers.sort((a, b) => a - b);
  }

  async #openState(): Promise<Projection | undefined> {
    const file = join(this.#dir, 'state', FILE);
    if (!existsSync(file)) {
      this.#notes.push('There is no state environment: a start builds it from the journal.');
      return undefined;
    }
    try {
      checkWholeFile(file);
      const options = { file, mapBytes: STATE_MAP_BYTES, tables: STATE_TABLES, readOnly: true };
      return new Projection(openLmdbEnvironment(options), join(this.#dir, 'state'));
    } catch (error) {
      this.#problems.push((error as Error).message);
      return undefined;
    }
  }

  #readState(state: Projection): void {
    this.#try(() => {
      this.#progress = state.progress();
    });
    this.#try(() => {
      for (const { number, facts } of state.segments()) this.#known.set(number, facts);
    });
    this.#try(() => {
      for (const { topicId, facts } of state.index.topics()) {
        this.#topics.set(topicId, { facts, before: facts.before, end: facts.end });
      }
    });
    this.#try(() => {
      for (const _ of state.index.unfinished()) this.#unfinished += 1;
    });
    const start = Buffer.from([0]);
    for (const table of [state.due, state.deadlines]) {
      this.#try(() => {
        for (const _ of table.rows({ start }));
      });
    }
    this.#try(() => {
      for (const { key, value } of state.actors.rows({ start })) {
        const actor = key.toString();
        const sequence = value.readDoubleLE(0);
        this.#snapshots.push({
          actor,
          sequence,
          state: decodePlain(Buffer.from(value.subarray(8))),
        });
      }
    });
  }

  async #readSegments(numbers: readonly number[]): Promise<SegmentContent[]> {
    const settings = settingsOf({ dir: this.#dir });
    const journalDir = join(this.#dir, 'journal');
    const openEnvironment = openLmdbEnvironment;
    const contents: SegmentContent[] = [];
    for (const number of numbers) {
      const found = { journalDir, settings, openEnvironment };
      const facts = this.#known.get(number) ?? EMPTY_SEGMENT;
      const segment = makeSegment(found, number, facts);
      const content = inspectSegment(segment, {
        problem: (line) => this.#problems.push(line),
        block: (block) => this.#block(block, number),
        trim: (topicId, before, place) => this.#trim(topicId, before, place),
      });
      if (content !== undefined) contents.push(content);
      await segment.close();
    }
    return contents;
  }

  #block(block: FoundBlock, segment: number): void {
    const found = { ...block, segment };
    this.#blocks.set(keyOf(block), found);
    this.#actors.set(block.topicId, block.actor);
    const { topicId, firstOffset, count } = block;
    const story = this.#topics.get(topicId);
    if (!this.#isBehindIndex(block.place)) {
      // Of a topic that the index has no facts of, all was given up.
      if (story === undefined || firstOffset + count <= story.facts.end) return;
      this.#problems.push(
        `The index lacks entries ${Math.max(firstOffset, story.facts.end)} on of topic ` +
          `${topicId}, which ${placeName(block.place)} stores.`,
      );
      return;
    }
    if (story !== undefined && story.end !== firstOffset) {
      this.#problems.push(
        `${placeName(block.place)} stores topic ${topicId} from entry ${firstOffset} on, but ` +
          `there are ${story.end} before it.`,
      );
    }
    const none = { before: firstOffset, end: firstOffset, swept: firstOffset };
    const facts = { ...none, bytes: 0, indexed: firstOffset, cleared: firstOffset };
    const next = story ?? { facts, before: firstOffset, end: firstOffset };
    next.end = firstOffset + count;
    this.#topics.set(topicId, next);
    this.#tail.push(found);
  }

  #trim(topicId: number, before: number, place: Place): void {
    const story = this.#topics.get(topicId);
    if (story === undefined || !this.#isBehindIndex(place)) return;
    story.before = Math.max(story.before, Math.min(before, story.end));
  }

  /** Moved entries are never replayed. */
  #isBehindIndex(place: Place): boolean {
    return place > this.#progress.indexed && !placeName(place).startsWith('move');
  }

  #compareSegments(numbers: readonly number[]): void {
    const { checkpoint, indexed, newestSegment } = this.#progress;
    for (const number of this.#known.keys()) {
      if (!numbers.includes(number)) {
        this.#problems.push(`Segment ${number} is gone, of which the state environment knows.`);
      }
    }
    for (const number of numbers) {
      if (number >= newestSegment || this.#known.has(number)) continue;
      this.#notes.push(`The next start removes segment ${number}: nothing in it is needed.`);
    }
    if (checkpoint > indexed) {
      this.#problems.push(`The checkpoint, ${checkpoint}, is behind the index, ${indexed}.`);
    }
    if (newestSegment === 0 && numbers.length > 0 && numbers[0] !== 1) {
      this.#problems.push(
        `The journal begins with segment ${numbers[0]}, and no state environment says what was ` +
          'before: restore it from a backup.',
      );
    }
    for (const { actor, sequence } of this.#snapshots) {
      if (sequence <= indexed) continue;
      this.#problems.push(`The snapshot of ${actor} is of record ${sequence}, after ${indexed}.`);
    }
  }

  /** Every row of the index against the record that it names. */
  #compareIndex(state: Projection, live: Map<number, Map<number, number>>): void {
    const counted = new Map<number, number>();
    for (const [topicId, { facts }] of this.#topics) {
      this.#try(() => {
        let expected = facts.swept;
        for (const block of state.index.blocksFrom(topicId, facts.swept, facts.end)) {
          if (block.firstOffset > expected) {
            this.#problems.push(`The index lacks entries ${expected} on of topic ${topicId}.`);
          }
          expected = block.firstOffset + block.count;
          const segment = this.#compareBlock(topicId, block);
          if (segment === undefined) continue;
          counted.set(segment, (counted.get(segment) ?? 0) + block.bytes);
          this.#live({ ...block, topicId }, segment, live);
        }
        if (expected < facts.end) {
          this.#problems.push(`The index lacks entries ${expected} on of topic ${topicId}.`);
        }
      });
    }
    for (const [number, { liveBytes }] of this.#known) {
      const found = counted.get(number) ?? 0;
      if (found === liveBytes) continue;
      this.#problems.push(
        `Segment ${number} is said to have ${liveBytes} live bytes, and the index has ${found}.`,
      );
    }
  }

  #compareBlock(topicId: number, block: IndexedBlock): number | undefined {
    const { firstOffset, count, bytes, place } = block;
    const found = this.#blocks.get(keyOf(block));
    const isSame =
      found !== undefined &&
      found.topicId === topicId &&
      found.firstOffset === firstOffset &&
      found.count === count &&
      found.bytes === bytes;
    if (isSame) return found.segment;
    this.#problems.push(
      `The index has entries ${firstOffset} to ${firstOffset + count - 1} of topic ${topicId} in ` +
        `${placeName(place)}, which does not hold them.`,
    );
    return undefined;
  }

  #live(
    block: Pick<FoundBlock, 'topicId' | 'firstOffset' | 'count' | 'bytes'>,
    segment: number,
    live: Map<number, Map<number, number>>,
  ): void {
    const { topicId, firstOffset, count, bytes } = block;
    if (firstOffset + count <= (this.#topics.get(topicId)?.before ?? 0)) return;
    const topics = live.get(segment) ?? new Map<number, number>();
    topics.set(topicId, (topics.get(topicId) ?? 0) + bytes);
    live.set(segment, topics);
  }

  #reportOf(
    { segment, moves, entries }: SegmentContent,
    all: readonly SegmentContent[],
    live: ReadonlyMap<number, ReadonlyMap<number, number>>,
  ): SegmentReport {
    const { number, first, last, bytes } = segment;
    const topics = [...(live.get(number) ?? [])].sort(([, a], [, b]) => b - a);
    const pins: Pin[] = topics.map(([topicId, size]) => ({ by: 'topic', topicId, bytes: size }));
    const replayed = last - Math.max(first - 1, this.#progress.checkpoint);
    if (replayed > 0) pins.unshift({ by: 'replay', records: replayed });
    if (segment === all.at(-1)?.segment) pins.unshift({ by: 'newest' });
    const liveBytes = topics.reduce((sum, [, size]) => sum + size, 0);
    return { number, first, last, moves, entries, bytes, liveBytes, pins };
  }

  /** What cannot be read is a problem; the rest is looked at all the same. */
  #try(read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      this.#problems.push(error.message);
    }
  }
}

function keyOf({ place, blockIndex }: { place: Place; blockIndex: number }): string {
  return `${place}/${blockIndex}`;
}

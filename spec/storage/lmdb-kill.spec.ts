/** A process that is killed in the middle: what it was told is durable must be there. */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { entryOf } from '../contract/storage-batches.ts';
import { compileChild, linesUntil, type StartChild } from './child/start.ts';
import { countOf, Story, sizeOf, TOPICS, topicOf } from './child/story.ts';
import { segmentNumbers, temporaryFolder } from './folders.ts';

const ALL = { maxEntries: 1_000_000, maxBytes: 1_000_000_000 };

describe('after kill -9', () => {
  let dir: string;
  let dispose: () => Promise<void>;

  let startChild: StartChild;

  beforeAll(() => {
    startChild = compileChild('kill');
  });
  beforeEach(async () => {
    ({ dir, dispose } = await temporaryFolder());
  });
  afterEach(() => dispose());

  /** Lets the child append until a line is enough, kills it, gives the last step it said. */
  async function killAt(isEnough: (line: string) => boolean): Promise<number> {
    const child = startChild(dir, 'append');
    const lines = await linesUntil(child, isEnough, () => child.kill('SIGKILL'));
    const steps = lines.filter((line) => /^\d/.test(line)).map(Number);
    expect(steps).toEqual(steps.map((_, i) => steps[0]! + i));
    return steps.at(-1)!;
  }

  it('every acknowledged batch is there, in order, without a gap, round after round', async () => {
    let acknowledged = 0;
    for (const more of [1, 60, 400, 10, 150]) {
      const until = acknowledged + more;
      acknowledged = await goOn(await killAt((line) => Number(line) >= until));
    }
    // Old segments went, although each held entries that are still there.
    expect(segmentNumbers(dir)[0]).toBeGreaterThan(1);
  });

  it.each([1, 2, 3])('it is, too, in the middle of reuse %i of a file', async (reuse) => {
    for (let round = 0; round < 2; round += 1) {
      let seen = 0;
      const isReusing = (line: string) => {
        if (line === 'reusing') seen += 1;
        return seen === reuse;
      };
      await goOn(await killAt(isReusing));
    }
  });

  /** Opens what the child left, and checks it; gives the last step that is there. */
  async function goOn(acknowledged: number): Promise<number> {
    const storage = await openLmdbStorage({ dir, segmentBytes: 1 << 20 });
    expect(storage.journal.lastSequence).toBeGreaterThanOrEqual(acknowledged);
    await expectStory(storage);
    await storage.close();
    return storage.journal.lastSequence;
  }
});

/** All that the story says must be there, and nothing else. */
async function expectStory(storage: Storage): Promise<void> {
  const story = new Story();
  while (story.sequence < storage.journal.lastSequence) story.next();
  for (let topicId = 0; topicId < TOPICS; topicId += 1) {
    const before = story.trimmed[topicId]!;
    const end = story.ends[topicId]!;
    expect(storage.entries.usage(topicId).liveEntries).toBe(end - before);
    const runs = await storage.entries.read(topicId, 0, ALL);
    let next = before;
    for (const { firstOffset, entries, data } of runs) {
      expect(firstOffset).toBe(next);
      expect(topicOf(data as number)).toBe(topicId);
      const expected = entries.map((_, i) => entryOf(topicId, next + i, sizeOf(data as number)));
      expect(Buffer.concat(entries).equals(Buffer.concat(expected))).toBe(true);
      expect(entries.length).toBeLessThanOrEqual(countOf(data as number));
      next += entries.length;
    }
    expect(next).toBe(end);
  }
  let sequence = storage.state.checkpointSequence;
  for await (const record of storage.journal.read(sequence)) {
    sequence += 1;
    expect(record.sequence).toBe(sequence);
    expect(record.events[0]?.data).toBe(sequence);
  }
  expect(sequence).toBe(storage.journal.lastSequence);
  for (const actor of storage.state.list('a:')) {
    const snapshot = storage.state.load(actor)!;
    expect(snapshot.state).toEqual({ sequence: snapshot.sequence });
    expect(snapshot.sequence).toBeLessThanOrEqual(storage.journal.lastSequence);
  }
}

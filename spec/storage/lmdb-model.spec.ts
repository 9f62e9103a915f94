/** Random histories against the plainest model: a list of entries for each topic. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JournalEvent } from '../../src/storage/journal.ts';
import { openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import { MemoryDisk, openMemoryStorage } from '../../src/storage/memory/open.ts';
import type { OpenStorage, Storage } from '../../src/storage/storage.ts';
import { batchOf, entryOf, stores, trims } from '../contract/storage-batches.ts';
import { temporaryFolder } from './folders.ts';

const TOPICS = 4;

interface ModelTopic {
  /** Size and storing record of every entry ever stored. */
  readonly entries: { readonly size: number; readonly data: number }[];
  before: number;
}

interface Model {
  readonly topics: readonly ModelTopic[];
  readonly snapshots: Map<string, number>;
  records: number;
  checkpoint: number;
}

interface Real {
  storage: Storage;
  readonly open: OpenStorage;
}

type Step = fc.AsyncCommand<Model, Real>;

const topicIds = fc.nat(TOPICS - 1);
const sizes = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 14, max: 3000 }) },
  { weight: 1, arbitrary: fc.constantFrom(65_520, 65_521, 140_000) },
);
const stored = fc.record({
  topicId: topicIds,
  count: fc.integer({ min: 0, max: 12 }),
  size: sizes,
});
const trimmed = fc.record({ topicId: topicIds, share: fc.double({ min: 0, max: 1, noNaN: true }) });
const batches = fc.array(fc.record({ store: fc.option(stored), trim: fc.option(trimmed) }), {
  maxLength: 4,
});

/** Several batches at once, all of which become durable. */
const append = fc.array(batches, { minLength: 1, maxLength: 5 }).map(
  (steps): Step => ({
    check: () => true,
    toString: () => `append(${JSON.stringify(steps)})`,
    async run(model, { storage }) {
      const appended = steps.map((events) => {
        model.records += 1;
        const data = model.records;
        const made = events.map(({ store, trim }): JournalEvent => {
          let event: JournalEvent = { actor: 'a', type: 'e', data, cause: 'model' };
          if (store !== null) {
            const { entries } = model.topics[store.topicId]!;
            const { size } = store;
            event = stores(store.topicId, entries.length, store.count, { size, data });
            entries.push(...Array.from({ length: store.count }, () => ({ size, data })));
          }
          if (trim === null) return event;
          const topic = model.topics[trim.topicId]!;
          const before = Math.floor(topic.entries.length * trim.share);
          topic.before = Math.max(topic.before, before);
          return { ...event, trim: trims(trim.topicId, before).trim! };
        });
        return storage.journal.append(batchOf(...made));
      });
      await Promise.all(appended.map(({ durable }) => durable));
      expect(storage.journal.lastSequence).toBe(model.records);
    },
  }),
);

const read = fc
  .record({
    topicId: topicIds,
    at: fc.double({ min: 0, max: 1.1, noNaN: true }),
    maxEntries: fc.constantFrom(1, 7, 1000),
    maxBytes: fc.constantFrom(1, 5000, 100_000, 1e9),
  })
  .map(
    ({ topicId, at, maxEntries, maxBytes }): Step => ({
      check: () => true,
      toString: () => `read(${topicId}, ${at}, ${maxEntries}, ${maxBytes})`,
      async run(model, { storage }) {
        const offset = Math.floor(model.topics[topicId]!.entries.length * at);
        const expected = expectedEntries(model, topicId, offset, maxEntries, maxBytes);
        const cached = storage.entries.cached(topicId, offset, { maxEntries, maxBytes });
        const runs = await storage.entries.read(topicId, offset, { maxEntries, maxBytes });
        let next = expected.from;
        for (const run of runs) {
          expect(run.firstOffset).toBe(next);
          for (const entry of run.entries) {
            const { size, data } = model.topics[topicId]!.entries[next]!;
            expect(run.data).toBe(data);
            expect(entry.equals(entryOf(topicId, next, size))).toBe(true);
            next += 1;
          }
        }
        expect(next).toBe(expected.end);
        const isPrefix = (cached ?? []).every((run, i) => {
          const same = runs.flatMap(({ entries }) => entries);
          return i > 0 || run.entries.every((entry, n) => entry.equals(same[n]!));
        });
        expect(isPrefix).toBe(true);
      },
    }),
  );

const save = fc.record({ actor: fc.constantFrom('x', 'y', 'y1'), isRemoved: fc.boolean() }).map(
  ({ actor, isRemoved }): Step => ({
    check: () => true,
    toString: () => `save(${actor}, ${isRemoved})`,
    async run(model, { storage }) {
      const sequence = model.records;
      const state = isRemoved ? undefined : { sequence };
      if (isRemoved) model.snapshots.delete(actor);
      else model.snapshots.set(actor, sequence);
      await storage.state.save([{ actor, sequence, state }]);
    },
  }),
);

const checkpoint = fc.nat(5).map(
  (lag): Step => ({
    check: () => true,
    toString: () => `checkpoint(-${lag})`,
    async run(model, { storage }) {
      model.checkpoint = Math.max(model.checkpoint, model.records - lag, 0);
      await storage.state.checkpoint(Math.max(0, model.records - lag));
    },
  }),
);

const reopen = fc.constant<Step>({
  check: () => true,
  toString: () => 'reopen()',
  async run(model, real) {
    await real.storage.close();
    real.storage = await real.open();
    await expectAll(model, real.storage);
  },
});

describe.each(['lmdb', 'memory'])('whatever is appended, trimmed and reopened (%s)', (kind) => {
  it('reads as a plain list of entries does', { timeout: 60_000 }, async () => {
    const steps = fc.commands([append, append, append, read, read, save, checkpoint, reopen], {
      maxCommands: 40,
      size: 'max',
    });
    await fc.assert(
      fc.asyncProperty(steps, async (commands) => {
        const { open, dispose } = await prepare(kind);
        const real: Real = { storage: await open(), open };
        const model: Model = {
          topics: Array.from({ length: TOPICS }, () => ({ entries: [], before: 0 })),
          snapshots: new Map(),
          records: 0,
          checkpoint: 0,
        };
        try {
          await fc.asyncModelRun(() => ({ model, real }), commands);
          await expectAll(model, real.storage);
          await expectNothingStays(model, real);
        } finally {
          await real.storage.close();
          await dispose();
        }
      }),
      { numRuns: kind === 'lmdb' ? 25 : 100, interruptAfterTimeLimit: 10_000 },
    );
  });
});

/** All that the topics hold is given up right before a stop: soon none of it counts as alive. */
async function expectNothingStays({ topics }: Model, real: Real): Promise<void> {
  const events = topics.map(({ entries }, topicId) => trims(topicId, entries.length));
  await real.storage.journal.append(batchOf(...events)).durable;
  await real.storage.close();
  real.storage = await real.open();
  await expect.poll(() => real.storage.stats().liveBytes).toBe(0);
}

async function prepare(kind: string): Promise<{ open: OpenStorage; dispose(): Promise<void> }> {
  if (kind === 'memory') {
    const disk = new MemoryDisk({ segmentRecords: 4 });
    return { open: openMemoryStorage(disk, { cacheBytes: 20_000 }), dispose: async () => {} };
  }
  const { dir, dispose } = await temporaryFolder();
  const options = {
    segmentBytes: 256 * 1024,
    cacheBytes: 20_000,
    flushBlocks: 8,
    flushDelayMs: 0,
    readWindowBytes: 4096,
    readCacheBytes: 100_000,
    maxOpenSegments: 1,
    relocateBelow: 0.6,
    relocateAfterMs: 0,
    relocateBytesPerSecond: 1e9,
  };
  return { open: () => openLmdbStorage({ dir, ...options }), dispose };
}

function expectedEntries(
  model: Model,
  topicId: number,
  offset: number,
  maxEntries: number,
  maxBytes: number,
): { readonly from: number; readonly end: number } {
  const { entries, before } = model.topics[topicId]!;
  const from = Math.max(offset, before);
  let bytes = 0;
  let end = from;
  while (end < entries.length && end - from < maxEntries) {
    bytes += entries[end]!.size;
    if (bytes > maxBytes && end > from) break;
    end += 1;
  }
  return { from, end };
}

async function expectAll(model: Model, storage: Storage): Promise<void> {
  expect(storage.state.checkpointSequence).toBe(model.checkpoint);
  expect(storage.journal.lastSequence).toBe(model.records);
  for (const [topicId, { entries, before }] of model.topics.entries()) {
    expect(storage.entries.usage(topicId).liveEntries).toBe(entries.length - before);
    const runs = await storage.entries.read(topicId, 0, { maxEntries: 1e6, maxBytes: 1e9 });
    expect(runs.reduce((sum, run) => sum + run.entries.length, 0)).toBe(entries.length - before);
    expect(runs[0]?.firstOffset ?? before).toBe(before);
  }
  expect(storage.state.list('')).toEqual([...model.snapshots.keys()].sort());
  for (const [actor, sequence] of model.snapshots) {
    expect(storage.state.load(actor)).toEqual({ actor, sequence, state: { sequence } });
  }
  let next = model.checkpoint;
  for await (const record of storage.journal.read(next)) {
    next += 1;
    expect(record.sequence).toBe(next);
  }
  expect(next).toBe(model.records);
}

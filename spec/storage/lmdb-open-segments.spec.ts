/** How many segments are open at a time: each costs file descriptors and a map of its file. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import {
  type EnvironmentOptions,
  openLmdbEnvironment,
} from '../../src/storage/lmdb/environment.ts';
import { type LmdbStorageOptions, openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import { batchOf, stores } from '../contract/storage-batches.ts';
import { segmentNumbers, temporaryFolder } from './folders.ts';

const MAX_OPEN = 2;
/** The one that is written, and the one after it, which is made ahead of time. */
const BEING_WRITTEN = 2;
const SEGMENTS = 12;

describe('open segments', () => {
  let dir: string;
  let dispose: () => Promise<void>;
  let isOpen: Set<string>;
  let most: number;
  /** How often one was opened. */
  let opens: number;

  beforeEach(async () => {
    ({ dir, dispose } = await temporaryFolder());
    isOpen = new Set();
    [most, opens] = [0, 0];
  });
  afterEach(() => dispose());

  function openEnvironment(options: EnvironmentOptions) {
    const environment = openLmdbEnvironment(options);
    if (!/journal.\d+.data\.mdb$/.test(options.file)) return environment;
    isOpen.add(options.file);
    opens += 1;
    most = Math.max(most, isOpen.size);
    const { close } = environment;
    environment.close = async () => {
      await close.call(environment);
      isOpen.delete(options.file);
    };
    return environment;
  }

  const open = (more: Partial<LmdbStorageOptions> = {}) =>
    openLmdbStorage({
      dir,
      segmentBytes: 256 * 1024,
      maxOpenSegments: MAX_OPEN,
      openEnvironment,
      ...more,
    });
  type Opened = Awaited<ReturnType<typeof open>>;

  /** Entries of topic 1 that fill so many segments; says how many there are. */
  async function fill({ journal }: Opened): Promise<number> {
    let end = 0;
    for (; segmentNumbers(dir).length < SEGMENTS; end += 8) {
      await journal.append(batchOf(stores(1, end, 8, { size: 10_000 }))).durable;
    }
    return end;
  }

  it('stay few while all that happens is that they are written', async () => {
    const storage = await open();
    await fill(storage);
    expect(most).toBeLessThanOrEqual(MAX_OPEN + BEING_WRITTEN);
    await storage.close();
    expect(isOpen.size).toBe(0);
  });

  it('are all that are read from again and again, and a few once nobody does', async () => {
    let nowMs = 0;
    const storage = await open({
      maxOpenSegments: SEGMENTS,
      maxRestingSegments: MAX_OPEN,
      cacheBytes: 0,
      readCacheBytes: 0,
      readAheadBytes: 0,
      clock: { ...systemClock, monotonicMs: () => nowMs },
    });
    const entries = await fill(storage);
    const readAll = async () => {
      for (let offset = 0; offset < entries; offset += 8) {
        await storage.entries.read(1, offset, { maxEntries: 1, maxBytes: 1 });
      }
    };
    await readAll();
    expect(isOpen.size).toBeLessThanOrEqual(MAX_OPEN + BEING_WRITTEN);
    await readAll();
    const opened = most;
    expect(isOpen.size).toBeGreaterThan(MAX_OPEN + BEING_WRITTEN);
    opens = 0;
    await readAll();
    expect(opens).toBe(0);
    nowMs += 1_000;
    await vi.waitUntil(() => isOpen.size <= MAX_OPEN + BEING_WRITTEN);
    expect(most).toBe(opened);
    await storage.close();
    expect(isOpen.size).toBe(0);
  });
});

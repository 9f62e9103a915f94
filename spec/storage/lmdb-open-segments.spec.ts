/** How many segments are open at a time: each costs file descriptors and a map of its file. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type EnvironmentOptions,
  openLmdbEnvironment,
} from '../../src/storage/lmdb/environment.ts';
import { openLmdbStorage } from '../../src/storage/lmdb/open.ts';
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

  beforeEach(async () => {
    ({ dir, dispose } = await temporaryFolder());
    isOpen = new Set();
    most = 0;
  });
  afterEach(() => dispose());

  function openEnvironment(options: EnvironmentOptions) {
    const environment = openLmdbEnvironment(options);
    if (!/journal.\d+.data\.mdb$/.test(options.file)) return environment;
    isOpen.add(options.file);
    most = Math.max(most, isOpen.size);
    const { close } = environment;
    environment.close = async () => {
      await close.call(environment);
      isOpen.delete(options.file);
    };
    return environment;
  }

  const open = () =>
    openLmdbStorage({
      dir,
      segmentBytes: 256 * 1024,
      maxOpenSegments: MAX_OPEN,
      openEnvironment,
    });

  it('stay few while all that happens is that they are written', async () => {
    const storage = await open();
    for (let end = 0; segmentNumbers(dir).length < SEGMENTS; end += 8) {
      await storage.journal.append(batchOf(stores(1, end, 8, { size: 10_000 }))).durable;
    }
    expect(most).toBeLessThanOrEqual(MAX_OPEN + BEING_WRITTEN);
    await storage.close();
    expect(isOpen.size).toBe(0);
  });
});

/** A disk on which room gets short: who is told, what goes on, and what comes back. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diskFiles } from '../../src/storage/lmdb/files.ts';
import { openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import { VirtualClock } from '../actors/virtual-clock.ts';
import { batchOf, stores, trims } from '../contract/storage-batches.ts';
import { temporaryFolder } from './folders.ts';

const MIB = 1024 * 1024;

describe('a disk with little room', () => {
  let dir: string;
  let dispose: () => Promise<void>;
  let disk: { bytes: number; freeBytes: number };
  let clock: VirtualClock;

  beforeEach(async () => {
    ({ dir, dispose } = await temporaryFolder());
    disk = { bytes: 1024 * MIB, freeBytes: 512 * MIB };
    clock = new VirtualClock(0);
  });
  afterEach(() => dispose());

  const open = () => {
    const files = { ...diskFiles, diskOf: () => ({ ...disk }) };
    return openLmdbStorage({ dir, files, clock, segmentBytes: MIB, reserveBytes: 32 * MIB });
  };
  const pass = (ms: number) => clock.step(clock.monotonicMs() + ms);

  it('is short below what is kept, until there is a quarter more', async () => {
    const storage = await open();
    const seen = [512, 32, 31, 39, 40, 33].map((mib) => {
      disk.freeBytes = mib * MIB;
      pass(1_000);
      return storage.isShort;
    });
    expect(seen).toEqual([false, false, true, true, false, false]);
    await storage.close();
  });

  it('is looked at again by time, and sooner by what is written', async () => {
    const storage = await open();
    expect(storage.isShort).toBe(false);
    disk.freeBytes = 16 * MIB;
    pass(999);
    expect(storage.isShort).toBe(false);
    for (let i = 0; i < 3; i += 1) {
      await storage.journal.append(batchOf(stores(1, i * 10, 10, { size: 100_000 }))).durable;
    }
    expect(storage.isShort).toBe(true);
    await storage.close();
  });

  it('of a small disk only a sixteenth is kept', async () => {
    disk = { bytes: 64 * MIB, freeBytes: 5 * MIB };
    const storage = await open();
    expect(storage.isShort).toBe(false);
    disk.freeBytes = 3 * MIB;
    pass(1_000);
    expect(storage.isShort).toBe(true);
    await storage.close();
  });

  it('takes in nothing at the very end, says so once, and goes on when there is room', async () => {
    let storage = await open();
    await storage.journal.append(batchOf()).durable;
    disk.freeBytes = 4 * MIB - 1;
    pass(1_000);
    const full = { code: 'storage-full', message: `${dir} has 4095 KiB of disk left: free some.` };
    await expect(storage.journal.append(batchOf()).durable).rejects.toMatchObject(full);
    expect(await storage.failed).toMatchObject(full);
    await storage.close();
    disk.freeBytes = 512 * MIB;
    storage = await open();
    const { sequence, durable } = storage.journal.append(batchOf());
    await durable;
    expect(sequence).toBe(2);
    await storage.close();
  });

  it('gives back what is no longer needed, though the newest segment is not full', async () => {
    const storage = await open();
    await storage.journal.append(batchOf(stores(1, 0, 5, { size: 100_000 }))).durable;
    disk.freeBytes = 16 * MIB;
    pass(1_000);
    await storage.journal.append(batchOf(trims(1, 5))).durable;
    await storage.state.checkpoint(storage.journal.lastSequence);
    const segments = () => {
      clock.runSoon();
      return storage.stats().segments;
    };
    await expect.poll(segments).toBe(1);
    expect(storage.stats().journalBytes).toBeLessThan(100_000);
    await storage.close();
  });
});

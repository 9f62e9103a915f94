import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import { MemoryDisk, openMemoryStorage } from '../../src/storage/memory/open.ts';
import { storageContract } from '../contract/storage.ts';
import { batchOf, stores } from '../contract/storage-batches.ts';
import { COLD_CACHE_BYTES } from '../contract/storage-rig.ts';

storageContract('memory', async () => {
  const disk = new MemoryDisk();
  return {
    open: openMemoryStorage(disk),
    openCold: openMemoryStorage(disk, { cacheBytes: COLD_CACHE_BYTES }),
    dispose: async () => {},
  };
});

describe('a memory disk that syncs when told', () => {
  it('loses in a crash what was not synced, and nobody hears of it', async () => {
    const disk = new MemoryDisk({ autoSync: false });
    let storage = await openMemoryStorage(disk)();
    const settled: string[] = [];
    const append = (offset: number, name: string) => {
      const { durable } = storage.journal.append(batchOf(stores(1, offset, 1)));
      durable.then(
        () => settled.push(name),
        () => settled.push(`${name} failed`),
      );
      return durable;
    };
    const first = append(0, 'first');
    append(1, 'second');
    append(2, 'third');
    expect([disk.unsynced, storage.journal.lastSequence]).toEqual([3, 0]);
    disk.sync(1);
    await first;
    void storage.state.save([{ actor: 'a', sequence: 1, state: 1 }]);
    expect(storage.state.load('a')?.state).toBe(1);
    disk.crash();
    await expect(storage.journal.append(batchOf()).durable).rejects.toThrow('closed');

    storage = await openMemoryStorage(disk)();
    expect(storage.journal.lastSequence).toBe(1);
    expect(storage.entries.usage(1).liveEntries).toBe(1);
    expect(storage.state.load('a')).toBeUndefined();
    const again = append(1, 'again');
    disk.sync();
    await again;
    expect(settled).toEqual(['first', 'again']);
  });

  it('that fails refuses everything until it is opened again', async () => {
    const disk = new MemoryDisk({ autoSync: false });
    let storage = await openMemoryStorage(disk)();
    const waiting = storage.journal.append(batchOf(stores(1, 0, 1)));
    disk.fail(new BrokerError('storage-full', 'no space'));
    const later = storage.journal.append(batchOf());
    for (const { durable } of [waiting, later]) {
      await expect(durable).rejects.toMatchObject({ code: 'storage-full' });
    }
    await storage.close();
    storage = await openMemoryStorage(disk)();
    const { durable, sequence } = storage.journal.append(batchOf(stores(1, 0, 1)));
    disk.sync();
    await durable;
    expect(sequence).toBe(1);
  });
});

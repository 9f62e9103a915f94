import { MemoryDisk, openMemoryStorage } from '../../src/storage/memory/open.ts';
import { storageContract } from '../contract/storage.ts';
import { COLD_CACHE_BYTES } from '../contract/storage-rig.ts';

storageContract('memory', async () => {
  const disk = new MemoryDisk();
  return {
    open: openMemoryStorage(disk),
    openCold: openMemoryStorage(disk, { cacheBytes: COLD_CACHE_BYTES }),
    dispose: async () => {},
  };
});

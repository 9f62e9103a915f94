import { MemoryDisk, openMemoryStorage } from '../../src/storage/memory/open.ts';
import { COLD_CACHE_BYTES, storageContract } from '../contract/storage.ts';

storageContract('memory', async () => {
  const disk = new MemoryDisk();
  return {
    open: openMemoryStorage(disk),
    openCold: openMemoryStorage(disk, { cacheBytes: COLD_CACHE_BYTES }),
    dispose: async () => {},
  };
});

import { openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import { storageContract } from '../contract/storage.ts';
import { COLD_CACHE_BYTES } from '../contract/storage-rig.ts';
import { temporaryFolder } from './folders.ts';

storageContract('lmdb', async () => {
  const { dir, dispose } = await temporaryFolder();
  // Small segments: every case goes over several.
  const options = { dir, segmentBytes: 256 * 1024, flushDelayMs: 5 };
  return {
    open: () => openLmdbStorage(options),
    openCold: () => openLmdbStorage({ ...options, cacheBytes: COLD_CACHE_BYTES }),
    dispose,
  };
});

/** Coordinators of transactions belong to the data; whether they work is said at each start. */
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { configWith } from '../../src/base/options.ts';
import { COORDINATORS } from '../../src/base/system-topics.ts';
import { parseTopicName } from '../../src/base/topic-name.ts';
import { furnish, makeCore } from '../../src/core.ts';
import { MemoryDisk, openMemoryStorage } from '../../src/storage/memory/open.ts';

describe('coordinators of transactions', () => {
  it('are found by clients while they are enabled, and as many again later', async () => {
    const openStorage = openMemoryStorage(new MemoryDisk());
    const found = async (transactionCoordinatorEnabled: boolean) => {
      const config = configWith({ transactionCoordinatorEnabled });
      const core = makeCore({ config, clock: systemClock, log: silentLog, openStorage });
      await core.runtime.open();
      await furnish(core.broker, config);
      const name = parseTopicName(COORDINATORS);
      const partitions = await core.broker.partitionsOf(name, { create: true });
      await core.runtime.close();
      return partitions;
    };
    expect([await found(false), await found(true)]).toEqual([0, 16]);
    expect([await found(false), await found(true)]).toEqual([0, 16]);
  });
});

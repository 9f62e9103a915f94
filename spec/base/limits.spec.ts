import { describe, expect, it } from 'vitest';
import { limitsOf } from '../../src/base/limits.ts';
import { configWith } from '../../src/base/options.ts';

describe('the bounds', () => {
  it('are in bytes and counts, whatever unit the option has', () => {
    const limits = limitsOf(
      configWith({ velamqSegmentSizeMB: 2, managedLedgerCacheSizeMB: 3, maxMessageSize: 1000 }),
    );
    expect(limits.maxSegmentBytes).toBe(2 * 1024 * 1024);
    expect(limits.maxLedgerBytesAtAnyAge).toBe(8 * 1024 * 1024);
    expect(limits.maxCacheBytes).toBe(3 * 1024 * 1024);
    expect(limits.maxMessageBytes).toBe(1000);
    expect(limits.maxFrameBytes).toBe(1000 + 10_240);
  });

  it('are infinite where Pulsar writes 0 or -1 for no limit', () => {
    const limits = limitsOf(
      configWith({ maxProducersPerTopic: 0, maxMessagePublishBufferSizeInMB: -1, maxTenants: 4 }),
    );
    expect(limits.maxProducersPerTopic).toBe(Number.POSITIVE_INFINITY);
    expect(limits.maxPublishBufferBytes).toBe(Number.POSITIVE_INFINITY);
    expect(limits.maxTenants).toBe(4);
  });

  it('are all positive by default, and memory has a bound', () => {
    const { tenancy, ...limits } = limitsOf(configWith());
    const all = Object.entries({ ...limits, ...tenancy });
    for (const [name, limit] of all) expect(limit, name).toBeGreaterThan(0);
    const { maxPublishBufferBytes, maxCacheBytes, maxMailboxCommands } = limits;
    expect(Number.isFinite(maxPublishBufferBytes + maxCacheBytes + maxMailboxCommands)).toBe(true);
  });
});

import fc from 'fast-check';
import { describe, it } from 'vitest';
import { quiet, troubled } from './dispatch-actions.ts';
import { run, type Setting } from './dispatch-run.ts';
import { runs } from './runs.ts';

/** How the broker is set up; small numbers, so that every bound is met. */
const options = fc.record({
  cacheBytes: fc.constantFrom(0, 200, 2 ** 20),
  segmentRecords: fc.constantFrom(1, 1_000),
  limits: fc.record({
    maxCommandsPerStep: fc.constantFrom(1, 3, 10_000),
    maxInFlight: fc.constantFrom(1, 4),
    maxBatchEvents: fc.constantFrom(1, 100),
    checkpointIntervalMs: fc.constantFrom(500, 10_000),
  }),
  topic: fc.record({ maxEntriesPerLedger: fc.constantFrom(2, 7, 1_000) }),
  policies: fc.record({
    maxUnackedPerConsumer: fc.constantFrom(4, 50_000),
    maxUnackedPerSubscription: fc.constantFrom(6, 200_000),
  }),
  subscription: fc.record({
    roundRobinEntries: fc.constantFrom(1, 3, 20),
    maxReadEntries: fc.constantFrom(1, 3, 100),
    maxReplay: fc.constantFrom(2, 4_000),
    ringPoints: fc.constantFrom(0, 10),
  }),
});

const cases: readonly (readonly [string, Omit<Setting, 'options'>])[] = [
  ['exclusive', { type: 'Exclusive', allowOutOfOrder: false }],
  ['failover', { type: 'Failover', allowOutOfOrder: false }],
  ['shared', { type: 'Shared', allowOutOfOrder: false }],
  ['key_shared', { type: 'Key_Shared', allowOutOfOrder: false }],
  ['sticky key_shared', { type: 'Key_Shared', allowOutOfOrder: false, isSticky: true }],
  ['disorderly key_shared', { type: 'Key_Shared', allowOutOfOrder: true }],
];

describe('dispatch keeps its promises whatever happens', () => {
  it.each(cases)('on %s subscriptions', async (_, setting) => {
    await fc.assert(
      fc.asyncProperty(options, quiet, (each, story) => run({ ...setting, options: each }, story)),
      runs(100),
    );
  });

  it.each(cases)('on %s subscriptions in trouble', async (_, setting) => {
    await fc.assert(
      fc.asyncProperty(options, troubled, (each, story) =>
        run({ ...setting, options: each }, story),
      ),
      runs(100),
    );
  });
});

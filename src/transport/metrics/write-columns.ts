/**
 * What is measured of writes, by topic or by namespace, under the names of Pulsar's topics, and by
 * namespace once more under those of its managed ledgers. Buckets are gauges, each of a name of its
 * own, and not cumulative.
 */
import {
  ENTRY_SIZE_BOUNDS,
  WRITE_LATENCY_BOUNDS_US,
  type WriteGauges,
} from '../../actors/gauges.ts';
import type { CompactionView } from '../../actors/views.ts';
import { addCounts, noCounts, PERIOD_MS, type PeriodCounts } from '../../base/period-histogram.ts';
import { gaugeBy, gauges, type Metric } from './metric.ts';

/** Of the last minute that is over. */
export interface WriteFacts {
  readonly latency: PeriodCounts;
  readonly journalLatency: PeriodCounts;
  readonly sizes: PeriodCounts;
}

/** Of a namespace's topics together. */
export class WriteSums implements WriteFacts {
  readonly latency = noCounts(WRITE_LATENCY_BOUNDS_US);
  readonly journalLatency = noCounts(WRITE_LATENCY_BOUNDS_US);
  readonly sizes = noCounts(ENTRY_SIZE_BOUNDS);
  backlog = 0;
  storedBytes = 0;

  add({ latency, journalLatency, sizes }: WriteFacts): void {
    addCounts(this.latency, latency);
    addCounts(this.journalLatency, journalLatency);
    addCounts(this.sizes, sizes);
  }
}

export function writeFacts(writes: WriteGauges, nowMs: number): WriteFacts {
  return {
    latency: writes.latency(nowMs),
    journalLatency: writes.journalLatency(nowMs),
    sizes: writes.sizes(nowMs),
  };
}

type Counts<Facts> = (facts: Facts) => PeriodCounts;

const LATENCY_NAMES = ['0_5', '1', '5', '10', '20', '50', '100', '200', '1000'];
const SIZE_NAMES = ['128', '512', '1_kb', '2_kb', '4_kb', '16_kb', '100_kb', '1_mb'];

/** Only of topics that were published to. Sums of latencies are of microseconds. */
export const WRITE_METRICS: readonly Metric<WriteFacts>[] = [
  ...buckets<WriteFacts>(
    'pulsar_storage_write_latency',
    LATENCY_NAMES,
    'overflow',
    (of) => of.latency,
  ),
  ...buckets<WriteFacts>(
    'pulsar_storage_ledger_write_latency',
    LATENCY_NAMES,
    'overflow',
    (of) => of.journalLatency,
  ),
  ...buckets<WriteFacts>('pulsar_entry_size', SIZE_NAMES, 'le_overflow', (of) => of.sizes),
];

/** How long a compaction's blocks took until they were durable, for each entry of them. */
export const COMPACTION_WRITE_METRICS: readonly Metric<CompactionView>[] = buckets(
  'pulsar_compaction_latency',
  LATENCY_NAMES,
  'overflow',
  ({ writeLatency }) => writeLatency,
);

function buckets<Facts>(
  name: string,
  bounds: readonly string[],
  overflow: string,
  counts: Counts<Facts>,
): Metric<Facts>[] {
  const names = [...bounds.map((bound) => `${name}_le_${bound}`), `${name}_${overflow}`];
  return [
    ...names.flatMap((each, at) => gauges<Facts>({ [each]: (facts) => counts(facts)[at]! })),
    ...gauges<Facts>({
      [`${name}_count`]: (facts) => countOf(counts(facts)),
      [`${name}_sum`]: (facts) => sumOf(counts(facts)),
    }),
  ];
}

const LATENCY_BOUNDS_MS = WRITE_LATENCY_BOUNDS_US.map((us) => us / 1_000);
const SECONDS = PERIOD_MS / 1_000;

/** By namespace: what was counted in the last minute that is over, a second. */
export const LEDGER_METRICS: readonly Metric<WriteSums>[] = [
  ...gauges<WriteSums>({
    pulsar_ml_AddEntryBytesRate: ({ sizes }) => sumOf(sizes) / SECONDS,
    // There is one copy of each.
    pulsar_ml_AddEntryWithReplicasBytesRate: ({ sizes }) => sumOf(sizes) / SECONDS,
    pulsar_ml_AddEntryMessagesRate: ({ sizes }) => countOf(sizes) / SECONDS,
    pulsar_ml_AddEntrySucceed: ({ latency }) => countOf(latency),
    pulsar_ml_NumberOfMessagesInBacklog: ({ backlog }) => backlog,
    pulsar_ml_StoredMessagesSize: ({ storedBytes }) => storedBytes,
  }),
  ...ranges('pulsar_ml_AddEntryLatencyBuckets', LATENCY_BOUNDS_MS, (of) => of.latency),
  ...ranges('pulsar_ml_LedgerAddEntryLatencyBuckets', LATENCY_BOUNDS_MS, (of) => of.journalLatency),
  ...ranges('pulsar_ml_EntrySizeBuckets', ENTRY_SIZE_BOUNDS, (of) => of.sizes),
];

function ranges(
  name: string,
  bounds: readonly number[],
  counts: Counts<WriteFacts>,
): Metric<WriteSums>[] {
  const reads = bounds.map((bound, at) => {
    const range = `${(bounds[at - 1] ?? 0).toFixed(1)}_${bound.toFixed(1)}`;
    return [range, (facts: WriteSums) => counts(facts)[at]! / SECONDS] as const;
  });
  const overflow = (facts: WriteSums) => counts(facts)[bounds.length]! / SECONDS;
  return [
    gaugeBy(name, 'quantile', Object.fromEntries(reads)),
    ...gauges<WriteSums>({ [`${name}_OVERFLOW`]: overflow }),
  ];
}

function sumOf(counts: PeriodCounts): number {
  return counts[counts.length - 1]!;
}

function countOf(counts: PeriodCounts): number {
  let count = 0;
  for (let i = 0; i < counts.length - 1; i += 1) count += counts[i]!;
  return count;
}

/** What a coordinator has done since the process started, for metrics. */
import type { CoordinatorEvent } from './events.ts';
import type { Transaction } from './state.ts';

/** Upper bounds of how long transactions have taken, in ms; beyond the last one: overflow. */
export const LATENCY_BOUNDS_MS: readonly number[] = [
  10, 20, 50, 100, 500, 1_000, 5_000, 15_000, 30_000, 60_000, 300_000, 1_500_000, 3_000_000,
];

export interface CoordinatorCounts {
  created: number;
  committed: number;
  aborted: number;
  /** Of these, those that nobody ended in time. */
  timedOut: number;
  /** Events for the journal. */
  appended: number;
  /** By `LATENCY_BOUNDS_MS`, each transaction once; committed ones, as Pulsar counts. */
  readonly latencies: number[];
}

export function noCounts(): CoordinatorCounts {
  return {
    created: 0,
    committed: 0,
    aborted: 0,
    timedOut: 0,
    appended: 0,
    latencies: Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0),
  };
}

/** Counts an event about a transaction, before it is folded; undefined: it is the first. */
export function count(
  counts: CoordinatorCounts,
  event: CoordinatorEvent,
  transaction: Transaction | undefined,
): void {
  switch (event.type) {
    case 'begun':
      counts.created += 1;
      break;
    case 'joined':
    case 'ending':
      break;
    case 'ended':
      if (transaction === undefined) break;
      if (transaction.status === 'committing') {
        counts.committed += 1;
        const tookMs = event.data.atMs - transaction.openedAtMs;
        const bucket = LATENCY_BOUNDS_MS.findIndex((boundMs) => tookMs <= boundMs);
        counts.latencies[bucket < 0 ? LATENCY_BOUNDS_MS.length : bucket]! += 1;
      } else counts.aborted += 1;
      break;
    case 'abort-waits':
      if (event.data.isTimeout) counts.timedOut += 1;
      return;
    default:
      return;
  }
  counts.appended += 1;
}

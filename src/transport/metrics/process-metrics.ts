/** What is measured of the process, under the names that Prometheus' clients share. */
import { readdir } from 'node:fs/promises';
import { PerformanceObserver, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Clock } from '../../base/clock.ts';
import { counters, gauges, label, type Metric } from './metric.ts';
import { type Rows, Table } from './table.ts';

/** What a scrape asks the process for, once. */
interface ProcessFacts {
  readonly startedAtMs: number;
  readonly memory: NodeJS.MemoryUsage;
  readonly heapLimitBytes: number;
  /** Undefined where the system does not say. */
  readonly openFiles: number | undefined;
  readonly cpu: NodeJS.CpuUsage;
  readonly loop: { readonly active: number; readonly idle: number };
}

/** Collections of garbage since they are watched. */
interface Collections {
  count: number;
  totalMs: number;
  maxMs: number;
}

/** Of this process, by kind, since the first scrape. */
let collections: Map<string, Collections> | undefined;

function watchedCollections(): ReadonlyMap<string, Collections> {
  if (collections !== undefined) return collections;
  const found = new Map<string, Collections>();
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { detail } = entry as { readonly detail?: { readonly kind: number } };
      const kind = KINDS[detail?.kind ?? 0] ?? 'other';
      const known = found.get(kind) ?? { count: 0, totalMs: 0, maxMs: 0 };
      known.count += 1;
      known.totalMs += entry.duration;
      known.maxMs = Math.max(known.maxMs, entry.duration);
      found.set(kind, known);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  collections = found;
  return found;
}

/** Reads the process now. */
export async function processRows(
  clusterName: string,
  clock: Pick<Clock, 'nowMs'>,
): Promise<readonly Rows[]> {
  const cluster = label('cluster', clusterName);
  const files = await readdir('/proc/self/fd').catch(() => undefined);
  const facts = {
    startedAtMs: clock.nowMs() - process.uptime() * 1_000,
    memory: process.memoryUsage(),
    heapLimitBytes: getHeapStatistics().heap_size_limit,
    openFiles: files?.length,
    cpu: process.cpuUsage(),
    loop: performance.eventLoopUtilization(),
  };
  const always = new Table<ProcessFacts>(PROCESS_METRICS);
  always.add(cluster, facts);
  const ofFiles = new Table<ProcessFacts>(FILE_METRICS);
  if (facts.openFiles !== undefined) ofFiles.add(cluster, facts);
  const ofKinds = new Table<Collections>(COLLECTION_METRICS);
  for (const [kind, one] of watchedCollections()) {
    ofKinds.add(`${cluster},${label('kind', kind)}`, one);
  }
  return [always, ofFiles, ofKinds];
}

/** What this process uses of its machine. Memory outside of the heap is bounded by no one limit. */
export function resourceUse() {
  const { heapUsed, external } = process.memoryUsage();
  return {
    heapBytes: heapUsed,
    heapLimitBytes: getHeapStatistics().heap_size_limit,
    externalBytes: external,
    upMs: process.uptime() * 1_000,
  };
}

/** How much of the heap that there may be is used, in percent. */
export function heapPercent(): number {
  return (100 * process.memoryUsage().heapUsed) / getHeapStatistics().heap_size_limit;
}

/** By the numbers of `NODE_PERFORMANCE_GC_*`. */
const KINDS: Readonly<Record<number, string>> = {
  1: 'minor',
  4: 'major',
  8: 'incremental',
  16: 'weakcb',
};

const PROCESS_METRICS: readonly Metric<ProcessFacts>[] = [
  ...gauges<ProcessFacts>({
    process_start_time_seconds: ({ startedAtMs }) => Math.round(startedAtMs / 1_000),
    process_resident_memory_bytes: ({ memory }) => memory.rss,
    nodejs_heap_size_total_bytes: ({ memory }) => memory.heapTotal,
    nodejs_heap_size_used_bytes: ({ memory }) => memory.heapUsed,
    nodejs_heap_size_limit_bytes: ({ heapLimitBytes }) => heapLimitBytes,
    nodejs_external_memory_bytes: ({ memory }) => memory.external,
    nodejs_array_buffers_bytes: ({ memory }) => memory.arrayBuffers,
  }),
  ...counters<ProcessFacts>({
    process_cpu_seconds_total: ({ cpu }) => (cpu.user + cpu.system) / 1e6,
    nodejs_eventloop_active_seconds_total: ({ loop }) => loop.active / 1_000,
    nodejs_eventloop_idle_seconds_total: ({ loop }) => loop.idle / 1_000,
  }),
];

const FILE_METRICS = gauges<ProcessFacts>({
  process_open_fds: ({ openFiles }) => openFiles ?? 0,
});

const COLLECTION_METRICS: readonly Metric<Collections>[] = [
  {
    name: 'nodejs_gc_duration_seconds',
    type: 'summary',
    samples: [
      { suffix: '_sum', labels: '', read: ({ totalMs }) => totalMs / 1_000 },
      { suffix: '_count', labels: '', read: ({ count }) => count },
    ],
  },
  ...gauges<Collections>({ nodejs_gc_longest_seconds: ({ maxMs }) => maxMs / 1_000 }),
];

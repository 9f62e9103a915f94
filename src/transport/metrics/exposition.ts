/**
 * `/metrics`: everything in Prometheus' text form 0.0.4. A broker may have 100,000 loaded topics,
 * so reading and writing them both go on in short slices, and no faster than the scraper reads.
 */
import type { Broker } from '../../actors/broker.ts';
import type { Clock } from '../../base/clock.ts';
import type { BrokerConfig } from '../../base/options.ts';
import { inSlices, pacer } from '../../base/slices.ts';
import type { StorageStats } from '../../storage/storage.ts';
import { brokerTables, type ConnectionCounts } from './broker-metrics.ts';
import { coordinatorTable } from './coordinator-metrics.ts';
import type { RateSource } from './rates.ts';
import { SampleText } from './sample-text.ts';
import type { Samples } from './table.ts';
import { TopicMetrics } from './topic-metrics.ts';

export interface MetricSources {
  readonly broker: Broker;
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly rates: RateSource;
  readonly version: string;
  readonly storageStats: () => StorageStats;
  readonly connections: () => ConnectionCounts;
}

/** Where the text goes: an HTTP response. */
export interface ByteSink {
  readonly destroyed: boolean;
  /** False when the receiver should be waited for. */
  write(bytes: Buffer): boolean;
  end(bytes: Buffer): void;
  once(event: 'drain' | 'close', listener: () => void): void;
  off(event: 'drain' | 'close', listener: () => void): void;
}

/** Writes all metrics and ends the sink; stops early when its receiver is gone. */
export async function writeMetrics(sources: MetricSources, sink: ByteSink): Promise<void> {
  const { broker, clock } = sources;
  const topics = new TopicMetrics(sources);
  await inSlices(clock, broker.loadedTopics(), (full) => topics.take(full));
  const tables: readonly Samples[] = [
    ...brokerTables({
      ...sources,
      total: topics.total(),
      runtime: broker.runtimeStats(),
      storage: sources.storageStats(),
      connections: sources.connections(),
    }),
    ...topics.tables(),
    coordinatorTable(broker, sources.config.clusterName),
  ];
  const text = new SampleText();
  const pace = pacer(clock);
  for (const table of tables.filter(({ rows }) => rows > 0)) {
    for (const [column, [name, type]] of Object.entries(table.columns).entries()) {
      text.type(name, type);
      const opening = Buffer.from(`${name}{`);
      for (let row = 0; row < table.rows; row += 1) {
        text.sample(opening, table, row, column);
        if (!pace.isOver()) continue;
        if (!(await handOver(sink, text))) return;
        await pace.pause();
      }
    }
  }
  if (await handOver(sink, text)) sink.end(text.rest());
}

/** Writes what is filled, as fast as the receiver takes it; false when the receiver is gone. */
async function handOver(sink: ByteSink, text: SampleText): Promise<boolean> {
  for (let piece = text.next(); piece !== undefined; piece = text.next()) {
    if (sink.destroyed) return false;
    if (!sink.write(piece)) await drained(sink);
  }
  return !sink.destroyed;
}

function drained(sink: ByteSink): Promise<void> {
  return new Promise<void>((resume) => {
    const go = (): void => {
      sink.off('drain', go);
      sink.off('close', go);
      resume();
    };
    sink.once('drain', go);
    sink.once('close', go);
  });
}

/**
 * `/metrics`: everything in Prometheus' text form 0.0.4. A broker may have 100,000 loaded topics, so
 * reading them and writing them both go on in short slices, and no faster than the scraper reads.
 */
import type { Broker } from '../../actors/broker.ts';
import type { Clock } from '../../base/clock.ts';
import type { BrokerConfig } from '../../base/options.ts';
import type { StorageStats } from '../../storage/storage.ts';
import { brokerTables, type ConnectionCounts } from './broker-metrics.ts';
import type { RateSampler } from './rates.ts';
import { inSlices, pacer } from './slices.ts';
import type { Columns, Table } from './table.ts';
import { TopicMetrics } from './topic-metrics.ts';

export interface MetricSources {
  readonly broker: Broker;
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly rates: RateSampler;
  readonly version: string;
  readonly storageStats: () => StorageStats;
  readonly connections: () => ConnectionCounts;
}

/** Where the text goes: an HTTP response. */
export interface TextSink {
  readonly destroyed: boolean;
  /** False when the receiver should be waited for. */
  write(text: string): boolean;
  end(): void;
  once(event: 'drain' | 'close', listener: () => void): void;
  off(event: 'drain' | 'close', listener: () => void): void;
}

/** Text is handed over in pieces of about this many characters. */
const PIECE_LENGTH = 65_536;

/** Writes all metrics and ends the sink; stops early when its receiver is gone. */
export async function writeMetrics(sources: MetricSources, sink: TextSink): Promise<void> {
  const { broker, clock } = sources;
  const topics = new TopicMetrics(sources);
  await inSlices(clock, broker.loadedTopics(), (full) => topics.take(full));
  const tables: readonly Table<Columns>[] = [
    ...brokerTables({
      ...sources,
      total: topics.total(),
      runtime: broker.runtimeStats(),
      storage: sources.storageStats(),
      connections: sources.connections(),
    }),
    ...topics.tables(),
  ];
  let piece = '';
  const pace = pacer(clock);
  for (const line of linesOf(tables)) {
    piece += line;
    if (piece.length >= PIECE_LENGTH) {
      await handOver(sink, piece);
      piece = '';
    }
    if (sink.destroyed) return;
    if (pace.isOver()) await pace.pause();
  }
  await handOver(sink, piece);
  sink.end();
}

function* linesOf(tables: readonly Table<Columns>[]): Iterable<string> {
  for (const { columns, labels, column } of tables.map(readable)) {
    if (labels.length === 0) continue;
    for (const [name, type] of Object.entries(columns)) {
      yield `# TYPE ${name} ${type}\n`;
      const values = column(name);
      for (let row = 0; row < labels.length; row += 1) {
        yield `${name}{${labels[row]}} ${number(values[row] ?? 0)}\n`;
      }
    }
  }
}

function readable(table: Table<Columns>) {
  const { columns, labels } = table;
  return { columns, labels, column: (name: string) => table.column(name) };
}

/** Whole numbers as they are, others with three decimals, as Pulsar writes them. */
function number(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(3);
}

async function handOver(sink: TextSink, text: string): Promise<void> {
  if (sink.destroyed || sink.write(text)) return;
  await new Promise<void>((resume) => {
    const go = (): void => {
      sink.off('drain', go);
      sink.off('close', go);
      resume();
    };
    sink.once('drain', go);
    sink.once('close', go);
  });
}

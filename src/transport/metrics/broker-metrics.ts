/** What is measured of the broker as a whole, its storage, its connections and its process. */
import type { RuntimeStats } from '../../actors/broker.ts';
import type { Clock } from '../../base/clock.ts';
import type { BrokerConfig } from '../../base/options.ts';
import type { StorageStats } from '../../storage/storage.ts';
import { label, type Samples, Table } from './table.ts';
import type { TopicValues } from './topic-columns.ts';

/** Connections of the binary protocol, counted since the start. */
export interface ConnectionCounts {
  readonly active: number;
  /** Accepted, whatever became of them. */
  readonly created: number;
  /** Those that said CONNECT and were answered. */
  readonly succeeded: number;
  readonly closed: number;
  /** Refused, or gone before they said CONNECT. */
  readonly failed: number;
}

export interface BrokerFacts {
  readonly config: BrokerConfig;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly version: string;
  readonly total: TopicValues & { readonly topics: number };
  readonly runtime: RuntimeStats;
  readonly storage: StorageStats;
  readonly connections: ConnectionCounts;
}

/** Tables of one row each. */
export function brokerTables(facts: BrokerFacts): readonly Samples[] {
  const { config, version } = facts;
  const cluster = label('cluster', config.clusterName);
  const connection = `${cluster},${label('broker', config.advertisedAddress)}`;
  return [
    row(`${cluster},${label('version', version)}`, { pulsar_version_info: 1 }),
    row(cluster, topicTotals(facts)),
    row(`${connection},metric="broker_connection"`, {
      pulsar_active_connections: facts.connections.active,
      pulsar_connection_created_total_count: facts.connections.created,
      pulsar_connection_create_success_count: facts.connections.succeeded,
      pulsar_connection_create_fail_count: facts.connections.failed,
      pulsar_connection_closed_total_count: facts.connections.closed,
    }),
    row(`${connection},metric="broker_health"`, {
      pulsar_health: Number(facts.runtime.state === 'open'),
    }),
    row(cluster, storageGauges(facts)),
    row(cluster, storageCounters(facts), 'counter'),
    row(cluster, processGauges(facts)),
    row(cluster, { process_cpu_seconds_total: cpuSeconds() }, 'counter'),
  ];
}

function row(labels: string, values: Readonly<Record<string, number>>, type = 'gauge' as Type) {
  const table = new Table(Object.fromEntries(Object.keys(values).map((name) => [name, type])));
  table.add(labels, values);
  return table;
}

type Type = 'gauge' | 'counter';

function topicTotals({ total }: BrokerFacts) {
  return {
    pulsar_broker_topics_count: total.topics,
    pulsar_broker_subscriptions_count: total.pulsar_subscriptions_count,
    pulsar_broker_producers_count: total.pulsar_producers_count,
    pulsar_broker_consumers_count: total.pulsar_consumers_count,
    pulsar_broker_rate_in: total.pulsar_rate_in,
    pulsar_broker_rate_out: total.pulsar_rate_out,
    pulsar_broker_throughput_in: total.pulsar_throughput_in,
    pulsar_broker_throughput_out: total.pulsar_throughput_out,
    pulsar_broker_msg_backlog: total.pulsar_msg_backlog,
    pulsar_broker_storage_size: total.pulsar_storage_size,
    pulsar_broker_storage_logical_size: total.pulsar_storage_logical_size,
    pulsar_broker_storage_write_rate: total.pulsar_storage_write_rate,
  };
}

function storageGauges({ storage, runtime }: BrokerFacts) {
  return {
    pulsar_ml_cache_used_size: storage.cachedBytes,
    velamq_journal_segments: storage.segments,
    velamq_journal_bytes: storage.journalBytes,
    velamq_journal_live_bytes: storage.liveBytes,
    velamq_journal_spare_bytes: storage.spareBytes,
    velamq_storage_short: Number(storage.isShort),
    velamq_journal_pending_bytes: runtime.pendingBytes,
    velamq_actors: runtime.actors,
  };
}

function storageCounters({ storage, runtime }: BrokerFacts) {
  return {
    velamq_cache_hits_total: storage.cacheHits,
    velamq_cache_misses_total: storage.cacheMisses,
    velamq_journal_records_total: runtime.journalSequence,
    velamq_steps_total: runtime.steps,
    velamq_batches_total: runtime.batches,
  };
}

/** The names that Prometheus clients share. */
function processGauges({ clock }: BrokerFacts) {
  const { rss, heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage();
  return {
    process_start_time_seconds: Math.round(clock.nowMs() / 1000 - process.uptime()),
    process_resident_memory_bytes: rss,
    nodejs_heap_size_total_bytes: heapTotal,
    nodejs_heap_size_used_bytes: heapUsed,
    nodejs_external_memory_bytes: external,
    nodejs_array_buffers_bytes: arrayBuffers,
  };
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

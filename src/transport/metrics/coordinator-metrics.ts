/** What is measured of the coordinators of transactions, under Pulsar's names. */
import type { Broker } from '../../actors/broker.ts';
import { LATENCY_BOUNDS_MS } from '../../actors/transaction/counts.ts';
import type { CoordinatorExposed } from '../../actors/txn-standing.ts';
import { gauges, label } from './metric.ts';
import { type Rows, Table } from './table.ts';

/** Not cumulative, as Pulsar's are not. */
const LATENCIES = [...LATENCY_BOUNDS_MS, 'overflow'].map((bound, at) => {
  const read = ({ counts }: CoordinatorExposed) => counts.latencies[at] ?? 0;
  return [`pulsar_txn_execution_latency_le_${bound}`, read] as const;
});

const METRICS = gauges<CoordinatorExposed>({
  pulsar_txn_active_count: ({ transactions }) => transactions.size,
  pulsar_txn_created_total: ({ counts }) => counts.created,
  pulsar_txn_committed_total: ({ counts }) => counts.committed,
  pulsar_txn_aborted_total: ({ counts }) => counts.aborted,
  pulsar_txn_timeout_total: ({ counts }) => counts.timedOut,
  pulsar_txn_append_log_total: ({ counts }) => counts.appended,
  ...Object.fromEntries(LATENCIES),
});

/** A row for each coordinator; none where there are no transactions. */
export function coordinatorRows(
  { transactions }: Pick<Broker, 'transactions'>,
  clusterName: string,
): Rows {
  const table = new Table(METRICS);
  for (let id = 0; id < transactions.coordinators; id++) {
    const labels = `${label('cluster', clusterName)},${label('coordinator_id', String(id))}`;
    table.add(labels, transactions.view(id));
  }
  return table;
}

/** What is measured of the coordinators of transactions, under Pulsar's names. */
import type { Broker } from '../../actors/broker.ts';
import { LATENCY_BOUNDS_MS } from '../../actors/transaction/counts.ts';
import { label, type Samples, Table } from './table.ts';

/** Not cumulative, as Pulsar's are not. */
const LATENCY_NAMES = [...LATENCY_BOUNDS_MS, 'overflow'].map(
  (bound) => `pulsar_txn_execution_latency_le_${bound}`,
);

const COLUMNS = {
  pulsar_txn_active_count: 'gauge',
  pulsar_txn_created_total: 'gauge',
  pulsar_txn_committed_total: 'gauge',
  pulsar_txn_aborted_total: 'gauge',
  pulsar_txn_timeout_total: 'gauge',
  pulsar_txn_append_log_total: 'gauge',
  ...Object.fromEntries(LATENCY_NAMES.map((name) => [name, 'gauge' as const])),
} as const;

/** A row for each coordinator; none where there are no transactions. */
export function coordinatorTable(
  { transactions }: Pick<Broker, 'transactions'>,
  clusterName: string,
): Samples {
  const table = new Table(COLUMNS);
  for (let id = 0; id < transactions.coordinators; id++) {
    const { counts, transactions: open } = transactions.view(id);
    table.add(`${label('cluster', clusterName)},${label('coordinator_id', String(id))}`, {
      pulsar_txn_active_count: open.size,
      pulsar_txn_created_total: counts.created,
      pulsar_txn_committed_total: counts.committed,
      pulsar_txn_aborted_total: counts.aborted,
      pulsar_txn_timeout_total: counts.timedOut,
      pulsar_txn_append_log_total: counts.appended,
      ...Object.fromEntries(LATENCY_NAMES.map((name, at) => [name, counts.latencies[at] ?? 0])),
    });
  }
  return table;
}

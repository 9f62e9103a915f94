/** What is measured of schemas, by namespace, under Pulsar's names. */
import type {
  NamespaceSchemaCounts,
  SchemaCounts,
  SchemaOperation,
} from '../../actors/schema/counts.ts';
import { counters, label, type Metric } from './metric.ts';
import { summary } from './quantiles.ts';
import { type Rows, Table } from './table.ts';

const QUANTILES = [0.5, 0.75, 0.95, 0.99, 0.999, 0.9999, 1];

const METRICS: readonly Metric<NamespaceSchemaCounts>[] = [
  ...(['get', 'put', 'del'] as const).flatMap((operation) => metricsOf(operation)),
  ...counters<NamespaceSchemaCounts>({
    pulsar_schema_compatible_total: ({ compatible }) => compatible,
    pulsar_schema_incompatible_total: ({ incompatible }) => incompatible,
  }),
];

function metricsOf(operation: SchemaOperation): Metric<NamespaceSchemaCounts>[] {
  const name = `pulsar_schema_${operation}_ops`;
  return [
    summary(`${name}_latency`, QUANTILES, ({ latencies }) => latencies[operation]),
    ...counters<NamespaceSchemaCounts>({
      [`${name}_failed_total`]: ({ failed }) => failed[operation],
    }),
  ];
}

export function schemaRows({ namespaces }: SchemaCounts, clusterName: string): Rows {
  const table = new Table(METRICS);
  for (const [namespace, counts] of namespaces) {
    table.add(`${label('cluster', clusterName)},${label('namespace', namespace)}`, counts);
  }
  return table;
}

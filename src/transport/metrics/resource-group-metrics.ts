/** What is measured of resource groups, under Pulsar's names. */
import type { Broker } from '../../actors/broker.ts';
import type { Traffic } from '../../actors/views.ts';
import { label, type Metric } from './metric.ts';
import { type Rows, Table } from './table.ts';

const METRICS: readonly Metric<Traffic>[] = [
  counter('pulsar_resource_group_messages_used', ({ messages }) => messages),
  counter('pulsar_resource_group_bytes_used', ({ bytes }) => bytes),
];

/** Pulsar's are named without the end that their samples have. */
function counter(name: string, read: (traffic: Traffic) => number): Metric<Traffic> {
  return { name, type: 'counter', samples: [{ suffix: '_total', labels: '', read }] };
}

/** Two rows for each group: what was published, and what was dispatched, since the start. */
export function resourceGroupRows(
  { resourceGroups }: Pick<Broker, 'resourceGroups'>,
  clusterName: string,
): Rows {
  const table = new Table(METRICS);
  for (const name of resourceGroups.list()) {
    const labels = `${label('cluster', clusterName)},${label('ResourceGroup', name)}`;
    const add = (kind: string, used: Traffic) =>
      table.add(`${labels},${label('MonitoringClass', kind)}`, used);
    add('Publish', resourceGroups.sent(name));
    add('Dispatch', resourceGroups.get(name)?.dispatched ?? { messages: 0, bytes: 0 });
  }
  return table;
}

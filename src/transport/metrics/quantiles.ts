/** Latencies as a summary: quantiles over the last minutes, count and sum since the start. */
import type { Latencies } from '../../base/latencies.ts';
import type { Metric } from './metric.ts';

/** In milliseconds. `quantiles` are written with a decimal, as Pulsar does. */
export function summary<Facts>(
  name: string,
  quantiles: readonly number[],
  latencies: (facts: Facts) => Latencies,
): Metric<Facts> {
  const samples = quantiles.map((quantile) => {
    const text = Number.isInteger(quantile) ? quantile.toFixed(1) : String(quantile);
    const read = (facts: Facts) => latencies(facts).quantile(quantile);
    return { suffix: '', labels: `,quantile="${text}"`, read };
  });
  return {
    name,
    type: 'summary',
    samples: [
      ...samples,
      { suffix: '_count', labels: '', read: (facts) => latencies(facts).count },
      { suffix: '_sum', labels: '', read: (facts) => latencies(facts).sumMs },
    ],
  };
}

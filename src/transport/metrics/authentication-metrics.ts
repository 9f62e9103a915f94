/** What is measured of authentication, under Pulsar's names; nothing where nobody has to prove. */
import {
  type AuthenticationCounts,
  EXPIRY_BOUNDS_MINUTES,
  type ProviderCounts,
} from '../auth/counts.ts';
import { counters, label, type Metric } from './metric.ts';
import { type Rows, Table } from './table.ts';

const SUCCESSES = counters<ProviderCounts>({
  pulsar_authentication_success_total: ({ succeeded }) => succeeded,
});

const FAILURES = counters<{ readonly times: number }>({
  pulsar_authentication_failures_total: ({ times }) => times,
});

const TOKENS: readonly Metric<AuthenticationCounts>[] = [
  ...counters<AuthenticationCounts>({ pulsar_expired_token_total: ({ expired }) => expired }),
  {
    name: 'pulsar_expiring_token_minutes',
    type: 'histogram',
    samples: [
      ...[...EXPIRY_BOUNDS_MINUTES.map((bound) => bound.toFixed(1)), '+Inf'].map((bound, at) => {
        const labels = `,le="${bound}"`;
        const read = ({ expiring }: AuthenticationCounts) => upTo(expiring, at);
        return { suffix: '_bucket', labels, read };
      }),
      { suffix: '_count', labels: '', read: ({ expiring }) => upTo(expiring, expiring.length) },
      { suffix: '_sum', labels: '', read: ({ expiringMinutes }) => expiringMinutes },
    ],
  },
];

function upTo(counts: readonly number[], bucket: number): number {
  return counts.slice(0, bucket + 1).reduce((sum, count) => sum + count, 0);
}

export function authenticationRows(
  counts: AuthenticationCounts | undefined,
  clusterName: string,
): readonly Rows[] {
  if (counts === undefined) return [];
  const cluster = label('cluster', clusterName);
  const successes = new Table(SUCCESSES);
  const failures = new Table(FAILURES);
  for (const one of counts.providers) {
    const { name, method } = one.provider;
    const labels = `${cluster},${label('provider_name', name)},${label('auth_method', method)}`;
    successes.add(labels, one);
    for (const [reason, times] of one.failed) {
      failures.add(`${labels},${label('reason', reason)}`, { times });
    }
  }
  const tokens = new Table(TOKENS);
  tokens.add(cluster, counts);
  return [successes, failures, tokens];
}

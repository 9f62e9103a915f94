/** What `velamq admin` can be asked about. */
import type { Verb } from './table.ts';

export interface Noun {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly help: string;
  readonly load: () => Promise<readonly string[]>;
  /** Of what this broker does not have: any verb asks here, and shows why not. */
  readonly asks?: string;
}

export const NOUNS: readonly Noun[] = [
  noun('clusters', 'Operations about clusters', async () => [
    (await import('./tables/clusters.ts')).clusters,
  ]),
  noun('brokers', 'Operations about brokers', async () => [
    (await import('./tables/brokers.ts')).brokers,
  ]),
  noun('broker-stats', 'Operations to collect broker statistics', async () => [
    (await import('./tables/brokers.ts')).brokerStats,
  ]),
  noun('tenants', 'Operations about tenants', async () => [
    (await import('./tables/clusters.ts')).tenants,
  ]),
  noun('resourcegroups', 'Operations about ResourceGroups', async () => [
    (await import('./tables/clusters.ts')).resourcegroups,
  ]),
  noun('resource-quotas', 'Operations about resource quotas', async () => [
    (await import('./tables/clusters.ts')).resourceQuotas,
  ]),
  noun('ns-isolation-policy', 'Operations about namespace isolation policy', async () => [
    (await import('./tables/clusters.ts')).isolationPolicies,
  ]),
  noun('bookies', 'Operations about bookies rack placement', async () => [
    (await import('./tables/brokers.ts')).bookies,
  ]),
  noun('proxy-stats', 'Operations to collect Proxy statistics', async () => [
    (await import('./tables/brokers.ts')).proxyStats,
  ]),
  noun('functions-worker', 'Operations to collect function-worker statistics', async () => [
    (await import('./tables/brokers.ts')).functionsWorker,
  ]),
  noun('namespaces', 'Operations about namespaces', async () => [
    (await import('./tables/namespaces.ts')).namespaces,
  ]),
  noun(
    'topics',
    'Operations on topics',
    // What is about policies is under both nouns.
    async () => [
      (await import('./tables/topics.ts')).topics,
      (await import('./tables/topic-policies.ts')).topicPolicies,
    ],
    ['persistent'],
  ),
  noun('non-persistent', 'Operations on non-persistent topics', async () => {
    const { nonPersistent, topics } = await import('./tables/topics.ts');
    return [nonPersistent, topics, (await import('./tables/topic-policies.ts')).topicPolicies];
  }),
  noun('topicPolicies', 'Operations on the policies of topics', async () => [
    (await import('./tables/topic-policies.ts')).topicPolicies,
  ]),
  noun('schemas', 'Operations about schemas', async () => [
    (await import('./tables/schemas.ts')).schemas,
  ]),
  noun('transactions', 'Operations on transactions', async () => [
    (await import('./tables/transactions.ts')).transactions,
  ]),
  absent('functions', 'Interface for managing Pulsar Functions', '/admin/v3/functions'),
  absent('sources', 'Interface for managing Pulsar IO Sources', '/admin/v3/sources', ['source']),
  absent('sinks', 'Interface for managing Pulsar IO sinks', '/admin/v3/sinks', ['sink']),
  absent('packages', 'Operations about packages', '/admin/v3/packages'),
];

export function findNoun(name: string): Noun | undefined {
  return NOUNS.find((each) => each.name === name || each.aliases.includes(name));
}

/** The verbs of a noun; of two with one name the first counts. */
export async function verbsOf({ load }: Noun): Promise<readonly Verb[]> {
  const { parseTable } = await import('./table.ts');
  const verbs = new Map<string, Verb>();
  for (const verb of (await load()).flatMap(parseTable)) {
    if (!verbs.has(verb.name)) verbs.set(verb.name, verb);
  }
  return [...verbs.values()];
}

function noun(
  name: string,
  help: string,
  load: Noun['load'],
  aliases: readonly string[] = [],
): Noun {
  return { name, aliases, help, load };
}

function absent(name: string, help: string, asks: string, aliases: readonly string[] = []): Noun {
  return { name, aliases, help, asks, load: async () => [] };
}

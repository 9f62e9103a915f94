/** The dashboard that comes with the broker asks for nothing that the broker does not say. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Writes } from '../../../src/actors/topic/writes.ts';
import { byToken } from '../auth/tokens.ts';
import { subscription } from './fake-broker.ts';
import { startRest } from './rest.ts';

const DASHBOARD = new URL('../../../deploy/grafana/velamq.json', import.meta.url);

/** Words of a query that are no metrics: functions, aggregations, and what stands in braces. */
function metricsOf(query: string): string[] {
  const bare = query.replace(/\{[^}]*\}|\[[^\]]*\]/g, '').replace(/\bby *\([^)]*\)/g, '');
  return bare.match(/\b(?:pulsar|velamq|process|nodejs)_\w+/g) ?? [];
}

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

it('every metric and label of the dashboard is there', async () => {
  const rest = await startRest(byToken);
  const topic = rest.broker.add('persistent://public/default/a');
  topic.writes = new Writes();
  topic.subscriptions.set('s', subscription('s'));
  // Somebody who guesses.
  await rest.ask('/admin/v2/tenants', { headers: { authorization: 'Bearer guess' } });
  // The collector has to have run for its times to be told.
  const first = await rest.get('/metrics');
  expect(first.status).toBe(200);
  const { text } = await rest.get('/metrics');
  const labelsOf = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, labels] = /^(\w+)\{(.*)\} \S+$/.exec(line) ?? [];
    if (name !== undefined) labelsOf.set(name, labels ?? '');
  }
  const { panels, templating } = JSON.parse(readFileSync(DASHBOARD, 'utf8'));
  const targets = (panels as Panel[]).flatMap(({ targets = [] }) => targets);
  const queries = [
    ...targets.map(({ expr }) => expr),
    ...templating.list.map(({ query }: { readonly query: string }) => query),
  ];
  expect(queries.length).toBeGreaterThan(40);
  const asked = queries.flatMap((query) => metricsOf(query.replace('label_values', '')));
  const known = asked.filter((name) => !name.startsWith('nodejs_gc_'));
  expect(known.filter((name) => !labelsOf.has(name))).toEqual([]);
  for (const query of queries) {
    const [name = ''] = metricsOf(query);
    const wanted = [...query.matchAll(/(\w+)=~/g), ...query.matchAll(/\bby \((\w+)\)/g)];
    for (const [, label] of name.startsWith('nodejs_gc_') ? [] : wanted) {
      expect(labelsOf.get(name), query).toContain(`${label}="`);
    }
  }
});

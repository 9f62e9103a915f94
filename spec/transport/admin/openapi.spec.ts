/** The OpenAPI document, the page, and what comes of calls that are made up from them. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configWith } from '../../../src/base/options.ts';
import type { AdminContext } from '../../../src/transport/admin/call.ts';
import { described } from '../../../src/transport/admin/openapi-table.ts';
import { registerRoutes } from '../../../src/transport/admin/routes.ts';
import { type Document, fuzzCall, type Operation, operationsOf, send } from './fuzz/calls.ts';
import { unfit } from './fuzz/schemas.ts';
import { startBroker } from './real-broker.ts';
import { type Conversation, conversationsOf } from './walk/conversation.ts';

async function asked(port: number, path: string): Promise<Response> {
  return await fetch(`http://127.0.0.1:${port}${path}`);
}

/** Everything that is registered, as `METHOD /path/{name}`. */
function registered(): readonly string[] {
  const routes: string[] = [];
  const on = (method: string, path: string) => {
    routes.push(`${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
  };
  const parts = { broker: {}, options: configWith({}), urls: {} };
  registerRoutes({ on }, parts as unknown as AdminContext);
  return routes;
}

/** What Pulsar was recorded to answer. */
function recorded(): readonly Conversation[] {
  const folder = new URL('../../data/rest/recorded/', import.meta.url);
  return readdirSync(folder).flatMap((file) =>
    conversationsOf(readFileSync(new URL(file, folder), 'utf8')),
  );
}

/** Whether a path is that of an operation, in a conversation about the path that `title` is. */
function isAt(operation: Operation, path: string, title: string): boolean {
  const form = (one: string) => one.replaceAll(/\{\w+\}/g, '{}');
  if (form(operation.path) !== form(title)) return false;
  return new RegExp(`^${operation.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path);
}

describe('the OpenAPI document', () => {
  it('has every route, with its names, under an id of its own', async () => {
    const { port } = await startBroker();
    const document = (await (await asked(port, '/admin/v2/openapi.json')).json()) as Document;
    const operations = operationsOf(document);
    const told = operations.map(({ method, path }) => `${method} ${path}`);
    expect(told).toEqual(expect.arrayContaining([...registered()]));
    expect(told.filter((one) => !registered().includes(one))).toEqual([
      'GET /metrics',
      'GET /status.html',
    ]);
    for (const { path, names } of operations) {
      expect(names).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    }
    const ids = operations.map(({ id }) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  it('says what each route takes and answers, as Pulsar answered it', async () => {
    for (const route of registered()) {
      const [method = '', path = ''] = route.replaceAll(/\{(\w+)\}/g, ':$1').split(' ');
      expect(described(method, path), route).toBeDefined();
    }
    const { port } = await startBroker();
    const document = (await (await asked(port, '/admin/v2/openapi.json')).json()) as Document;
    const operations = operationsOf(document);
    const { schemas } = document.components;
    const wrong = recorded().flatMap(({ title, turns }) =>
      turns.flatMap(({ request, answer = '' }) => {
        const [method, url = ''] = request.split(' ');
        const [path = ''] = url.split('?');
        const told = operations.find((one) => one.method === method && isAt(one, path, title));
        if (!answer.startsWith('200 ') || told === undefined) return [];
        const value: unknown = JSON.parse(answer.slice(4));
        const problems = value === '' ? [] : unfit(value, told.answer ?? {}, schemas);
        return problems.map((problem) => `${request}: ${problem}`);
      }),
    );
    expect(wrong).toEqual([]);
  });

  it('is shown as a page', async () => {
    const { port } = await startBroker();
    const page = await asked(port, '/admin/v2/openapi');
    expect(page.headers.get('content-type')).toContain('text/html');
    const html = await page.text();
    for (const route of registered()) {
      expect(html).toContain(`<code>${route.split(' ')[1]}</code>`);
    }
  });
});

it('no call that anybody can make up makes the broker fail', { timeout: 120_000 }, async () => {
  const { port } = await startBroker({ maxNumPartitionsPerPartitionedTopic: 8 });
  const answer = await asked(port, '/admin/v2/openapi.json');
  const document = (await answer.json()) as Document;
  await fc.assert(
    fc.asyncProperty(fuzzCall(document), async (call) => {
      expect(await send(port, call)).not.toBe(500);
    }),
    { numRuns: 600 },
  );
  expect((await asked(port, '/admin/v2/brokers/health')).status).toBe(200);
});

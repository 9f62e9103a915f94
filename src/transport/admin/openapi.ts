/**
 * What REST answers to, told as an OpenAPI 3.1 document and as a page, made from the routes that
 * are registered: `/admin/v2/openapi.json` and `/admin/v2/openapi`. Pulsar publishes such a
 * document and does not serve one.
 */
import { type Method, Page, type Routes, SPOKEN_VERSION } from './call.ts';
import { described } from './openapi-table.ts';
import { objectSchemas, schemaOf } from './openapi-types.ts';

export interface Route {
  readonly method: Method;
  /** With `:name` where a name goes. */
  readonly path: string;
}

const JSON_PATH = '/admin/v2/openapi.json';
const PAGE_PATH = '/admin/v2/openapi';

/** Answered by probes, before there are routes. */
const PROBES: readonly Route[] = ['/metrics', '/status.html'].map((path) => ({
  method: 'GET',
  path,
}));

/** `routes`: all of them, once they are asked for. */
export function openapiRoutes(on: Routes, routes: readonly Route[]): void {
  on.on('GET', JSON_PATH, () => openapiDocument([...PROBES, ...routes]));
  on.on('GET', PAGE_PATH, () => new Page(page([...PROBES, ...routes])));
}

function openapiDocument(routes: readonly Route[]): Readonly<Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of sorted(routes)) {
    const path = templateOf(route.path);
    const operations = paths[path] ?? { parameters: parametersOf(route.path) };
    paths[path] = { ...operations, [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'VelaMQ',
      version: SPOKEN_VERSION,
      description: `The REST interface of Apache Pulsar ${SPOKEN_VERSION}, as VelaMQ has it.`,
    },
    paths,
    components: { schemas: objectSchemas() },
  };
}

function operationOf({ method, path }: Route) {
  const words = path.split('/').filter((part) => part !== '');
  const { query = {}, body, answer } = described(method, path) ?? {};
  const parameters = Object.entries(query).map(([name, type]) => {
    return { name, in: 'query', required: false, schema: schemaOf(type) };
  });
  return {
    operationId: [method.toLowerCase(), ...words.map((word) => word.replaceAll(/\W/g, ''))].join(
      '_',
    ),
    tags: [areaOf(path)],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: false, ...contentOf(body) } }),
    responses: {
      '2XX': { description: 'Done', ...(answer === undefined ? {} : contentOf(answer)) },
      default: { description: 'Refused', ...contentOf('Refusal') },
    },
  };
}

function contentOf(type: string) {
  return { content: { 'application/json': { schema: schemaOf(type) } } };
}

function parametersOf(path: string) {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

/** `/admin/v2/tenants/:tenant` as `/admin/v2/tenants/{tenant}`. */
function templateOf(path: string): string {
  return path.replaceAll(/:(\w+)/g, '{$1}');
}

/** `tenants` of `/admin/v2/tenants/:tenant`. */
function areaOf(path: string): string {
  return /^\/(?:(?:admin|lookup)\/v\d\/)?([^/.]+)/.exec(path)?.[1] ?? 'broker';
}

function sorted(routes: readonly Route[]): readonly Route[] {
  return [...routes].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/** One table an area, without scripts. Paths are this program's own: there is nothing to escape. */
function page(routes: readonly Route[]): string {
  const areas = new Map<string, string[]>();
  for (const { method, path } of sorted(routes)) {
    const rows = areas.get(areaOf(path)) ?? [];
    areas.set(areaOf(path), rows);
    rows.push(`<tr><td>${method}</td><td><code>${templateOf(path)}</code></td></tr>`);
  }
  const tables = [...areas].map(
    ([area, rows]) => `<h2 id="${area}">${area}</h2><table>${rows.join('')}</table>`,
  );
  const links = [...areas.keys()].map((area) => `<a href="#${area}">${area}</a>`);
  return (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>VelaMQ REST</title>' +
    `<style>${STYLE}</style></head><body><h1>REST, as Apache Pulsar ${SPOKEN_VERSION} speaks it` +
    `</h1><p>As a document: <a href="${JSON_PATH}">OpenAPI</a>. ${links.join(' · ')}</p>` +
    `${tables.join('')}</body></html>`
  );
}

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}' +
  'td{padding:.1rem .8rem .1rem 0}td:first-child{font-weight:600}';

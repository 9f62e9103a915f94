/** Every route of REST, called by every kind of role: the answers are those of the data file. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { BrokerError } from '../../../src/base/errors.ts';
import { demand } from '../../../src/transport/admin/access/rules.ts';
import { ruleOf } from '../../../src/transport/admin/access/table.ts';
import type { AdminContext, Call, Handler, Method } from '../../../src/transport/admin/call.ts';
import { registerRoutes } from '../../../src/transport/admin/routes.ts';
import { authorization, identityOf, matrixOf } from './roles.ts';

const FILE = new URL('../../data/authorization/rest.txt', import.meta.url);
const { roles, rows } = matrixOf(readFileSync(FILE, 'utf8'), 2);

/** Thrown by all that a handler begins with. */
const REACHED = 'the handler was reached';

/** A broker of which nothing is there: whoever looks at it was let in. */
const nothing = new Proxy({} as Record<string, never>, {
  get: () => {
    throw new Error(REACHED);
  },
});

function routes(): ReadonlyMap<string, Handler> {
  const handlers = new Map<string, Handler>();
  let isRegistered = false;
  const late = { get: () => (isRegistered ? nothing['broker'] : () => undefined) };
  const context = {
    authorization,
    broker: new Proxy({}, late),
    options: new Proxy({}, late),
    urls: { broker: '', http: '', brokerId: 'localhost:8080' },
  } as unknown as AdminContext;
  const register = { on: (m: Method, path: string, h: Handler) => handlers.set(`${m} ${path}`, h) };
  registerRoutes(register as unknown as Parameters<typeof registerRoutes>[0], context);
  isRegistered = true;
  return handlers;
}

const PARAMS: Readonly<Record<string, string>> = {
  tenant: 'acme',
  namespace: 'app',
  topic: 't',
  subscription: 's',
  domain: 'persistent',
};

function callOf(route: string, kind: string, params = PARAMS): Call {
  return {
    identity: identityOf(kind),
    param: (name) => (route.includes(`:${name}`) ? (params[name] ?? 'x') : ''),
    query: () => undefined,
    queries: () => [],
    header: () => undefined,
    json: () => [{ topic: 'persistent://acme/app/t', role: 'r', actions: ['produce'] }],
    text: () => '',
  };
}

/** `ok` for who was let in, whatever came of it then; else the status. */
async function answerOf(route: string, handler: Handler, kind: string): Promise<string> {
  try {
    await handler(callOf(route, kind));
    return 'ok';
  } catch (error) {
    const { code, httpStatus } = error as BrokerError;
    return code === 'unauthorized' || code === 'authorization' ? String(httpStatus) : 'ok';
  }
}

/** `*` in the place of a parameter: what it is called is the route's own affair. */
const formOf = (route: string) => route.replace(/:\w+/g, '*');

describe('who may call what of REST', () => {
  const handlers = routes();

  it('is written down for every route', () => {
    const forms = new Set([...rows.keys()].map(formOf));
    const missing = [...handlers.keys()].filter((route) => !forms.has(formOf(route)));
    expect(missing).toEqual([]);
    expect(roles).toHaveLength(17);
  });

  it('is as it is written down, also for what Pulsar has and this broker does not', async () => {
    const byForm = new Map([...handlers].map(([route, handler]) => [formOf(route), handler]));
    const differing: string[] = [];
    for (const [route, expected] of rows) {
      for (const [index, kind] of roles.entries()) {
        const handler = byForm.get(formOf(route)) ?? checked(route);
        const answer = await answerOf(route, handler, kind);
        if (answer !== expected[index]) differing.push(`${route} of ${kind}: ${answer}`);
      }
    }
    expect(differing).toEqual([]);
  });

  it.each([
    ['GET /admin/v2/namespaces/:tenant', 'tenant-not-found'],
    ['PUT /admin/v2/namespaces/:tenant/:namespace', 'tenant-not-found'],
    ['POST /admin/v2/namespaces/:tenant/:namespace/retention', 'tenant-not-found'],
    ['GET /admin/v2/persistent/:tenant/:namespace/:topic/stats', 'tenant-not-found'],
    ['GET /admin/v2/persistent/:tenant/:namespace/:topic/permissions', 'tenant-not-found'],
    ['PUT /admin/v2/persistent/:tenant/:namespace/:topic', 'namespace-not-found'],
    ['GET /lookup/v2/topic/:domain/:tenant/:namespace/:topic', 'namespace-not-found'],
    ['GET /admin/v2/tenants/:tenant', 'unauthorized'],
  ])('is not asked where there is no such tenant: %s', (route, code) => {
    const [method = '', path = ''] = route.split(' ');
    const rule = ruleOf(method as Method, path, '');
    const call = (kind: string) => callOf(route, kind, { ...PARAMS, tenant: 'none' });
    const answer = (kind: string) => () => demand(authorization, call(kind), rule(call(kind)));
    expect(answer('producer')).toThrow(expect.objectContaining({ code }));
    expect(answer('super')).not.toThrow();
    // A proxy that does not say for whom it speaks learns nothing.
    expect(answer('proxy')).not.toThrow(expect.objectContaining({ code: 'tenant-not-found' }));
  });

  it('has to be declared: a route of which nobody has said anything does not build', () => {
    expect(() => ruleOf('GET', '/admin/v2/tenants/:tenant/secrets', '')).toThrow(
      'nobody has said who may GET /admin/v2/tenants/*/secrets',
    );
  });
});

/** A route that does nothing but ask for permission. */
function checked(route: string): Handler {
  const [method = '', path = ''] = route.split(' ');
  const rule = ruleOf(method as Method, path, 'localhost:8080');
  return (call) => demand(authorization, call, rule(call));
}

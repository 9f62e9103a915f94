/** Real HTTP on loopback against the fake broker. */
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { limitsOf } from '../../../src/base/limits.ts';
import { silentLog } from '../../../src/base/log.ts';
import { type BrokerConfig, configWith } from '../../../src/base/options.ts';
import { startAdmin } from '../../../src/transport/admin/server.ts';
import { openAuthentication } from '../../../src/transport/auth/open.ts';
import { IngressBudget } from '../../../src/transport/ingress-budget.ts';
import { silentRates } from '../../../src/transport/metrics/rates.ts';
import { FakeBroker } from './fake-broker.ts';

/** What storage and connections count, each figure another one. */
export const counts = {
  storageStats: () => ({
    segments: 2,
    journalBytes: 300,
    spareBytes: 400,
    isShort: true,
    liveBytes: 200,
    cachedBytes: 100,
    cacheHits: 40,
    cacheMisses: 3,
  }),
  connections: () => ({ active: 3, created: 7, succeeded: 6, closed: 4, failed: 1 }),
};

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The text as JSON; throws where it is none. */
  json(): unknown;
}

export interface Rest {
  readonly broker: FakeBroker;
  /** `host:port` of the HTTP port. */
  readonly http: string;
  /** For bodies of requests. */
  readonly budget: IngressBudget;
  get(path: string): Promise<Answered>;
  ask(path: string, options?: RequestInit): Promise<Answered>;
  send(method: string, path: string, body?: string, type?: string): Promise<Answered>;
}

/** The port of the binary protocol that clients are sent to. */
export const BROKER_PORT = 6650;

/** A server that is closed when the test ends. */
export async function startRest(values: Partial<BrokerConfig> = {}): Promise<Rest> {
  const broker = new FakeBroker(configWith(values));
  const budget = new IngressBudget(limitsOf(configWith(values)).maxPublishBufferBytes);
  const admin = await startAdmin({
    broker,
    budget,
    options: configWith(values),
    authentication: await openAuthentication(configWith(values), systemClock),
    clock: systemClock,
    log: silentLog,
    rates: silentRates,
    ...counts,
    brokerPorts: { pulsar: BROKER_PORT },
    host: '127.0.0.1',
    port: 0,
  });
  onTestFinished(() => admin.close());
  const { port = 0 } = admin.addresses.http ?? {};
  const ask: Rest['ask'] = async (path, options) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      redirect: 'manual',
      ...options,
    });
    const text = await response.text();
    const { status, headers } = response;
    return { status, headers, text, json: () => JSON.parse(text) as unknown };
  };
  const send: Rest['send'] = (method, path, body, type = 'application/json') =>
    ask(path, {
      method,
      ...(body === undefined ? {} : { body, headers: { 'content-type': type } }),
    });
  return { broker, budget, http: `localhost:${port}`, get: (path) => ask(path), ask, send };
}

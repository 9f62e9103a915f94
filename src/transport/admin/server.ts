/**
 * The HTTP port: REST, HTTP lookup and metrics. What monitoring asks for every few seconds (health,
 * metrics) is answered here; everything else by the framework, which the first such request loads.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Broker } from '../../actors/broker.ts';
import type { Clock } from '../../base/clock.ts';
import { BrokerError, httpStatusOf } from '../../base/errors.ts';
import { limitsOf } from '../../base/limits.ts';
import type { Log } from '../../base/log.ts';
import type { BrokerConfig } from '../../base/options.ts';
import type { StorageStats } from '../../storage/storage.ts';
import type { ConnectionCounts } from '../metrics/broker-metrics.ts';
import { type MetricSources, writeMetrics } from '../metrics/exposition.ts';
import { type RateSampler, startRates } from '../metrics/rates.ts';
import type { Answer } from './app.ts';
import { type AdminContext, type BrokerUrls, SPOKEN_VERSION } from './call.ts';

export interface AdminOptions {
  readonly broker: Broker;
  readonly options: BrokerConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly storageStats: () => StorageStats;
  /** Of the binary protocol; read at every scrape. */
  readonly connections: () => ConnectionCounts;
  /** Port of the binary protocol that clients are sent to. */
  readonly brokerPort: number;
  readonly host: string;
  /** 0 for any. */
  readonly port: number;
}

/** How long closing waits for clients that do not read what they asked for. */
const CLOSE_MS = 2_000;

export interface AdminServer {
  readonly address: { readonly host: string; readonly port: number };
  /** Answers what is under way, for two seconds at most, then closes the port. */
  close(): Promise<void>;
}

/** Throws `address-in-use`. */
export async function startAdmin(options: AdminOptions): Promise<AdminServer> {
  const { clock, log, broker, host } = options;
  const server = createServer({ maxHeaderSize: limitsOf(options.options).maxHttpHeaderBytes });
  const port = await listen(server, host, options.port);
  const intervalMs = options.options.statsUpdateFrequencyInSecs * 1000;
  const rates = startRates({ broker, clock, log, intervalMs });
  const context = contextOf(options, port, rates);
  limit(server, options.options);
  server.on('request', front(options, context));
  return {
    address: { host, port },
    async close() {
      rates.stop();
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeIdleConnections();
      const cancel = clock.after(CLOSE_MS, () => server.closeAllConnections());
      await closed;
      cancel();
    },
  };
}

function contextOf(options: AdminOptions, port: number, rates: RateSampler): AdminContext {
  const { broker, options: config, clock } = options;
  return { broker, options: config, clock, rates, urls: urlsOf(options, port) };
}

function urlsOf({ options, brokerPort }: AdminOptions, port: number): BrokerUrls {
  const host = options.advertisedAddress;
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    broker: `pulsar://${name}:${brokerPort}`,
    http: `http://${name}:${port}`,
    brokerId: `${name}:${port}`,
  };
}

function limit(server: Server, config: BrokerConfig): void {
  const { maxHttpConnections } = limitsOf(config);
  if (Number.isFinite(maxHttpConnections)) server.maxConnections = maxHttpConnections;
  server.keepAliveTimeout = config.httpServerIdleTimeout;
  // Also for a connection in the middle of an answer that its client does not read.
  server.timeout = config.httpServerIdleTimeout;
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  try {
    await new Promise<void>((done, fail) => {
      server.once('error', fail);
      server.listen({ host, port }, () => {
        server.off('error', fail);
        done();
      });
    });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    throw new BrokerError(
      'address-in-use',
      `port ${port} of ${host} is in use; choose another webServicePort`,
      { cause },
    );
  }
  return (server.address() as AddressInfo).port;
}

/** What every request meets first. */
function front(options: AdminOptions, context: AdminContext): Answer {
  const { log, options: config } = options;
  const probe = probes(options, context);
  let app: Promise<Answer> | undefined;
  let running = 0;
  return (request, response) => {
    running += 1;
    response.once('close', () => {
      running -= 1;
    });
    if (running > config.maxConcurrentHttpRequests) {
      return refuse(response, 'too-many-requests', 'Too many requests at the same time');
    }
    if (probe(request, response)) return;
    app ??= import('./app.ts').then(({ buildApp }) => buildApp(context, log));
    app.then(
      (answer) => answer(request, response),
      (error: unknown) => {
        log.error('the REST interface could not be loaded', { error });
        refuse(response, 'unknown', 'The REST interface could not be loaded');
      },
    );
  };
}

/** Scrapes at the same time; each keeps a copy of all samples while it is written. */
const MAX_SCRAPES = 4;

/** Answers what monitoring sends, and says whether it has. */
function probes(options: AdminOptions, context: AdminContext) {
  let scrapes = 0;
  const scrape = (head: boolean, response: ServerResponse): true => {
    if (scrapes >= MAX_SCRAPES) {
      refuse(response, 'too-many-requests', 'Too many scrapes at the same time');
      return true;
    }
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    if (head) {
      response.end();
      return true;
    }
    scrapes += 1;
    writeMetrics(sourcesOf(options, context), response)
      .catch((error: unknown) => {
        options.log.error('writing metrics failed', { error });
        response.destroy();
      })
      .finally(() => {
        scrapes -= 1;
      });
    return true;
  };
  return ({ method, url = '' }: IncomingMessage, response: ServerResponse): boolean => {
    if (method !== 'GET' && method !== 'HEAD') return false;
    const [path = ''] = url.split('?');
    switch (path.replace(/\/$/, '')) {
      // Pulsar redirects to the form with a slash; scrapers take the answer at either.
      case '/metrics':
        return scrape(method === 'HEAD', response);
      case '/admin/v2/brokers/health':
      case '/admin/v2/brokers/ready':
        return health(options, response, 'application/json', 'ok');
      case '/status.html':
        return health(options, response, 'text/plain', 'OK');
      default:
        return false;
    }
  };
}

function sourcesOf(options: AdminOptions, { rates }: AdminContext): MetricSources {
  const { broker, options: config, clock, storageStats, connections } = options;
  return { broker, config, clock, rates, version: SPOKEN_VERSION, storageStats, connections };
}

function health(
  { broker }: AdminOptions,
  response: ServerResponse,
  type: string,
  content: string,
): true {
  const { state } = broker.runtimeStats();
  if (state === 'open') {
    response.writeHead(200, { 'content-type': type, 'content-length': content.length });
    response.end(content);
  } else {
    refuse(response, 'service-not-ready', `The broker is ${state}`);
  }
  return true;
}

function refuse(
  response: ServerResponse,
  code: Parameters<typeof httpStatusOf>[0],
  reason: string,
): void {
  response.writeHead(httpStatusOf(code), { 'content-type': 'application/json' });
  response.end(JSON.stringify({ reason }));
}

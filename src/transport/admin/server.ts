/**
 * The HTTP port: REST, HTTP lookup and metrics. What monitoring asks for every few seconds (health,
 * metrics) is answered by probes; everything else by the framework, which a first request loads.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Broker } from '../../actors/broker.ts';
import { type Addresses, addressesOf, authority, type Ports } from '../../base/authority.ts';
import type { Clock } from '../../base/clock.ts';
import { limitsOf } from '../../base/limits.ts';
import type { Log } from '../../base/log.ts';
import type { BrokerConfig } from '../../base/options.ts';
import type { BackupSource } from '../../storage/backup.ts';
import type { StorageStats } from '../../storage/storage.ts';
import type { Authentication } from '../auth/authentication.ts';
import type { Authorization } from '../auth/authorization.ts';
import type { Identity } from '../auth/identity.ts';
import type { IngressBudget } from '../ingress-budget.ts';
import type { ConnectionCounts } from '../metrics/broker-metrics.ts';
import type { RateSource } from '../metrics/rates.ts';
import type { MetricSources } from '../metrics/scrapes.ts';
import { openPorts } from '../ports.ts';
import { listenersOf, urlsOf } from '../service-urls.ts';
import type { TlsPort } from '../tls/certificates.ts';
import { isUntrusted } from '../tls/peer.ts';
import { type AdminContext, SPOKEN_VERSION } from './call.ts';
import { bodyBytes, partyOf } from './http-turns.ts';
import { probes, refuse } from './probes.ts';
import { withRequestIds } from './request-ids.ts';
import { type Serve, whoAsks } from './who-asks.ts';

export interface AdminOptions {
  readonly broker: Broker;
  readonly options: BrokerConfig;
  readonly clock: Clock;
  readonly log: Log;
  /** Undefined where nobody has to say who they are. */
  readonly authentication?: Authentication | undefined;
  /** Undefined where everybody may call everything. */
  readonly authorization?: Authorization | undefined;
  readonly rates: RateSource;
  /** For bodies of requests; without it they are bounded one by one alone. */
  readonly budget?: IngressBudget;
  readonly backups?: BackupSource;
  readonly stop?: (() => void) | undefined;
  readonly storageStats: () => StorageStats;
  /** Of the binary protocol; read at every scrape. */
  readonly connections: () => ConnectionCounts;
  /** Ports of the binary protocol that clients are sent to. */
  readonly brokerPorts: Ports;
  readonly host: string;
  /** 0 for any, undefined for none; for both. */
  readonly port: number | undefined;
  readonly tlsPort?: number | undefined;
  /** What HTTPS shows and asks for; without it no such port is opened. */
  readonly tls?: TlsPort | undefined;
}

/** How long closing waits for clients that do not read what they asked for. */
const CLOSE_MS = 2_000;

export interface AdminServer {
  readonly addresses: Addresses;
  /** Answers what is under way, for two seconds at most, then closes the ports. */
  close(): Promise<void>;
}

/** Rejects with `address-in-use` or `bad-option`. */
export async function startAdmin(options: AdminOptions): Promise<AdminServer> {
  const { clock, host, tls, log } = options;
  const settings = { maxHeaderSize: limitsOf(options.options).maxHttpHeaderBytes };
  const plain = createServer(settings);
  const secure = tls && createTlsServer({ ...settings, ...tls.options });
  const servers: readonly Server[] = secure === undefined ? [plain] : [plain, secure];
  const opening = openPorts(host, [
    { server: plain, port: options.port },
    ...(secure === undefined ? [] : [{ server: secure, port: options.tlsPort }]),
  ]);
  const making = opening.then(([http, https]) => front(options, contextOf(options, http, https)));
  for (const server of servers) {
    limit(server, options.options);
    // Whoever comes by the first port before the last one is open waits for that.
    server.on('request', (request, response) => {
      making.then(
        (answer) => answer(request, response),
        () => request.destroy(),
      );
    });
  }
  secure?.on('tlsClientError', (error) => log.debug('a TLS handshake failed', { error }));
  secure?.on('secureConnection', (socket) => {
    if (tls?.takesUntrusted === false && isUntrusted(socket)) socket.destroy();
  });
  if (secure !== undefined) tls?.follow(secure);
  const [[http, https]] = await Promise.all([opening, making]);
  return {
    addresses: addressesOf(host, { http, https }),
    close: async () => {
      const open = servers.filter(({ listening }) => listening);
      await Promise.all(open.map((server) => closeServer(server, clock)));
    },
  };
}

async function closeServer(server: Server, clock: Clock): Promise<void> {
  const closed = new Promise<void>((done) => server.close(() => done()));
  server.closeIdleConnections();
  const cancel = clock.after(CLOSE_MS, () => server.closeAllConnections());
  await closed;
  cancel();
}

function contextOf(
  options: AdminOptions,
  http: number | undefined,
  https: number | undefined,
): AdminContext {
  const { broker, options: config, clock, rates, backups, authorization } = options;
  const { brokerPorts, stop } = options;
  const host = config.advertisedAddress;
  const served = urlsOf(host, { ...brokerPorts, http, https }, listenersOf(config).internal);
  const urls = { ...served, brokerId: authority({ host, port: http ?? https ?? 0 }) };
  return { broker, options: config, clock, rates, backups, authorization, urls, stop };
}

function limit(server: Server, config: BrokerConfig): void {
  const { maxHttpConnections } = limitsOf(config);
  if (Number.isFinite(maxHttpConnections)) server.maxConnections = maxHttpConnections;
  server.keepAliveTimeout = config.httpServerIdleTimeout;
  // Also for a connection in the middle of an answer that its client does not read.
  server.timeout = config.httpServerIdleTimeout;
  endIdle(server);
}

/** Ends connections on which nothing moves, but for those that wait for an answer of ours. */
function endIdle(server: Server): void {
  const last = new WeakMap<Socket, { readonly request: IncomingMessage; isAnswered: boolean }>();
  server.on('request', (request, response) => {
    const under = { request, isAnswered: false };
    last.set(request.socket, under);
    response.once('close', () => {
      under.isAnswered = true;
    });
  });
  server.on('timeout', (socket) => {
    const { request, isAnswered = true } = last.get(socket) ?? {};
    const isOurTurn = request?.complete === true && !isAnswered && socket.writableLength === 0;
    if (!isOurTurn) socket.destroy();
  });
}

/** What every request meets first. */
function front(options: AdminOptions, context: AdminContext) {
  const { log, authentication, clock, options: config } = options;
  const guardsMetrics = config.authenticateMetricsEndpoint;
  const answer = whoAsks({ authentication, guardsMetrics, log }, server(options, context));
  let running = 0;
  return withRequestIds(log, clock, (request, response) => {
    running += 1;
    response.once('close', () => {
      running -= 1;
    });
    if (running > config.maxConcurrentHttpRequests) {
      refuse(response, 'too-many-requests', 'Too many requests at the same time');
    } else answer(request, response);
  });
}

/** Answers those who may ask. */
function server(options: AdminOptions, context: AdminContext): Serve {
  const { log } = options;
  const probe = probes(sourcesOf(options, context), log);
  let app: Promise<Serve> | undefined;
  return (request, response, identity) => {
    const isOpen = context.authorization === undefined || !asksForHealth(request);
    if (isOpen && probe(request, response)) return;
    app ??= import('./app.ts').then(({ buildApp }) => buildApp(context, log));
    if (!hasRoom(options, request, response, identity)) return;
    app.then(
      (serve) => serve(request, response, identity),
      (error: unknown) => {
        log.error('the REST interface could not be loaded', { error });
        refuse(response, 'unknown', 'The REST interface could not be loaded');
      },
    );
  };
}

/** Sets room for the request's body aside until it is answered; refuses it where there is none. */
function hasRoom(
  { budget, options: config }: AdminOptions,
  request: IncomingMessage,
  response: ServerResponse,
  identity: Identity | undefined,
): boolean {
  const bytes = bodyBytes(request, limitsOf(config).maxHttpBodyBytes);
  if (budget === undefined || bytes === 0 || response.destroyed) return true;
  const party = partyOf(request, identity);
  if (budget.isSpent(party)) {
    // What was not read of the body is not waited for.
    response.setHeader('connection', 'close');
    refuse(response, 'too-many-requests', 'There is no memory for the body; please retry');
    return false;
  }
  budget.take(party, bytes);
  response.once('close', () => budget.give(party, bytes));
  return true;
}

/** What only super users may ask where permissions count: it goes the way of all that do. */
function asksForHealth({ url = '' }: IncomingMessage): boolean {
  return /^\/admin\/v2\/brokers\/health\/?(?:\?|$)/.test(url);
}

function sourcesOf(options: AdminOptions, { rates }: AdminContext): MetricSources {
  const { broker, options: config, clock, storageStats, connections } = options;
  const authentication = options.authentication?.counts;
  const version = SPOKEN_VERSION;
  return { broker, config, clock, rates, version, storageStats, connections, authentication };
}

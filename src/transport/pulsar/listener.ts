/** Listens for Pulsar clients (the binary protocol, plain and over TLS) and keeps count of them. */
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Broker } from '../../actors/broker.ts';
import { type Addresses, addressesOf } from '../../base/authority.ts';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Authentication } from '../auth/authentication.ts';
import type { Authorization } from '../auth/authorization.ts';
import { IngressBudget } from '../ingress-budget.ts';
import type { ConnectionCounts } from '../metrics/broker-metrics.ts';
import type { RateSource } from '../metrics/rates.ts';
import { openPorts } from '../ports.ts';
import { urlsOf } from '../service-urls.ts';
import type { TlsPort } from '../tls/certificates.ts';
import { isUntrusted } from '../tls/peer.ts';
import { Acceptor } from './acceptor.ts';
import { overTls, readIntoSharedMemory } from './node-socket.ts';
import {
  type AdjustableOptions,
  type PulsarListenerOptions,
  pulsarListenerDefaults,
} from './options.ts';
import type { ClientSocket } from './socket.ts';

export interface PulsarListenerParts {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly log: Log;
  readonly authentication?: Authentication | undefined;
  /** Undefined where clients may do everything. */
  readonly authorization?: Authorization | undefined;
  /** What the TLS port shows and asks for; without it no such port is opened. */
  readonly tls?: TlsPort | undefined;
  readonly rates: RateSource;
  /** Shared with HTTP; its own, of `maxPublishBufferBytes`, where it is left out. */
  readonly budget?: IngressBudget;
  /** Over `pulsarListenerDefaults`. */
  readonly options?: Partial<PulsarListenerOptions>;
}

export interface PulsarListener {
  readonly addresses: Addresses;
  /** Open connections. */
  connections(): number;
  /** Of all connections since the start. */
  counts(): ConnectionCounts;
  /** Bytes of messages that wait to be stored. */
  publishBufferBytes(): number;
  /** What counts from now on, for clients that are connected too. */
  adopt(options: AdjustableOptions): void;
  /** Accepts nobody more and reads from nobody; answers still leave. */
  hold(): void;
  /** Accepts nobody more, answers what is stored, hangs up; ends after `drainTimeoutMs` at most. */
  close(): Promise<void>;
}

/** Resolves once the ports are open. Rejects with `address-in-use` or `bad-option`. */
export async function listenPulsar(parts: PulsarListenerParts): Promise<PulsarListener> {
  const { tls, log, ...shared } = parts;
  const options = { ...pulsarListenerDefaults, ...parts.options };
  const { host, listeners } = options;
  const plain = createServer({ ...OF_SOCKETS, pauseOnConnect: true });
  const secure = tls && createTlsServer({ ...OF_SOCKETS, ...tls.options });
  const servers = secure === undefined ? [plain] : [plain, secure];
  const opening = openPorts(host, [
    { server: plain, port: options.port },
    ...(secure === undefined ? [] : [{ server: secure, port: options.tlsPort }]),
  ]);
  const making = opening.then(([port, tlsPort]) => {
    const advertised = port === undefined ? undefined : (options.advertisedPort ?? port);
    const ports = { pulsar: advertised, 'pulsar+ssl': tlsPort };
    const urls = urlsOf(options.advertisedAddress, ports, listeners.internal);
    const budget = parts.budget ?? new IngressBudget(options.maxPublishBufferBytes);
    return new Acceptor({ ...shared, log, options, urls, budget });
  });
  // Whoever comes by the first port before the last one is open waits for that.
  const accept = (socket: Socket, taken: () => ClientSocket): void => {
    socket.on('error', (error) => log.debug('a socket failed', { error }));
    making.then(
      (acceptor) => {
        if (!socket.destroyed) acceptor.accept(taken());
      },
      () => socket.destroy(),
    );
  };
  plain.on('connection', (socket) => accept(socket, () => readIntoSharedMemory(socket)));
  secure?.on('secureConnection', (socket) => {
    if (tls?.takesUntrusted === false && isUntrusted(socket)) socket.destroy();
    else accept(socket, () => overTls(socket));
  });
  secure?.on('tlsClientError', (error) => log.debug('a TLS handshake failed', { error }));
  if (secure !== undefined) {
    tls?.follow(secure);
    // Handshakes that never come to an end count, too.
    if (Number.isFinite(options.maxConnections)) secure.maxConnections = options.maxConnections;
  }
  const [acceptor, [port, tlsPort]] = await Promise.all([making, opening]);
  for (const server of servers) {
    server.on('error', (error) => log.error('a Pulsar port failed', { error }));
  }
  const stopAccepting = (): void => {
    for (const server of servers) if (server.listening) server.close();
  };
  return {
    addresses: addressesOf(host, { pulsar: port, 'pulsar+ssl': tlsPort }),
    connections: () => acceptor.connections.size,
    counts: () => acceptor.context.counter.counts(),
    publishBufferBytes: () => acceptor.context.budget.usedBytes,
    adopt: (adjusted) => acceptor.adopt(adjusted),
    hold() {
      stopAccepting();
      acceptor.hold();
    },
    close() {
      stopAccepting();
      return acceptor.close();
    },
  };
}

/**
 * After the idle time, in milliseconds, the system probes the peer: the death of a client that is
 * not being read does not show in any other way.
 */
const OF_SOCKETS = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 };

/** Listens for Pulsar clients (the binary protocol, plain and over TLS) and keeps count of them. */
import { createServer, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Broker } from '../../actors/broker.ts';
import { assert } from '../../base/assert.ts';
import { type Addresses, addressesOf } from '../../base/authority.ts';
import type { Clock } from '../../base/clock.ts';
import { BrokerError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Authentication } from '../auth/authentication.ts';
import type { Authorization } from '../auth/authorization.ts';
import type { ConnectionCounts } from '../metrics/broker-metrics.ts';
import type { RateSource } from '../metrics/rates.ts';
import { urlsOf } from '../service-urls.ts';
import type { TlsPort } from '../tls/certificates.ts';
import { isUntrusted } from '../tls/peer.ts';
import { Acceptor } from './acceptor.ts';
import { overTls, readIntoSharedMemory } from './node-socket.ts';
import { type PulsarListenerOptions, pulsarListenerDefaults } from './options.ts';

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
  const servers: Server[] = [];
  const plain = createServer({ ...OF_SOCKETS, pauseOnConnect: true });
  const secure = tls && createTlsServer({ ...OF_SOCKETS, ...tls.options });
  const port = await open(plain, host, options.port, servers);
  const tlsPort = secure && (await open(secure, host, options.tlsPort, servers));
  const advertised = port === undefined ? undefined : (options.advertisedPort ?? port);
  const urls = urlsOf(
    options.advertisedAddress,
    { pulsar: advertised, 'pulsar+ssl': tlsPort },
    listeners.internal,
  );
  const acceptor = new Acceptor({ ...shared, log, options, urls });
  plain.on('connection', (socket) => acceptor.accept(readIntoSharedMemory(socket)));
  secure?.on('secureConnection', (socket) => {
    if (tls?.takesUntrusted === false && isUntrusted(socket)) socket.destroy();
    else acceptor.accept(overTls(socket));
  });
  secure?.on('tlsClientError', (error) => log.debug('a TLS handshake failed', { error }));
  if (secure !== undefined) tls?.follow(secure);
  for (const server of servers) {
    server.on('error', (error) => log.error('a Pulsar port failed', { error }));
  }
  const stopAccepting = (): void => {
    for (const server of servers) server.close();
  };
  return {
    addresses: addressesOf(host, { pulsar: port, 'pulsar+ssl': tlsPort }),
    connections: () => acceptor.connections.size,
    counts: () => acceptor.context.counter.counts(),
    publishBufferBytes: () => acceptor.context.budget.usedBytes,
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

/** Opens a port unless it is to stay closed, and says which one it is. */
async function open(
  server: Server,
  host: string,
  port: number | undefined,
  opened: Server[],
): Promise<number | undefined> {
  if (port === undefined) return undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    for (const other of opened) other.close();
    throw cannotListen(host, port, error as NodeJS.ErrnoException);
  }
  opened.push(server);
  const address = server.address();
  assert(address !== null && typeof address === 'object', 'a TCP server has a port');
  return address.port;
}

function cannotListen(host: string, port: number, cause: NodeJS.ErrnoException): BrokerError {
  if (cause.code === 'EADDRINUSE') {
    const message = `Port ${port} of ${host} is in use: stop what listens there, or choose another`;
    return new BrokerError('address-in-use', message, { cause });
  }
  const message = `Cannot listen on port ${port} of ${host}: ${cause.message}`;
  return new BrokerError('bad-option', message, { cause });
}

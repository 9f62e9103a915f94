/** Listens for Pulsar clients (`pulsar://`, the binary protocol) and keeps count of them. */
import { createServer, type Server } from 'node:net';
import type { Broker } from '../../actors/broker.ts';
import { assert } from '../../base/assert.ts';
import { urlHost } from '../../base/authority.ts';
import type { Clock } from '../../base/clock.ts';
import { BrokerError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Authentication } from '../auth/authentication.ts';
import type { Authorization } from '../auth/authorization.ts';
import type { ConnectionCounts } from '../metrics/broker-metrics.ts';
import type { RateSource } from '../metrics/rates.ts';
import { Acceptor } from './acceptor.ts';
import { readIntoSharedMemory } from './node-socket.ts';
import { type PulsarListenerOptions, pulsarListenerDefaults } from './options.ts';

export interface PulsarListenerParts {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly log: Log;
  readonly authentication?: Authentication | undefined;
  /** Undefined where clients may do everything. */
  readonly authorization?: Authorization | undefined;
  readonly rates: RateSource;
  /** Over `pulsarListenerDefaults`. */
  readonly options?: Partial<PulsarListenerOptions>;
}

export interface PulsarListener {
  readonly host: string;
  readonly port: number;
  /** `pulsar://host:port`, as lookups answer. */
  readonly brokerServiceUrl: string;
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

/** Resolves once the port is open. Rejects with `address-in-use` or `bad-option`. */
export async function listenPulsar(parts: PulsarListenerParts): Promise<PulsarListener> {
  const options = { ...pulsarListenerDefaults, ...parts.options };
  const server = createServer({
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: TCP_PROBE_MS,
    pauseOnConnect: true,
  });
  await open(server, options);
  const address = server.address();
  assert(address !== null && typeof address === 'object', 'a TCP server has a port');
  const port = options.advertisedPort ?? address.port;
  const acceptor = new Acceptor({
    broker: parts.broker,
    options,
    clock: parts.clock,
    log: parts.log,
    authentication: parts.authentication,
    authorization: parts.authorization,
    rates: parts.rates,
    brokerServiceUrl: `pulsar://${urlHost(options.advertisedAddress)}:${port}`,
  });
  server.on('connection', (socket) => acceptor.accept(readIntoSharedMemory(socket)));
  server.on('error', (error) => parts.log.error('the Pulsar port failed', { error }));
  return {
    host: options.host,
    port: address.port,
    brokerServiceUrl: acceptor.context.brokerServiceUrl,
    connections: () => acceptor.connections.size,
    counts: () => acceptor.context.counter.counts(),
    publishBufferBytes: () => acceptor.context.budget.usedBytes,
    hold() {
      server.close();
      acceptor.hold();
    },
    close() {
      server.close();
      return acceptor.close();
    },
  };
}

/**
 * Idle time after which the system probes the peer, in milliseconds: the death of a client that is
 * not being read does not show in any other way.
 */
const TCP_PROBE_MS = 60_000;

function open(server: Server, { host, port }: PulsarListenerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => reject(cannotListen(host, port, error));
    server.once('error', failed);
    server.listen({ host, port }, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

function cannotListen(host: string, port: number, cause: NodeJS.ErrnoException): BrokerError {
  if (cause.code === 'EADDRINUSE') {
    const message = `Port ${port} of ${host} is in use: stop what listens there, or choose another`;
    return new BrokerError('address-in-use', message, { cause });
  }
  const message = `Cannot listen on port ${port} of ${host}: ${cause.message}`;
  return new BrokerError('bad-option', message, { cause });
}

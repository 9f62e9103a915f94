/** What the listener and its connections can be told; `main.ts` maps the configuration to it. */

import type { TenancyLimits } from '../../base/limits.ts';
import type { Rate } from '../../base/pace.ts';
import type { Listeners } from '../service-urls.ts';

export interface PulsarListenerOptions {
  /** Address to listen on, and its ports; 0 takes any free one, undefined opens none. */
  readonly host: string;
  readonly port: number | undefined;
  readonly tlsPort: number | undefined;
  /** Host in the URLs that LOOKUP answers. */
  readonly advertisedAddress: string;
  /** Port in those URLs where it differs from the one listened on. */
  readonly advertisedPort: number | undefined;
  /** Other URLs, by the name of a listener that clients ask for. */
  readonly listeners: Listeners;
  /** What CONNECTED says; Pulsar's C++ client refuses a broker that says nothing. */
  readonly serverVersion: string;
  /** Largest message; a frame may hold 10 KiB more. */
  readonly maxMessageBytes: number;
  /** A silent connection is pinged after this time and closed after a second one. */
  readonly keepAliveIntervalMs: number;
  /** A connection that has not sent CONNECT by then is closed. */
  readonly handshakeTimeoutMs: number;
  /** How long the holder of a name may take to answer a ping; 0 or less: it counts as alive. */
  readonly livenessCheckTimeoutMs: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  /** Messages of a connection without a receipt; beyond, its socket is not read. */
  readonly maxPendingPublishes: number;
  /** What all producers together may publish; 0 sets no limit. */
  readonly publishRate: Rate;
  /** Messages of a connection under way on non-persistent topics; beyond, they are dropped. */
  readonly maxConcurrentNonPersistent: number;
  /** Bytes of all messages without a receipt; beyond, publishing sockets are not read. */
  readonly maxPublishBufferBytes: number;
  /** Entries wait for the disk in blocks of so many bytes. */
  readonly entryBlockBytes: number;
  /** Bytes that frames which have begun may reserve in them; others grow as their bytes come. */
  readonly maxOpenFrameBytes: number;
  /** Requests of a connection without an answer; beyond, its socket is not read. */
  readonly maxPendingRequests: number;
  /** Questions for partitions that are being answered, over all connections; beyond, refused. */
  readonly maxConcurrentLookups: number;
  /** Connections, producers and consumers of tenants and namespaces. */
  readonly tenancy: TenancyLimits;
  /** Producers and consumers of a connection; beyond, `not-allowed`. */
  readonly maxHandlesPerConnection: number;
  /** Unsent bytes of a connection above which dispatch to it stops, and at which it goes on. */
  readonly congestedAboveBytes: number;
  readonly drainedAtBytes: number;
  /** Unsent bytes of a connection at which it is closed. */
  readonly maxWriteBufferBytes: number;
  /** Keys and values by which a consumer describes itself; beyond, `metadata`. */
  readonly maxConsumerMetadataBytes: number;
  /** Whether clients that understand it are told what the broker notes of an entry. */
  readonly exposesBrokerEntries: boolean;
  /** Time between looks at whether a client's credentials have expired. */
  readonly credentialsCheckMs: number;
  /** Whether the credentials that a proxy passes on are checked as well. */
  readonly checksOriginalCredentials: boolean;
  /** How long `close` waits for receipts and for clients to hang up. */
  readonly drainTimeoutMs: number;
}

/** What can change while a listener listens. */
export type AdjustableOptions = Pick<PulsarListenerOptions, 'publishRate' | 'maxConcurrentLookups'>;

const MIB = 1024 * 1024;

export const pulsarListenerDefaults: PulsarListenerOptions = Object.freeze({
  host: '0.0.0.0',
  port: 6650,
  tlsPort: undefined,
  advertisedAddress: 'localhost',
  advertisedPort: undefined,
  listeners: { byName: new Map(), internal: {} },
  serverVersion: 'VelaMQ',
  maxMessageBytes: 5 * MIB,
  keepAliveIntervalMs: 30_000,
  handshakeTimeoutMs: 30_000,
  livenessCheckTimeoutMs: 5_000,
  maxConnections: Number.POSITIVE_INFINITY,
  maxConnectionsPerAddress: Number.POSITIVE_INFINITY,
  maxPendingPublishes: 1_000,
  publishRate: { messages: 0, bytes: 0, periodMs: 1_000 },
  maxConcurrentNonPersistent: 1_000,
  maxPublishBufferBytes: 128 * MIB,
  entryBlockBytes: 4 * MIB,
  maxOpenFrameBytes: 16 * MIB,
  maxPendingRequests: 10_000,
  maxConcurrentLookups: 50_000,
  tenancy: {
    connectionsPerTenant: Number.POSITIVE_INFINITY,
    producersPerTenant: Number.POSITIVE_INFINITY,
    producersPerNamespace: Number.POSITIVE_INFINITY,
    consumersPerTenant: Number.POSITIVE_INFINITY,
    consumersPerNamespace: Number.POSITIVE_INFINITY,
  },
  maxHandlesPerConnection: 100_000,
  congestedAboveBytes: MIB,
  drainedAtBytes: MIB / 2,
  maxWriteBufferBytes: 64 * MIB,
  maxConsumerMetadataBytes: 1_024,
  exposesBrokerEntries: false,
  credentialsCheckMs: 60_000,
  checksOriginalCredentials: false,
  drainTimeoutMs: 5_000,
});

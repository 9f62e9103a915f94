/** Options of ports, connections and requests. Keys and defaults are Pulsar 4.2's. */
import { parseListeners } from './listeners.ts';
import { limitedText, type Option, port, text, whole } from './option.ts';

const HOST = /^[A-Za-z0-9_.:-]+$/;

export const networkOptions = {
  brokerServicePort: port(6650, 'Port of the binary protocol'),
  webServicePort: port(8080, 'Port of REST, HTTP lookup and metrics'),
  brokerServicePortTls: port(undefined, 'Port of the binary protocol over TLS, such as 6651'),
  webServicePortTls: port(undefined, 'Port of HTTPS, such as 8443'),
  advertisedListeners: advertised(),
  internalListenerName: text('', 'The one of advertisedListeners that lookups answer by default'),
  bindAddress: limitedText(
    '0.0.0.0',
    HOST,
    'a host name or an IP address',
    'Address that both ports listen on',
  ),
  advertisedAddress: limitedText(
    'localhost',
    HOST,
    'a host name or an IP address',
    'Host that lookups send clients to',
  ),
  clusterName: limitedText(
    'standalone',
    /^[A-Za-z0-9_=:.-]+$/,
    'letters, digits and _ = : . -',
    'Name of the cluster, first part of given producer names',
  ),
  maxMessageSize: whole(
    5_242_880,
    { min: 1, max: 2_147_473_407, unit: 'bytes' },
    'Largest message; a frame may hold 10 KiB more',
  ),
  keepAliveIntervalSeconds: whole(
    30,
    { min: 1, max: 86_400, unit: 'seconds' },
    'A silent connection is pinged after this time and closed after a second one',
  ),
  connectionLivenessCheckTimeoutMillis: whole(
    5000,
    { min: -1, unit: 'milliseconds' },
    'How long the holder of a name or an exclusive place may take to answer a ping',
  ),
  brokerMaxConnections: whole(0, {}, 'Connections to the broker; 0 sets no limit'),
  brokerMaxConnectionsPerIp: whole(0, {}, 'Connections from one address; 0 sets no limit'),
  maxPendingPublishRequestsPerConnection: whole(
    2000,
    { min: 1 },
    'Messages of one connection without a receipt; beyond, its socket is not read',
  ),
  maxConcurrentNonPersistentMessagePerConnection: whole(
    1000,
    {},
    'Messages of one connection under way on non-persistent topics; beyond, they are dropped',
  ),
  maxMessagePublishBufferSizeInMB: whole(
    64,
    { min: -1, max: 1_048_576, unit: 'MiB' },
    'Bytes of all messages without a receipt; beyond, sockets are not read; -1 sets no limit',
  ),
  pulsarChannelWriteBufferHighWaterMark: whole(
    65_536,
    { min: 1, unit: 'bytes' },
    'Unsent bytes of a connection above which nothing more is dispatched to it',
  ),
  pulsarChannelWriteBufferLowWaterMark: whole(
    32_768,
    { min: 1, unit: 'bytes' },
    'Unsent bytes of a connection below which dispatching to it goes on',
  ),
  maxConcurrentLookupRequest: whole(50_000, { min: 1 }, 'Lookups answered at the same time'),
  brokerShutdownTimeoutMs: whole(
    60_000,
    { unit: 'milliseconds' },
    'How long a shutdown waits for connections and storage before the process ends anyway',
  ),
  httpMaxRequestSize: whole(
    -1,
    { min: -1, unit: 'bytes' },
    'Largest body of an HTTP request; -1 means 1 MiB',
  ),
  httpMaxRequestHeaderSize: whole(
    8192,
    { min: 512, max: 1_048_576, unit: 'bytes' },
    'Largest header of an HTTP request',
  ),
  httpServerIdleTimeout: whole(
    30_000,
    { unit: 'milliseconds' },
    'How long an HTTP connection may be silent',
  ),
  maxHttpServerConnections: whole(2048, {}, 'HTTP connections; 0 sets no limit'),
  maxConcurrentHttpRequests: whole(1024, { min: 1 }, 'HTTP requests answered at the same time'),
};

function advertised(): Option<string> {
  const mustBe =
    'name:pulsar://host:port, name:pulsar+ssl://host:port and so on, separated by commas';
  return {
    default: '',
    mustBe,
    help: 'Addresses that lookups answer, by the name of a listener that clients ask for',
    parse: (value) => (parseListeners(value) === undefined ? { mustBe } : { value }),
  };
}

/** `/admin/v2/clusters`. */
import type { ClusterData } from '../../actors/broker.ts';
import { BrokerError } from '../../base/errors.ts';
import { objectBody } from './body.ts';
import { type AdminContext, type Call, EMPTY, NO_CONTENT, type Routes } from './call.ts';
import { isEntityName } from './names.ts';

const CLUSTER = '/admin/v2/clusters/:cluster';

export function clusterRoutes(routes: Routes, { broker }: AdminContext): void {
  const required = (call: Call): ClusterData => {
    const data = broker.cluster(call.param('cluster'));
    if (data !== undefined) return data;
    throw new BrokerError('cluster-not-found', 'Cluster does not exist');
  };

  routes.on('GET', '/admin/v2/clusters', () => broker.clusters());
  routes.on('GET', CLUSTER, required);

  routes.on('PUT', CLUSTER, async (call) => {
    const cluster = call.param('cluster');
    const data = clusterData(call);
    if (!isEntityName(cluster)) {
      throw new BrokerError('precondition-failed', 'Cluster name is not valid');
    }
    if (broker.cluster(cluster) !== undefined) {
      throw new BrokerError('already-exists', 'Cluster already exists');
    }
    await broker.putCluster(cluster, data, 'create');
    return EMPTY;
  });

  routes.on('POST', CLUSTER, async (call) => {
    const data = clusterData(call);
    required(call);
    await broker.putCluster(call.param('cluster'), data, 'update');
    return EMPTY;
  });

  routes.on('DELETE', CLUSTER, async (call) => {
    required(call);
    await broker.deleteCluster(call.param('cluster'));
    return NO_CONTENT;
  });

  routes.on('GET', `${CLUSTER}/peers`, (call) => required(call)['peerClusterNames'] ?? EMPTY);
}

/** Pulsar's ClusterData; fields that are not of it are dropped. */
const FIELDS: Readonly<Record<string, 'text' | 'boolean' | 'list'>> = {
  serviceUrl: 'text',
  serviceUrlTls: 'text',
  brokerServiceUrl: 'text',
  brokerServiceUrlTls: 'text',
  proxyServiceUrl: 'text',
  authenticationPlugin: 'text',
  authenticationParameters: 'text',
  proxyProtocol: 'text',
  peerClusterNames: 'list',
  brokerClientTlsEnabled: 'boolean',
  tlsAllowInsecureConnection: 'boolean',
  brokerClientTlsEnabledWithKeyStore: 'boolean',
  brokerClientTlsTrustStoreType: 'text',
  brokerClientTlsTrustStore: 'text',
  brokerClientTlsTrustStorePassword: 'text',
  brokerClientTlsKeyStoreType: 'text',
  brokerClientTlsKeyStore: 'text',
  brokerClientTlsKeyStorePassword: 'text',
  brokerClientTrustCertsFilePath: 'text',
  brokerClientKeyFilePath: 'text',
  brokerClientCertificateFilePath: 'text',
  brokerClientSslFactoryPlugin: 'text',
  brokerClientSslFactoryPluginParams: 'text',
  listenerName: 'text',
};

/** The schemes that each URL may have, if it is not empty; Pulsar checks no more. */
const URLS: Readonly<Record<string, { readonly form: RegExp; readonly reason: string }>> = {
  serviceUrl: {
    form: /^http:\/\/./,
    reason: 'Illegal service url, example: http://pulsar.example.com:8080',
  },
  serviceUrlTls: {
    form: /^https:\/\/./,
    reason: 'Illegal service tls url, example: https://pulsar.example.com:8443',
  },
  brokerServiceUrl: {
    form: /^pulsar:\/\/./,
    reason: 'Illegal broker service url, example: pulsar://pulsar.example.com:6650',
  },
  brokerServiceUrlTls: {
    form: /^pulsar\+ssl:\/\/./,
    reason: 'Illegal broker service tls url, example: pulsar+ssl://pulsar.example.com:6651',
  },
};

function clusterData(call: Call): ClusterData {
  const body = objectBody(call);
  if (body === undefined) throw new BrokerError('invalid-argument', 'cluster data is required');
  const data: Record<string, unknown> = {};
  for (const [name, kind] of Object.entries(FIELDS)) {
    const value = body[name] ?? (kind === 'boolean' ? false : undefined);
    if (value === undefined) continue;
    const url = URLS[name];
    if (url !== undefined && value !== '' && !url.form.test(String(value))) {
      throw new BrokerError('invalid-argument', url.reason);
    }
    data[name] = value;
  }
  return data;
}

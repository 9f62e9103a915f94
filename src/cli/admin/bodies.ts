/** Bodies of requests, out of flags. */
import { readFileSync } from 'node:fs';
import { UsageError, type Value, type Words } from './words.ts';

type Flags = Words['flags'];

/** A body: a flag, an object of flags, or what a function here makes. Throws `UsageError`. */
export function bodyOf(template: string, words: Words): unknown {
  if (template.startsWith('@')) {
    const make = BODIES[template.slice(1)];
    if (make === undefined) throw new UsageError(`There is no body ${template}`);
    return make(words.flags);
  }
  if (template.startsWith('{')) return objectOf(template, words.flags);
  const [name = '', kind] = template.split(' ');
  const value = words.flags[name];
  // A pair of switches: what is not enabled is disabled.
  if (name === '--enable') return value === true;
  if (kind === 'text') return new BareText(String(value));
  return kind === 'list' ? String(value).split(',') : value;
}

function objectOf(template: string, flags: Flags): Record<string, Value> {
  const members = template
    .slice(1, -1)
    .split(',')
    .map((member) => {
      const [key = '', from = ''] = member.split(':');
      const [name = '', otherwise] = from.split('=');
      return [key, flags[name] ?? literal(otherwise)] as const;
    });
  return Object.fromEntries(
    members.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

function literal(text: string | undefined): Value | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Value);
}

const text = (flags: Flags, name: string): string | undefined => {
  const value = flags[name];
  return value === undefined ? undefined : String(value);
};

/** Minutes and MiB, rounded down as pulsar-admin does; below 0 is without end. */
function retention(flags: Flags) {
  const [seconds, bytes] = [Number(flags['--time']), Number(flags['--size'])];
  return {
    retentionTimeInMinutes: seconds < 0 ? -1 : Math.floor(seconds / 60),
    retentionSizeInMB: bytes < 0 ? -1 : Math.floor(bytes / 2 ** 20),
  };
}

/** `ledger:entry`, `earliest` or `latest`. */
export function messageId(value: string | undefined): unknown {
  if (value === undefined || value === 'latest') return LATEST;
  if (value === 'earliest') return { ledgerId: -1, entryId: -1, partitionIndex: -1 };
  const [, ledgerId, entryId] = /^(-?\d+):(-?\d+)$/.exec(value) ?? [];
  if (entryId !== undefined) {
    return { ledgerId: Number(ledgerId), entryId: Number(entryId), partitionIndex: -1 };
  }
  throw new UsageError(`Invalid message id (must be in format: ledgerId:entryId) value ${value}`);
}

/** The highest position, in digits that a double does not hold. */
const LATEST = {
  ledgerId: '9223372036854775807',
  entryId: '9223372036854775807',
  partitionIndex: -1,
};

/** A body that is not JSON. */
class BareText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** JSON with 64-bit numbers where strings of so many digits stand; a bare text as it is. */
export function jsonOf(body: unknown): string {
  if (body instanceof BareText) return body.text;
  return JSON.stringify(body).replaceAll('"9223372036854775807"', '9223372036854775807');
}

function schemaFile(flags: Flags): unknown {
  const file = String(flags['--filename']);
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`${file} holds no schema: ${(error as Error).message}`);
  }
}

/** What pulsar-admin says of connections between brokers where nothing is given. */
const NO_TLS = {
  brokerClientTlsEnabled: false,
  tlsAllowInsecureConnection: false,
  brokerClientTlsEnabledWithKeyStore: false,
  brokerClientTlsTrustStoreType: 'JKS',
  brokerClientTlsKeyStoreType: 'JKS',
  brokerClientSslFactoryPlugin: 'org.apache.pulsar.common.util.DefaultPulsarSslFactory',
};

function cluster(flags: Flags): Record<string, Value> {
  const file = text(flags, '--cluster-config-file');
  const given = file === undefined ? {} : (JSON.parse(readFileSync(file, 'utf8')) as object);
  const names: Readonly<Record<string, string>> = {
    serviceUrl: '--url',
    serviceUrlTls: '--url-secure',
    brokerServiceUrl: '--broker-url',
    brokerServiceUrlTls: '--broker-url-secure',
    proxyServiceUrl: '--proxy-url',
    proxyProtocol: '--proxy-protocol',
    authenticationPlugin: '--auth-plugin',
    authenticationParameters: '--auth-parameters',
    brokerClientTlsEnabled: '--tls-enable',
    tlsAllowInsecureConnection: '--tls-allow-insecure',
    brokerClientTlsEnabledWithKeyStore: '--tls-enable-keystore',
    brokerClientTrustCertsFilePath: '--tls-trust-certs-filepath',
    brokerClientKeyFilePath: '--tls-key-filepath',
    brokerClientCertificateFilePath: '--tls-certs-filepath',
    listenerName: '--listener-name',
  };
  const members = Object.entries(names).flatMap(([key, name]) => {
    const value = flags[name];
    return value === undefined ? [] : [[key, value] as const];
  });
  return { ...NO_TLS, ...given, ...Object.fromEntries(members) };
}

function offloadPolicies(flags: Flags): Record<string, Value> {
  const names: Readonly<Record<string, string>> = {
    managedLedgerOffloadDriver: '--driver',
    s3ManagedLedgerOffloadRegion: '--region',
    s3ManagedLedgerOffloadBucket: '--bucket',
    s3ManagedLedgerOffloadServiceEndpoint: '--endpoint',
    s3ManagedLedgerOffloadCredentialId: '--aws-id',
    s3ManagedLedgerOffloadCredentialSecret: '--aws-secret',
    s3ManagedLedgerOffloadRole: '--s3-role',
    s3ManagedLedgerOffloadRoleSessionName: '--s3-role-session-name',
    s3ManagedLedgerOffloadMaxBlockSizeInBytes: '--maxBlockSize',
    s3ManagedLedgerOffloadReadBufferSizeInBytes: '--readBufferSize',
    managedLedgerOffloadThresholdInBytes: '--offloadAfterThreshold',
    managedLedgerOffloadThresholdInSeconds: '--offloadAfterThresholdInSeconds',
    managedLedgerOffloadDeletionLagInMillis: '--offloadAfterElapsed',
    managedLedgerOffloadedReadPriority: '--offloadedReadPriority',
  };
  // Flags of topics have names of their own for some of them.
  const ofTopics: Readonly<Record<string, string>> = {
    s3ManagedLedgerOffloadMaxBlockSizeInBytes: '--maxBlockSizeInBytes',
    s3ManagedLedgerOffloadReadBufferSizeInBytes: '--readBufferSizeInBytes',
    managedLedgerOffloadThresholdInBytes: '--offloadThresholdInBytes',
    managedLedgerOffloadThresholdInSeconds: '--offloadThresholdInSeconds',
    managedLedgerOffloadDeletionLagInMillis: '--offloadDeletionLagInMillis',
  };
  return Object.fromEntries(
    Object.entries(names).flatMap(([key, name]) => {
      const value = flags[name] ?? flags[ofTopics[key] ?? ''];
      return value === undefined ? [] : [[key, value] as const];
    }),
  );
}

const list = (value: Value | undefined): readonly string[] =>
  Array.isArray(value) ? (value as string[]) : [];

const AUTO_UPDATE: Readonly<Record<string, string>> = {
  disabled: 'AutoUpdateDisabled',
  backward: 'Backward',
  forward: 'Forward',
  full: 'Full',
  alwayscompatible: 'AlwaysCompatible',
  backwardtransitive: 'BackwardTransitive',
  forwardtransitive: 'ForwardTransitive',
  fulltransitive: 'FullTransitive',
};

function autoUpdate(flags: Flags): string {
  if (flags['--disabled'] === true) return 'AutoUpdateDisabled';
  const named = (text(flags, '--compatibility') ?? '').toLowerCase();
  const strategy = AUTO_UPDATE[named];
  if (strategy !== undefined) return strategy;
  throw new UsageError('Either --compatibility or --disabled must be specified');
}

/** `key=value` pairs, one a flag. */
function properties(flags: Flags): unknown {
  return flags['--property'] ?? flags['--properties'] ?? flags['--metadata'] ?? {};
}

const BODIES: Readonly<Record<string, (flags: Flags) => unknown>> = {
  retention,
  properties,
  metadata: properties,
  cluster,
  schemaFile,
  autoUpdate,
  offloadPolicies,
  tenant: (flags) => ({
    adminRoles: list(flags['--admin-roles']),
    allowedClusters: list(flags['--allowed-clusters']),
  }),
  newNamespace: (flags) => ({
    ...('--clusters' in flags ? { replication_clusters: list(flags['--clusters']) } : {}),
    ...('--bundles' in flags ? { bundles: { numBundles: flags['--bundles'] } } : {}),
  }),
  newSubscription: (flags) => {
    const at = messageId(text(flags, '--messageId')) as object;
    return { ...at, properties: flags['--property'] ?? {} };
  },
  partitions: (flags) =>
    '--metadata' in flags
      ? { partitions: flags['--partitions'], properties: properties(flags) }
      : flags['--partitions'],
  messageId: (flags) => messageId(text(flags, '--messageId')),
  position: (flags) => ('--position' in flags ? messageId(text(flags, '--position')) : undefined),
  isolationPolicy: (flags) => ({
    namespaces: list(flags['--namespaces']),
    primary: list(flags['--primary']),
    secondary: list(flags['--secondary']),
    auto_failover_policy: {
      policy_type: text(flags, '--auto-failover-policy-type'),
      parameters: flags['--auto-failover-policy-params'],
    },
    ...('--unload-scope' in flags ? { unload_scope: text(flags, '--unload-scope') } : {}),
  }),
  millisOfLag: (flags) => Number(flags['--lag']) * 1_000,
  splitBoundaries: (flags) => list(flags['--split-boundaries']).map(Number),
  nothing: () => null,
  yes: () => true,
  no: () => false,
};

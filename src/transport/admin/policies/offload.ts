/**
 * Policies of tiered storage, kept and shown as Pulsar does where it has no offloader: nothing is
 * offloaded. Thresholds and the lag are fields of the one document, with doors of their own.
 */
import { BrokerError } from '../../../base/errors.ts';
import { type JsonObject, objectOf, wholeBody } from '../body.ts';
import { type AdminContext, type Call, EMPTY, NO_CONTENT, type Routes } from '../call.ts';
import { NAMESPACE, requirePolicies } from '../namespaces.ts';
import { namespaceOf } from '../topic-of.ts';

const MIB = 1024 * 1024;

/** What Pulsar says of fields that nobody has set. */
const DEFAULTS: JsonObject = {
  offloadersDirectory: './offloaders',
  managedLedgerOffloadMaxThreads: 2,
  managedLedgerOffloadReadThreads: 2,
  managedLedgerOffloadPrefetchRounds: 1,
  managedLedgerExtraConfigurations: {},
  s3ManagedLedgerOffloadMaxBlockSizeInBytes: 64 * MIB,
  s3ManagedLedgerOffloadReadBufferSizeInBytes: MIB,
  s3ManagedLedgerOffloadRoleSessionName: 'pulsar-s3-offload',
  gcsManagedLedgerOffloadMaxBlockSizeInBytes: 128 * MIB,
  gcsManagedLedgerOffloadReadBufferSizeInBytes: MIB,
};

const FIELDS = new Set([
  ...Object.keys(DEFAULTS),
  ...`fileSystemProfilePath fileSystemURI gcsManagedLedgerOffloadBucket
  gcsManagedLedgerOffloadRegion gcsManagedLedgerOffloadServiceAccountKeyFile
  managedLedgerOffloadBucket managedLedgerOffloadDeletionLagInMillis managedLedgerOffloadDriver
  managedLedgerOffloadMaxBlockSizeInBytes managedLedgerOffloadReadBufferSizeInBytes
  managedLedgerOffloadRegion managedLedgerOffloadServiceEndpoint
  managedLedgerOffloadThresholdInBytes managedLedgerOffloadThresholdInSeconds
  managedLedgerOffloadedReadPriority s3ManagedLedgerOffloadBucket
  s3ManagedLedgerOffloadCredentialId s3ManagedLedgerOffloadCredentialSecret
  s3ManagedLedgerOffloadRegion s3ManagedLedgerOffloadRole
  s3ManagedLedgerOffloadServiceEndpoint`.split(/\s+/),
]);

const S3 = ['S3', 'aws-s3'];
const DRIVERS = [...S3, 'google-cloud-storage', 'filesystem', 'azureblob', 'aliyun-oss'];
/** Where a driver may have its bucket, besides the field for all of them. */
const BUCKETS: Readonly<Record<string, string>> = {
  S3: 's3ManagedLedgerOffloadBucket',
  'aws-s3': 's3ManagedLedgerOffloadBucket',
  'google-cloud-storage': 'gcsManagedLedgerOffloadBucket',
};

/** Throws `invalid-argument`, `precondition-failed`. */
export function offloadPoliciesOf(json: unknown): JsonObject {
  if (json === undefined || json === null) {
    throw refusal('The offloadPolicies must be specified for namespace offload.');
  }
  const policies = knownFields(objectOf(json));
  const driver = `${policies['managedLedgerOffloadDriver'] ?? ''}`;
  if (!DRIVERS.includes(driver)) {
    throw refusal(`The driver is not supported, support value: ${DRIVERS.join(',')}`);
  }
  const bucket = policies['managedLedgerOffloadBucket'] ?? policies[BUCKETS[driver] ?? ''];
  if (driver !== 'filesystem' && (bucket ?? '') === '') {
    throw refusal('The bucket must be specified for namespace offload.');
  }
  return shown(policies);
}

/** `offloadThreshold`, `offloadThresholdInSeconds`, `offloadDeletionLagMs` of namespaces. */
export function offloadPolicyRoutes(routes: Routes, context: AdminContext): void {
  for (const { path, field, unset, answer } of NUMBERS) {
    const at = `${NAMESPACE}/${path}`;
    const policies = (call: Call) => requirePolicies(context, call).offloadPolicies;
    const put = async (call: Call, value: number | undefined) => {
      const { [field]: _, ...others } = policies(call) ?? DEFAULTS;
      const offloadPolicies = shown(value === undefined ? others : { ...others, [field]: value });
      await context.broker.setNamespacePolicies(namespaceOf(call), { offloadPolicies });
      return answer;
    };
    routes.on('GET', at, (call) => policies(call)?.[field] ?? unset);
    routes.on('PUT', at, (call) => put(call, wholeBody(call)));
    if (path === 'offloadDeletionLagMs') routes.on('DELETE', at, (call) => put(call, undefined));
  }
  routes.on('DELETE', `${NAMESPACE}/removeOffloadPolicies`, async (call) => {
    requirePolicies(context, call);
    await context.broker.setNamespacePolicies(namespaceOf(call), { offloadPolicies: undefined });
    return NO_CONTENT;
  });
}

const NUMBERS = [
  {
    path: 'offloadThreshold',
    field: 'managedLedgerOffloadThresholdInBytes',
    unset: -1,
    answer: NO_CONTENT,
  },
  {
    path: 'offloadThresholdInSeconds',
    field: 'managedLedgerOffloadThresholdInSeconds',
    unset: -1,
    answer: EMPTY,
  },
  {
    path: 'offloadDeletionLagMs',
    field: 'managedLedgerOffloadDeletionLagInMillis',
    unset: EMPTY,
    answer: NO_CONTENT,
  },
];

/** With the defaults, and with what Pulsar says of the driver besides its name. */
function shown(policies: JsonObject): JsonObject {
  const driver = policies['managedLedgerOffloadDriver'];
  return {
    ...DEFAULTS,
    ...policies,
    s3Driver: S3.includes(`${driver}`),
    gcsDriver: driver === 'google-cloud-storage',
    fileSystemDriver: driver === 'filesystem',
  };
}

/** Texts, numbers and the map of what is extra. Throws `invalid-argument`. */
function knownFields(body: JsonObject): JsonObject {
  const fields = Object.entries(body).filter(([name, value]) => FIELDS.has(name) && value !== null);
  for (const [name, value] of fields) {
    const kind = typeof (DEFAULTS[name] ?? (/InBytes|InSeconds|InMillis/.test(name) ? 0 : ''));
    if (typeof value === kind) continue;
    throw new BrokerError('invalid-argument', `${name} must be a ${kind}, not a ${typeof value}`);
  }
  return Object.fromEntries(fields);
}

function refusal(reason: string): BrokerError {
  return new BrokerError('precondition-failed', reason);
}

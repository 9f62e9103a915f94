/** Bodies that endpoints take, by the last fixed part of their paths, and others. */

const RATE = {
  dispatchThrottlingRateInMsg: 10,
  dispatchThrottlingRateInByte: 1000,
  relativeToPublishRate: false,
  ratePeriodInSecond: 1,
};
const POSITION = { ledgerId: 1, entryId: 1, partitionIndex: -1, batchIndex: -1 };
const AVRO = JSON.stringify({
  type: 'record',
  name: 'R',
  fields: [{ name: 'a', type: 'string' }],
});
const SCHEMA = { type: 'AVRO', schema: AVRO, properties: {} };
const QUOTA = { limitSize: 1000000, limitTime: -1, policy: 'producer_exception' };
const OFFLOAD = { managedLedgerOffloadDriver: 'filesystem', fileSystemURI: 'file:///tmp' };
const ISOLATION = {
  namespaces: ['nope/.*'],
  primary: ['localhost'],
  secondary: ['other'],
  auto_failover_policy: {
    policy_type: 'min_available',
    parameters: { min_limit: '1', usage_threshold: '80' },
  },
};
const numbers = (...values: number[]) => values.map(String);

/** Bodies that mean something, the plainest first, by one part or the two last. */
const MEANT: Readonly<Record<string, readonly unknown[]>> = {
  clusters: [{ serviceUrl: 'http://there:8080', brokerServiceUrl: 'pulsar://there:6650' }],
  tenants: [{ adminRoles: ['r1'], allowedClusters: ['standalone'] }],
  namespaces: [{ bundles: { numBundles: 2 } }],
  resourcegroups: [{ publishRateInMsgs: 10, publishRateInBytes: 1000 }],
  'resource-quotas': [
    { msgRateIn: 1, msgRateOut: 2, bandwidthIn: 3, bandwidthOut: 4, memory: 5, dynamic: false },
  ],
  autoSubscriptionCreation: [{ allowAutoSubscriptionCreation: false }],
  autoTopicCreation: [
    { allowAutoTopicCreation: true, topicType: 'partitioned', defaultNumPartitions: 2 },
    { allowAutoTopicCreation: false },
  ],
  backlogQuota: [QUOTA, { ...QUOTA, limitSize: -1, limitTime: 10 }, { limitSize: 10 }],
  failureDomains: [{ brokers: ['a', 'b'] }, { brokers: [] }],
  namespaceIsolationPolicies: [ISOLATION, { ...ISOLATION, unload_scope: 'none' }],
  'racks-info': [{ rack: '/r', hostname: 'h' }, { rack: '/a/b/c' }],
  offload: [POSITION],
  schemaAutoUpdateCompatibilityStrategy: ['Full', 'NOPE'],
  compactionThreshold: [100_000, 0],
  deduplication: [true],
  deduplicationEnabled: [true],
  deduplicationSnapshotInterval: [60, 0],
  delayedDelivery: [{ tickTime: 1500, active: true, maxDeliveryDelayInMillis: 1000 }],
  dispatchRate: [RATE],
  subscriptionDispatchRate: [RATE],
  replicatorDispatchRate: [RATE],
  encryptionRequired: [true],
  inactiveTopicPolicies: [
    {
      inactiveTopicDeleteMode: 'delete_when_subscriptions_caught_up',
      maxInactiveDurationSeconds: 100,
      deleteWhileInactive: true,
    },
  ],
  isAllowAutoUpdateSchema: [false],
  maxMessageSize: [1000, 0],
  offloadDeletionLagMs: [1000],
  offloadPolicies: [OFFLOAD, { ...OFFLOAD, managedLedgerOffloadDriver: 'nope' }],
  offloadThreshold: [1000],
  offloadThresholdInSeconds: [1000],
  persistence: [
    {
      bookkeeperEnsemble: 1,
      bookkeeperWriteQuorum: 1,
      bookkeeperAckQuorum: 1,
      managedLedgerMaxMarkDeleteRate: 2.5,
    },
    { bookkeeperEnsemble: 1, bookkeeperWriteQuorum: 2, bookkeeperAckQuorum: 1 },
  ],
  bookieAffinity: [{ bookkeeperAffinityGroupPrimary: 'a', bookkeeperAffinityGroupSecondary: 'b' }],
  properties: [{ k: 'v', x: '1' }],
  publishRate: [{ publishThrottlingRateInMsg: 10, publishThrottlingRateInByte: 1000 }],
  replication: [['standalone'], ['nope'], []],
  retention: [
    { retentionTimeInMinutes: 10, retentionSizeInMB: 100 },
    { retentionTimeInMinutes: 0, retentionSizeInMB: 100 },
  ],
  schemaCompatibilityStrategy: ['BACKWARD', 'NOPE'],
  schemaValidationEnforced: [true],
  subscribeRate: [{ subscribeThrottlingRatePerConsumer: 10, ratePeriodInSecond: 10 }],
  partitions: [3, 1, 0],
  backlogSize: [POSITION],
  expireMessages: [POSITION],
  resetcursor: [POSITION],
  subscription: [{ ledgerId: -1, entryId: -1 }],
  split: [[1]],
  version: [SCHEMA],
  compatibility: [SCHEMA],
  schema: [SCHEMA, { type: 'AVRO', schema: '{', properties: {} }, { type: 'NOPE', schema: '' }],
  permissions: [['produce', 'consume'], ['nope']],
  'permissions/subscription': [['a', 'r']],
};

/** Parts that say how much is allowed. */
const LIMITS = /^(?:max\w+|messageTTL|subscriptionExpirationTime)$/;

/** What an endpoint takes, as JSON; nothing where it takes no body. */
export function bodiesFor(path: string): readonly string[] {
  const parts = path.split('/').filter((part) => part !== '' && !part.startsWith('{'));
  const last = parts.at(-1) ?? '';
  if (LIMITS.test(last) && MEANT[last] === undefined) return numbers(10, 0);
  const meant = MEANT[parts.slice(-2).join('/')] ?? MEANT[last] ?? [];
  return meant.map((body) => JSON.stringify(body));
}

/** What hardly any takes; undefined is no body. */
export function oddBodiesFor(path: string): readonly (string | undefined)[] {
  // Pulsar keeps that there is no quota, and fails whenever one is set after that.
  if (path.includes('/resource-quotas')) return ODD_BODIES;
  return [undefined, 'null', ...ODD_BODIES];
}

const ODD_BODIES = ['{', '{}', '[]', '"x"', '-1', '99999999999', 'true'];

/** What stands for the names in paths: what is there, what is missing and what is no name. */

/** Each the plainest first. Those of tenants, namespaces and topics depend on what is asked. */
export const NAMES: Readonly<Record<string, readonly string[]>> = {
  cluster: ['c', 'nope', 'b%40d'],
  group: ['g', 'nope', 'b%40d'],
  subscription: ['s', 'nope'],
  resourcegroup: ['g', 'nope', 'b%40d'],
  role: ['r'],
  failureDomain: ['d', 'nope', 'b%40d'],
  policy: ['p', 'nope', 'b%40d'],
  broker: ['nope:8080', 'b%40d'],
  bookie: ['b:1', 'nope'],
  bundle: ['0x00000000_0x80000000', '0x00000000_0xffffffff', 'nope'],
  name: ['nope', 'maxProducersPerTopic', 'defaultNumPartitions'],
  value: ['5'],
  domain: ['persistent', 'non-persistent', 'nope'],
  expireTimeInSeconds: ['10', '0', '-1', 'x'],
  timestamp: ['0', '9999999999999', '-1', 'x'],
  messagePosition: ['1', '0', '-1', 'x'],
  numMessages: ['1', '0', '-1', 'x'],
  ledgerId: ['0', '-1', 'x'],
  entryId: ['0', '-1', 'x'],
  version: ['0', '1', '-1', 'x'],
  mostSigBits: ['0', '99', 'x'],
  leastSigBits: ['0', '99', 'x'],
};

/** Queries that are worth asking besides, by the last part of a path. */
export const QUERIES: Readonly<Record<string, readonly string[]>> = {
  topics: ['mode=ALL', 'mode=NON_PERSISTENT', 'mode=nope', 'includeSystemTopic=true'],
  partitions: ['checkAllowAutoCreation=true'],
  backlogQuota: ['backlogQuotaType=message_age', 'backlogQuotaType=nope'],
  messageTTL: ['messageTTL=10', 'messageTTL=-1', 'messageTTL=x'],
  examinemessage: [
    'initialPosition=earliest&messagePosition=1',
    'initialPosition=latest&messagePosition=1',
    'initialPosition=nope&messagePosition=1',
    'initialPosition=earliest&messagePosition=x',
  ],
  internalStats: ['metadata=true'],
  antiAffinity: ['tenant=walk', 'tenant=nope'],
  topicHashPositions: [
    'topics=nope',
    'topics=persistent://walk/n-topicHashPositions/x&topics=nope',
  ],
  'racks-info': ['group=g', 'group='],
  getMessageIdByIndex: ['index=0'],
  'partitioned-stats': ['perPartition=false', 'perPartition=true'],
  stats: ['getPreciseBacklog=true&subscriptionBacklogSize=true&getEarliestTimeInBacklog=true'],
  properties: ['key=k'],
  topic: ['listenerName=nope'],
  coordinatorStats: ['coordinatorId=0', 'coordinatorId=99', 'coordinatorId=x'],
  split: ['unload=true', 'splitAlgorithmName=nope'],
  health: ['topicVersion=V1', 'topicVersion=V2', 'topicVersion=nope', 'brokerId=nope'],
};

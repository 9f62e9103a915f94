/**
 * What each route takes and answers, for the OpenAPI document: methods and a form of paths, then
 * `?name:type` for a query parameter, `<type` for the body of PUT and POST, `>type` for the answer,
 * and a bare type for the body and what GET answers. In a form `*` is any name, `namespace`,
 * `topic` and `subscription` are paths of these, and `policy` is one of a namespace or a topic.
 * Several lines may be
 * about one route; of two answers the last counts.
 */
const LINES = String.raw`
GET /metrics >text
GET /status.html >text
GET clusters >[text]
GET,PUT,POST,DELETE clusters/* Cluster
GET clusters/*/failureDomains >{any}
GET,POST,DELETE clusters/*/failureDomains/* FailureDomain
GET clusters/*/namespaceIsolationPolicies >{Isolation}
GET,POST,DELETE clusters/*/namespaceIsolationPolicies/:policy Isolation
GET clusters/*/namespaceIsolationPolicies/brokers >any
GET clusters/*/namespaceIsolationPolicies/brokers/* >any
GET clusters/*/peers >[text]
GET tenants >[text]
GET,PUT,POST tenants/* Tenant
DELETE tenants/* ?force:bool
GET brokers >[text]
GET brokers/:cluster >[text]
GET brokers/backlog-quota-check
GET brokers/(health|ready) >text ?brokerId:text ?topicVersion:text
GET brokers/version >text
GET brokers/leaderBroker >Leader
GET brokers/internal-configuration >{text}
GET brokers/configuration >[text]
GET brokers/configuration/(values|runtime) >{text}
DELETE brokers/configuration/*
POST brokers/configuration/*/*
GET brokers/*/*/ownedNamespaces >{any}
GET bookies/all >any
GET bookies/racks-info >{any}
GET,POST,DELETE bookies/racks-info/* Rack
POST bookies/racks-info/* ?group:text
GET namespaces/*/antiAffinity/* >[text] ?tenant:text
GET namespace/*/topicHashPositions >any ?topics:text
POST brokers/shutdown ?maxConcurrentUnloadPerSec:int ?forcedTerminateTopic:bool
GET broker-stats/load-report >any
GET broker-stats/broker-resource-availability/*/*
GET broker-stats/topics >{any}
GET,POST,DELETE resource-quotas ResourceQuota
GET,POST,DELETE resource-quotas/*/*/* ResourceQuota
GET openapi(.json)? >any
GET velamq/backup >any

GET namespaces/* >[text]
GET,PUT,DELETE namespace Policies
DELETE namespace ?force:bool
GET namespace/bundles >Bundles
GET namespace/topics >[text] ?mode:text ?includeSystemTopic:bool
DELETE namespace/:bundle ?force:bool
PUT namespace/*/(split|unload) ?unload:bool ?splitAlgorithmName:text
PUT namespace/unload
POST namespace(/:bundle)?/clearBacklog(/*)?
POST namespace(/:bundle)?/unsubscribe/*
GET namespace/property/* >text
DELETE namespace/property/*
PUT namespace/property/*/*
GET namespace/resourcegroup >text
POST,DELETE namespace/resourcegroup(/*)?
GET resourcegroups >[text]
GET,PUT,DELETE resourcegroups/* ResourceGroup
GET,POST namespace/subscriptionAuthMode text
GET,PUT namespace/schemaAutoUpdateCompatibilityStrategy text
DELETE namespace/removeOffloadPolicies
GET,PUT,DELETE namespace/offload(DeletionLagMs|Threshold|ThresholdInSeconds) int
GET,POST,DELETE namespace/antiAffinity text
GET,POST,DELETE namespace/persistence/bookieAffinity BookieAffinity
GET,POST namespace/(allowedClusters) [text]
GET (namespace|topic)/permissions >{[text]}
POST,DELETE (namespace|topic)/permissions/* <[text]
GET namespace/permissions/subscription >{[text]}
POST namespace/permissions/subscription/* <[text]
DELETE namespace/permissions/*/*
POST namespaces/(grant|revoke)PermissionsOnTopics <[TopicGrant]

GET,POST,DELETE policy/autoTopicCreation AutoTopics
GET,POST,DELETE policy/autoSubscriptionCreation AutoSubscriptions
POST,DELETE policy/backlogQuota <Quota ?backlogQuotaType:text
GET policy/backlogQuotaMap >{Quota}
GET,PUT,POST,DELETE policy/(compactionThreshold|deduplicationSnapshotInterval) int
GET,POST,DELETE policy/max\w+ int
GET,POST,DELETE policy/subscriptionExpirationTime int
GET,POST,DELETE namespace/messageTTL int
GET topic/messageTTL >int ?applied:bool ?isGlobal:bool
POST,DELETE topic/messageTTL ?messageTTL:int ?isGlobal:bool
GET,POST,DELETE policy/(deduplication|deduplicationEnabled|encryptionRequired) bool
GET,POST,DELETE policy/(isAllowAutoUpdateSchema|schemaValidationEnforced) bool
GET,POST,DELETE policy/dispatcherPauseOnAckStatePersistent
GET policy/dispatcherPauseOnAckStatePersistent >bool
GET,POST,DELETE policy/delayedDelivery DelayedDelivery
GET,POST,DELETE policy/(d|subscriptionD|replicatorD)ispatchRate DispatchRate
GET,POST,DELETE topic/*/dispatchRate DispatchRate ?applied:bool ?isGlobal:bool
GET,POST,DELETE policy/entryFilters Filters
GET,POST,DELETE policy/inactiveTopicPolicies InactiveTopics
GET,POST,DELETE policy/offloadPolicies Offload
GET,POST,DELETE policy/persistence Persistence
GET,POST,DELETE policy/publishRate PublishRate
GET,POST,DELETE policy/(replication|subscriptionTypesEnabled) [text]
GET,POST,DELETE policy/retention Retention
GET,PUT,DELETE policy/schemaCompatibilityStrategy text
GET,POST,DELETE policy/subscribeRate SubscribeRate
DELETE topic/policies
GET,PUT,DELETE (namespace|topic)/properties {text}
DELETE topic/properties ?key:text

GET topics(/partitioned)? >[text] ?bundle:text ?includeSystemTopic:bool
GET non-persistent/*/*/* >[text]
PUT topic <{text}
DELETE topic ?force:bool
DELETE topic/partitions ?force:bool
PUT,POST topic/partitions <int ?updateLocalTopicOnly:bool
GET topic/partitions >Partitioned ?checkAllowAutoCreation:bool
POST topic/createMissedPartitions
GET topic/(partitioned-)?stats >TopicStats ?getPreciseBacklog:bool ?subscriptionBacklogSize:bool
GET topic/(partitioned-)?stats ?getEarliestTimeInBacklog:bool ?perPartition:bool
GET topic/(partitioned-)?stats ?excludePublishers:bool ?excludeConsumers:bool
GET topic/(partitioned-i|i)nternalStats >InternalStats ?metadata:bool
GET topic/internal-info >InternalInfo
GET topic/lastMessageId >Position
GET topic/messageid/* >Position
GET topic/getMessageIdByIndex >Position ?index:int
GET topic/ledger/*/entry/* >any
GET topic/examinemessage >any ?initialPosition:text ?messagePosition:int
PUT topic/backlogSize <Position >int
GET,PUT topic/compaction
GET topic/compaction >Compaction
GET,PUT topic/offload
PUT topic/offload <Position
GET topic/offload >Offloading
GET topic/backlog >any
GET topic/shadowTopics >[text]
DELETE topic/shadowTopics
GET topic/subscriptions >[text]
POST topic/terminate >Position
POST topic/terminate/partitions >{Position}
POST topic/trim
DELETE topic/truncate
PUT topic/unload
POST topic/all_subscription/expireMessages/*
PUT subscription <NewSubscription ?replicated:bool
DELETE subscription ?force:bool
POST subscription/analyzeBacklog <Position >BacklogAnalysis
POST subscription/expireMessages <Reset
POST subscription/expireMessages/*
GET subscription/position/* >any
GET,PUT subscription/properties {text}
POST subscription/replicatedSubscriptionStatus <bool
GET subscription/replicatedSubscriptionStatus >{bool}
POST subscription/resetcursor <Reset
POST subscription/resetcursor/*
POST subscription/(skip/*|skip_all)

GET,POST,DELETE schemas/*/*/*/schema
GET schemas/*/*/*/schema(/*)? >StoredSchema
POST schemas/*/*/*/schema <Schema >StoredVersion
DELETE schemas/*/*/*/schema >Version ?force:bool
GET schemas/*/*/*/schemas >StoredSchemas
GET schemas/*/*/*/metadata >SchemaMetadata
POST schemas/*/*/*/compatibility <Schema >Compatibility
POST schemas/*/*/*/version <Schema >Version
GET /lookup/v2/topic/*/*/*/* >Lookup ?listenerName:text
GET /lookup/v2/topic/*/*/*/*/bundle >text

GET transactions/** >any
GET transactions/coordinatorStats ?coordinatorId:int
GET transactions/positionStatsInPendingAck/*/*/*/*/*/* ?batchIndex:int
GET transactions/(pendingAck|transactionBuffer)Stats/*/*/*(/*)? ?lowWaterMarks:bool
GET transactions/\w+InternalStats/** ?metadata:bool
POST transactions/abortTransaction/*/*
POST transactions/transactionCoordinator/replicas <int
`;

export interface Described {
  readonly query: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly answer: string | undefined;
}

interface Line {
  readonly methods: readonly string[];
  readonly form: RegExp;
  readonly isPolicy: boolean;
  readonly words: readonly string[];
}

/** Undefined where no line is about the route. `path`: with `:name` where a name goes. */
export function described(method: string, path: string): Described | undefined {
  const lines = table().filter(({ methods, form }) => methods.includes(method) && form.test(path));
  if (lines.length === 0) return undefined;
  const query: Record<string, string> = {};
  let body: string | undefined;
  let answer: string | undefined;
  const isWrite = method === 'PUT' || method === 'POST';
  for (const { words, isPolicy } of lines) {
    if (isPolicy && TOPIC.test(path)) query['isGlobal'] = 'bool';
    if (isPolicy && TOPIC.test(path) && method === 'GET') query['applied'] = 'bool';
    for (const word of words) {
      const [name = '', type = ''] = word.slice(1).split(':');
      if (word.startsWith('?')) query[name] = type;
      else if (word.startsWith('<')) body = isWrite ? name : body;
      else if (word.startsWith('>')) answer = method === 'DELETE' && isPolicy ? answer : name;
      else if (isWrite) body = word;
      else if (method === 'GET') answer = word;
    }
  }
  return { query, body, answer };
}

const TOPIC = /^\/admin\/v2\/(?:non-)?persistent\//;

/** Parts of forms, the longer ones first. */
const PARTS: readonly (readonly [RegExp, string])[] = [
  [/^subscription(?=$|\/)/, 'topic/subscription/*'],
  [/^policy\//, '(namespace|topic)/'],
  [/^topics(?=$|\/|\()/, '(non-persistent|persistent)/*/*'],
  [/(?<=^|\(|\|)topic(?=$|\/|\)|\|)/, '(non-persistent|persistent)/*/*/*'],
  [/(?<=^|\(|\|)namespace(?=$|\/|\)|\||\()/, 'namespaces/*/*'],
];

let parsed: readonly Line[] | undefined;

/** Parsed once somebody asks. */
function table(): readonly Line[] {
  parsed ??= LINES.split('\n')
    .filter((line) => line !== '')
    .map(lineOf);
  return parsed;
}

function lineOf(line: string): Line {
  const [methods = '', form = '', ...words] = line.split(/ +/);
  const whole = PARTS.reduce((text, [part, meant]) => text.replace(part, meant), form);
  const path = whole.startsWith('/') ? whole : `/admin/v\\d/${whole}`;
  return {
    methods: methods.split(','),
    form: new RegExp(`^${path.replaceAll('/**', '/.+').replaceAll('/*', '/[^/]+')}$`),
    isPolicy: form.startsWith('policy/'),
    words,
  };
}

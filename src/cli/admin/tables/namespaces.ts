/** Verbs and flags of pulsar-admin, and the requests behind them; read by `../table.ts`. */

export const namespaces = `
list <tenant>: Get the namespaces for a tenant
  > GET namespaces/{tenant}
list-cluster <params>: Get the namespaces for a tenant in a cluster
  > GET namespaces/cluster/{params}
topics <namespace>: Get the list of topics for a namespace
  -m, --mode <text>  Allowed topic domain mode (persistent, non_persistent, all).
  -ist, --include-system-topic  Include system topic
  > @namespaceTopics
bundles <namespace>: Get the list of bundles for a namespace
  > GET namespaces/{namespace}/bundles
destinations <namespace>: Get the list of destinations for a namespace
  > @namespaceTopics
policies <namespace>: Get the configuration policies of a namespace
  > GET namespaces/{namespace}
create <namespace>: Creates a new namespace
  -c, --clusters <list>  List of clusters this namespace will be assigned
  -b, --bundles <n>  number of bundles to activate
  > PUT namespaces/{namespace} @newNamespace
delete <namespace>: Deletes a namespace.
  -f, --force  Delete namespace forcefully by force deleting all topics under it
  > DELETE namespaces/{namespace}?force={--force}
permissions <namespace>: Get the permissions on a namespace
  > GET namespaces/{namespace}/permissions map
grant-permission <namespace>: Grant permissions on a namespace
  --role <text> !  Client role to which grant permissions
  --actions <list> !  Actions to be granted (produce,consume,sources,sinks,functions,packages)
  > POST namespaces/{namespace}/permissions/{--role} --actions
revoke-permission <namespace>: Revoke permissions on a namespace
  --role <text> !  Client role to which revoke permissions
  > DELETE namespaces/{namespace}/permissions/{--role}
subscription-permission <namespace>: Get permissions to access subscription admin-api
  > GET namespaces/{namespace}/permissions/subscription map
grant-subscription-permission <namespace>: Grant permissions to access subscription admin-api
  -s, --subscription <text> !  Subscription name for which permission will be granted to roles
  -rs, --roles <list> !  Client roles to which grant permissions (comma separated roles)
  > POST namespaces/{namespace}/permissions/subscription/{--subscription} --roles
revoke-subscription-permission <namespace>: Revoke permissions to access subscription admin-api
  -s, --subscription <text> !  Subscription name for which permission will be revoked to roles
  -r, --role <text> !  Client role to which revoke permissions
  > DELETE namespaces/{namespace}/permissions/{--subscription}/{--role}
set-clusters <namespace>: Set replication clusters for a namespace
  -c, --clusters <text> !  Replication Cluster Ids list (comma separated values)
  > POST namespaces/{namespace}/replication --clusters list
get-clusters <namespace>: Get replication clusters for a namespace
  > GET namespaces/{namespace}/replication
set-subscription-types-enabled <namespace>: Set subscription types enabled for a namespace
  -t, --types <list> !  Subscription types enabled list (comma separated values). Possible
  > POST namespaces/{namespace}/subscriptionTypesEnabled --types
get-subscription-types-enabled <namespace>: Get subscription types enabled for a namespace
  > GET namespaces/{namespace}/subscriptionTypesEnabled json
remove-subscription-types-enabled <namespace>: Remove subscription types enabled for a namespace
  > DELETE namespaces/{namespace}/subscriptionTypesEnabled
set-allowed-clusters <namespace>: Set allowed clusters for a namespace
  -c, --clusters <text> !  Replication Cluster Ids list (comma separated values)
  > POST namespaces/{namespace}/allowedClusters --clusters list
get-allowed-clusters <namespace>: Get allowed clusters for a namespace
  > GET namespaces/{namespace}/allowedClusters
get-backlog-quotas <namespace>: Get the backlog quota policies for a namespace
  > GET namespaces/{namespace}/backlogQuotaMap map
set-backlog-quota <namespace>: Set a backlog quota policy for a namespace
  -l, --limit <size>  Size limit (eg: 10M, 16G)
  -lt, --limitTime <seconds>  Time limit in second (or minutes, hours, days, weeks eg: 100m, 3h
  -p, --policy <text> !  Retention policy to enforce when the limit is reached. Valid options
  -t, --type <text>  Backlog quota type to set. Valid options are: destination_storage (default)
  > POST namespaces/{namespace}/backlogQuota?backlogQuotaType={--type}
    {limitSize:--limit=-1,limitTime:--limitTime=-1,policy:--policy}
remove-backlog-quota <namespace>: Remove a backlog quota policy from a namespace
  -t, --type <text>  Backlog quota type to remove. Valid options are: destination_storage
  > DELETE namespaces/{namespace}/backlogQuota?backlogQuotaType={--type}
get-persistence <namespace>: Get the persistence policies for a namespace
  > GET namespaces/{namespace}/persistence persistence
set-persistence <namespace>: Set the persistence policies for a namespace
  -e, --bookkeeper-ensemble <n>  Number of bookies to use for a topic
  -w, --bookkeeper-write-quorum <n>  How many writes to make of each entry
  -a, --bookkeeper-ack-quorum <n>  Number of acks (guaranteed copies) to wait for each entry
  -r, --ml-mark-delete-max-rate <d>  Throttling rate of mark-delete operation (0 means no
  -c, --ml-storage-class <text>  Managed ledger storage class name
  > POST namespaces/{namespace}/persistence
    {bookkeeperEnsemble:--bookkeeper-ensemble=2,bookkeeperWriteQuorum:--bookkeeper-write-quorum=2,
    bookkeeperAckQuorum:--bookkeeper-ack-quorum=2,
    managedLedgerMaxMarkDeleteRate:--ml-mark-delete-max-rate=0,
    managedLedgerStorageClassName:--ml-storage-class}
remove-persistence <namespace>: Remove the persistence policies for a namespace
  > DELETE namespaces/{namespace}/persistence
get-message-ttl <namespace>: Get message TTL for a namespace
  > GET namespaces/{namespace}/messageTTL
set-message-ttl <namespace>: Set Message TTL for a namespace
  -ttl, --messageTTL <seconds> !  Message TTL in seconds (or minutes, hours, days, weeks eg
  > POST namespaces/{namespace}/messageTTL --messageTTL
remove-message-ttl <namespace>: Remove Message TTL for a namespace
  > DELETE namespaces/{namespace}/messageTTL
get-max-subscriptions-per-topic <namespace>: Get max subscriptions per topic for a namespace
  > GET namespaces/{namespace}/maxSubscriptionsPerTopic
set-max-subscriptions-per-topic <namespace>: Set max subscriptions per topic for a namespace
  -m, --max-subscriptions-per-topic <n> !  Max subscriptions per topic
  > POST namespaces/{namespace}/maxSubscriptionsPerTopic --max-subscriptions-per-topic
remove-max-subscriptions-per-topic <namespace>: Remove max subscriptions per topic for a namespace
  > DELETE namespaces/{namespace}/maxSubscriptionsPerTopic
get-subscription-expiration-time <namespace>: Get subscription expiration time for a namespace
  > GET namespaces/{namespace}/subscriptionExpirationTime
set-subscription-expiration-time <namespace>: Set subscription expiration time for a namespace
  -t, --time <n> !  Subscription expiration time in minutes
  > POST namespaces/{namespace}/subscriptionExpirationTime --time
remove-subscription-expiration-time <namespace>: Remove subscription expiration time for a
  > DELETE namespaces/{namespace}/subscriptionExpirationTime
get-anti-affinity-group <namespace>: Get Anti-affinity group name for a namespace
  > GET namespaces/{namespace}/antiAffinity
set-anti-affinity-group <namespace>: Set Anti-affinity group name for a namespace
  -g, --group <text> !  Anti-affinity group name
  > POST namespaces/{namespace}/antiAffinity --group text
get-anti-affinity-namespaces: Get Anti-affinity namespaces grouped with the given anti-affinity
  -p, --tenant <text>  tenant is only used for authorization. Client has to be admin of any of
  -c, --cluster <text> !  Cluster name
  -g, --group <text> !  Anti-affinity group name
  > GET namespaces/{--cluster}/antiAffinity/{--group}?property={--tenant}
delete-anti-affinity-group <namespace>: Remove Anti-affinity group name for a namespace
  > DELETE namespaces/{namespace}/antiAffinity
set-deduplication <namespace>: Enable or disable deduplication for a namespace
  -e, --enable  Enable deduplication
  -d, --disable  Disable deduplication
  > POST namespaces/{namespace}/deduplication --enable
get-deduplication <namespace>: Get Deduplication for a namespace
  > GET namespaces/{namespace}/deduplication
remove-deduplication <namespace>: Remove Deduplication for a namespace
  > DELETE namespaces/{namespace}/deduplication
set-auto-topic-creation <namespace>: Enable or disable autoTopicCreation for a namespace
  -e, --enable  Enable allowAutoTopicCreation on namespace
  -d, --disable  Disable allowAutoTopicCreation on namespace
  -t, --type <text>  Type of topic to be auto-created. Possible values: (partitioned
  -n, --num-partitions <n>  Default number of partitions of topic to be auto-created, applicable
  > POST namespaces/{namespace}/autoTopicCreation
    {allowAutoTopicCreation:--enable=false,topicType:--type,defaultNumPartitions:--num-partitions}
get-auto-topic-creation <namespace>: Get autoTopicCreation info for a namespace
  > GET namespaces/{namespace}/autoTopicCreation
remove-auto-topic-creation <namespace>: Remove override of autoTopicCreation for a namespace
  > DELETE namespaces/{namespace}/autoTopicCreation
set-auto-subscription-creation <namespace>: Enable autoSubscriptionCreation for a namespace
  -e, --enable  Enable allowAutoSubscriptionCreation on namespace
  > POST namespaces/{namespace}/autoSubscriptionCreation
    {allowAutoSubscriptionCreation:--enable=false}
get-auto-subscription-creation <namespace>: Get the autoSubscriptionCreation for a namespace
  > GET namespaces/{namespace}/autoSubscriptionCreation
remove-auto-subscription-creation <namespace>: Remove override of autoSubscriptionCreation for a
  > DELETE namespaces/{namespace}/autoSubscriptionCreation
get-retention <namespace>: Get the retention policy for a namespace
  > GET namespaces/{namespace}/retention
set-retention <namespace>: Set the retention policy for a namespace
  -t, --time <seconds> !  Retention time with optional time unit suffix. For example, 100m, 3h
  -s, --size <size> !  Retention size limit with optional size unit suffix. For example, 4096
  > POST namespaces/{namespace}/retention @retention
remove-retention <namespace>: Remove the retention policy for a namespace
  > DELETE namespaces/{namespace}/retention
set-bookie-affinity-group <namespace>: Set the bookie-affinity group name
  -pg, --primary-group <text> !  Bookie-affinity primary-groups (comma separated) name where
  -sg, --secondary-group <text>  Bookie-affinity secondary-group (comma separated) name where
  > POST namespaces/{namespace}/persistence/bookieAffinity
    {bookkeeperAffinityGroupPrimary:--primary-group,
    bookkeeperAffinityGroupSecondary:--secondary-group}
get-bookie-affinity-group <namespace>: Get the bookie-affinity group name
  > GET namespaces/{namespace}/persistence/bookieAffinity
delete-bookie-affinity-group <namespace>: Set the bookie-affinity group name
  > DELETE namespaces/{namespace}/persistence/bookieAffinity
unload <namespace>: Unload a namespace from the current serving broker
  -b, --bundle <text>  {start-boundary}_{end-boundary}
  -d, --destinationBroker <text>  Target brokerWebServiceAddress to which the bundle has to be
  > PUT namespaces/{namespace}[/{--bundle}]/unload?destinationBroker={--destinationBroker}
split-bundle <namespace>: Split a namespace-bundle from the current serving broker
  -b, --bundle <text>  {start-boundary}_{end-boundary} (mutually exclusive with --bundle-type)
  -bt, --bundle-type <text>  bundle type (mutually exclusive with --bundle)
  -u, --unload  Unload newly split bundles after splitting old bundle
  -san, --split-algorithm-name <text>  Algorithm name for split namespace bundle. Valid options
  -sb, --split-boundaries <list>  Specified split boundary for bundle split, will split one
  > PUT namespaces/{namespace}/{--bundle|--bundle-type}/split?unload={--unload}
    &splitAlgorithmName={--split-algorithm-name} @splitBoundaries
get-topic-positions <namespace>: Get the positions for one or more topic(s) in a namespace bundle
  -b, --bundle <text>  {start-boundary}_{end-boundary} format namespace bundle
  -tl, --topic-list <list>  The list of topics(both non-partitioned topic and partitioned topic)
  > POST namespaces/{namespace}/{--bundle}/topicHashPositions?topics={--topic-list}
set-dispatch-rate <namespace>: Set message-dispatch-rate for all topics of the namespace
  -md, --msg-dispatch-rate <n>  message-dispatch-rate (default -1 will be overwrite if not passed)
  -bd, --byte-dispatch-rate <n>  byte-dispatch-rate (default -1 will be overwrite if not passed)
  -dt, --dispatch-rate-period <n>  dispatch-rate-period in second type (default 1 second will be
  -rp, --relative-to-publish-rate  dispatch rate relative to publish-rate (if publish-relative
  > POST namespaces/{namespace}/dispatchRate
    {dispatchThrottlingRateInMsg:--msg-dispatch-rate=-1,
    dispatchThrottlingRateInByte:--byte-dispatch-rate=-1,
    relativeToPublishRate:--relative-to-publish-rate=false,
    ratePeriodInSecond:--dispatch-rate-period=1}
remove-dispatch-rate <namespace>: Remove configured message-dispatch-rate for all topics of the
  > DELETE namespaces/{namespace}/dispatchRate
get-dispatch-rate <namespace>: Get configured message-dispatch-rate for all topics of the
  > GET namespaces/{namespace}/dispatchRate
set-subscribe-rate <namespace>: Set subscribe-rate per consumer for all topics of the namespace
  -sr, --subscribe-rate <n>  subscribe-rate (default -1 will be overwrite if not passed)
  -st, --subscribe-rate-period <n>  subscribe-rate-period in second type (default 30 second will
  > POST namespaces/{namespace}/subscribeRate
    {subscribeThrottlingRatePerConsumer:--subscribe-rate=-1,
    ratePeriodInSecond:--subscribe-rate-period=30}
get-subscribe-rate <namespace>: Get configured subscribe-rate per consumer for all topics of the
  > GET namespaces/{namespace}/subscribeRate
remove-subscribe-rate <namespace>: Remove configured subscribe-rate per consumer for all topics
  > DELETE namespaces/{namespace}/subscribeRate
set-subscription-dispatch-rate <namespace>: Set subscription message-dispatch-rate for all
  -md, --msg-dispatch-rate <n>  message-dispatch-rate (default -1 will be overwrite if not passed)
  -bd, --byte-dispatch-rate <n>  byte-dispatch-rate (default -1 will be overwrite if not passed)
  -dt, --dispatch-rate-period <n>  dispatch-rate-period in second type (default 1 second will be
  -rp, --relative-to-publish-rate  dispatch rate relative to publish-rate (if publish-relative
  > POST namespaces/{namespace}/subscriptionDispatchRate
    {dispatchThrottlingRateInMsg:--msg-dispatch-rate=-1,
    dispatchThrottlingRateInByte:--byte-dispatch-rate=-1,
    relativeToPublishRate:--relative-to-publish-rate=false,
    ratePeriodInSecond:--dispatch-rate-period=1}
get-subscription-dispatch-rate <namespace>: Get subscription configured message-dispatch-rate
  > GET namespaces/{namespace}/subscriptionDispatchRate
remove-subscription-dispatch-rate <namespace>: Remove subscription configured
  > DELETE namespaces/{namespace}/subscriptionDispatchRate
set-publish-rate <namespace>: Set publish-rate for all topics of the namespace
  -m, --msg-publish-rate <n>  message-publish-rate (default -1 will be overwrite if not passed)
  -b, --byte-publish-rate <n>  byte-publish-rate (default -1 will be overwrite if not passed)
  > POST namespaces/{namespace}/publishRate
    {publishThrottlingRateInMsg:--msg-publish-rate=-1,
    publishThrottlingRateInByte:--byte-publish-rate=-1}
get-publish-rate <namespace>: Get configured message-publish-rate for all topics of the
  > GET namespaces/{namespace}/publishRate
remove-publish-rate <namespace>: Remove publish-rate for all topics of the namespace
  > DELETE namespaces/{namespace}/publishRate
set-replicator-dispatch-rate <namespace>: Set replicator message-dispatch-rate for all topics of
  -md, --msg-dispatch-rate <n>  message-dispatch-rate (default -1 will be overwrite if not passed)
  -bd, --byte-dispatch-rate <n>  byte-dispatch-rate (default -1 will be overwrite if not passed)
  -dt, --dispatch-rate-period <n>  dispatch-rate-period in second type (default 1 second will be
  > POST namespaces/{namespace}/replicatorDispatchRate
    {dispatchThrottlingRateInMsg:--msg-dispatch-rate=-1,
    dispatchThrottlingRateInByte:--byte-dispatch-rate=-1,
    relativeToPublishRate:--relative-to-publish-rate=false,
    ratePeriodInSecond:--dispatch-rate-period=1}
get-replicator-dispatch-rate <namespace>: Get replicator configured message-dispatch-rate for
  > GET namespaces/{namespace}/replicatorDispatchRate
remove-replicator-dispatch-rate <namespace>: Remove replicator configured message-dispatch-rate
  > DELETE namespaces/{namespace}/replicatorDispatchRate
clear-backlog <namespace>: Clear backlog for a namespace
  -s, --sub <text>  subscription name
  -b, --bundle <text>  {start-boundary}_{end-boundary}
  -force, --force  Whether to force clear backlog without prompt
  > POST namespaces/{namespace}[/{--bundle}]/clearBacklog[/{--sub}]
unsubscribe <namespace>: Unsubscribe the given subscription on all topics on a namespace
  -s, --sub <text> !  subscription name
  -b, --bundle <text>  {start-boundary}_{end-boundary}
  > POST namespaces/{namespace}[/{--bundle}]/unsubscribe/{--sub}
set-encryption-required <namespace>: Enable or disable message encryption required for a namespace
  -e, --enable  Enable message encryption required
  -d, --disable  Disable message encryption required
  > POST namespaces/{namespace}/encryptionRequired --enable
get-encryption-required <namespace>: Get encryption required for a namespace
  > GET namespaces/{namespace}/encryptionRequired
set-subscription-auth-mode <namespace>: Set subscription auth mode on a namespace
  -m, --subscription-auth-mode <text> !  Subscription authorization mode for Pulsar policies.
  > POST namespaces/{namespace}/subscriptionAuthMode --subscription-auth-mode
get-subscription-auth-mode <namespace>: Get subscriptionAuthMod for a namespace
  > GET namespaces/{namespace}/subscriptionAuthMode
set-delayed-delivery <namespace>: Set the delayed delivery policy on a namespace
  -e, --enable  Enable delayed delivery messages
  -d, --disable  Disable delayed delivery messages
  -t, --time <millis>  The tick time for when retrying on delayed delivery messages, affecting
  -md, --maxDelay <millis>  The max allowed delay for delayed delivery. (eg: 1s, 10s, 1m, 5h, 3d)
  > POST namespaces/{namespace}/delayedDelivery
    {tickTime:--time=1000,active:--enable=false,maxDeliveryDelayInMillis:--maxDelay=0}
get-delayed-delivery <namespace>: Get the delayed delivery policy for a namespace
  > GET namespaces/{namespace}/delayedDelivery
remove-delayed-delivery <namespace>: Remove delayed delivery policies from a namespace
  > DELETE namespaces/{namespace}/delayedDelivery
get-inactive-topic-policies <namespace>: Get the inactive topic policy for a namespace
  > GET namespaces/{namespace}/inactiveTopicPolicies
set-inactive-topic-policies <namespace>: Set the inactive topic policies on a namespace
  -e, --enable-delete-while-inactive  Enable delete while inactive
  -d, --disable-delete-while-inactive  Disable delete while inactive
  -t, --max-inactive-duration <seconds> !  Max duration of topic inactivity in seconds, topics
  -m, --delete-mode <text> !  Mode of delete inactive topic, Valid options are
  > POST namespaces/{namespace}/inactiveTopicPolicies
    {inactiveTopicDeleteMode:--delete-mode,maxInactiveDurationSeconds:--max-inactive-duration,
    deleteWhileInactive:--enable-delete-while-inactive=false}
remove-inactive-topic-policies <namespace>: Remove inactive topic policies from a namespace
  > DELETE namespaces/{namespace}/inactiveTopicPolicies
get-max-producers-per-topic <namespace>: Get maxProducersPerTopic for a namespace
  > GET namespaces/{namespace}/maxProducersPerTopic
set-max-producers-per-topic <namespace>: Set maxProducersPerTopic for a namespace
  -p, --max-producers-per-topic <n> !  maxProducersPerTopic for a namespace
  > POST namespaces/{namespace}/maxProducersPerTopic --max-producers-per-topic
remove-max-producers-per-topic <namespace>: Remove max producers per topic for a namespace
  > DELETE namespaces/{namespace}/maxProducersPerTopic
get-max-consumers-per-topic <namespace>: Get maxConsumersPerTopic for a namespace
  > GET namespaces/{namespace}/maxConsumersPerTopic
set-max-consumers-per-topic <namespace>: Set maxConsumersPerTopic for a namespace
  -c, --max-consumers-per-topic <n> !  maxConsumersPerTopic for a namespace
  > POST namespaces/{namespace}/maxConsumersPerTopic --max-consumers-per-topic
remove-max-consumers-per-topic <namespace>: Remove max consumers per topic for a namespace
  > DELETE namespaces/{namespace}/maxConsumersPerTopic
get-max-consumers-per-subscription <namespace>: Get maxConsumersPerSubscription for a namespace
  > GET namespaces/{namespace}/maxConsumersPerSubscription
set-max-consumers-per-subscription <namespace>: Set maxConsumersPerSubscription for a namespace
  -c, --max-consumers-per-subscription <n> !  maxConsumersPerSubscription for a namespace
  > POST namespaces/{namespace}/maxConsumersPerSubscription --max-consumers-per-subscription
remove-max-consumers-per-subscription <namespace>: Remove maxConsumersPerSubscription for a
  > DELETE namespaces/{namespace}/maxConsumersPerSubscription
get-max-unacked-messages-per-subscription <namespace>: Get maxUnackedMessagesPerSubscription for
  > GET namespaces/{namespace}/maxUnackedMessagesPerSubscription
set-max-unacked-messages-per-subscription <namespace>: Set maxUnackedMessagesPerSubscription for
  -c, --max-unacked-messages-per-subscription <n> !  maxUnackedMessagesPerSubscription for a
  > POST namespaces/{namespace}/maxUnackedMessagesPerSubscription
    --max-unacked-messages-per-subscription
remove-max-unacked-messages-per-subscription <namespace>: Remove
  > DELETE namespaces/{namespace}/maxUnackedMessagesPerSubscription
get-max-unacked-messages-per-consumer <namespace>: Get maxUnackedMessagesPerConsumer for a
  > GET namespaces/{namespace}/maxUnackedMessagesPerConsumer
set-max-unacked-messages-per-consumer <namespace>: Set maxUnackedMessagesPerConsumer for a
  -c, --max-unacked-messages-per-topic <n> !  maxUnackedMessagesPerConsumer for a namespace
  > POST namespaces/{namespace}/maxUnackedMessagesPerConsumer --max-unacked-messages-per-topic
remove-max-unacked-messages-per-consumer <namespace>: Remove maxUnackedMessagesPerConsumer for a
  > DELETE namespaces/{namespace}/maxUnackedMessagesPerConsumer
get-compaction-threshold <namespace>: Get compactionThreshold for a namespace
  > GET namespaces/{namespace}/compactionThreshold
set-compaction-threshold <namespace>: Set compactionThreshold for a namespace
  -t, --threshold <size> !  Maximum number of bytes in a topic backlog before compaction is
  > PUT namespaces/{namespace}/compactionThreshold --threshold
remove-compaction-threshold <namespace>: Remove compactionThreshold for a namespace
  > DELETE namespaces/{namespace}/compactionThreshold
get-offload-threshold <namespace>: Get offloadThreshold for a namespace
  > GET namespaces/{namespace}/offloadThreshold
set-offload-threshold <namespace>: Set offloadThreshold for a namespace
  -s, --size <size> !  Maximum number of bytes stored in the pulsar cluster for a topic before
  -t, --time <seconds>  Maximum number of seconds stored on the pulsar cluster for a topic
  > PUT namespaces/{namespace}/offloadThreshold --size
  > --time? PUT namespaces/{namespace}/offloadThresholdInSeconds --time
get-offload-deletion-lag <namespace>: Get offloadDeletionLag, in minutes, for a namespace
  > GET namespaces/{namespace}/offloadDeletionLagMs
set-offload-deletion-lag <namespace>: Set offloadDeletionLag for a namespace
  -l, --lag <seconds> !  Duration to wait after offloading a ledger segment, before deleting the
  > PUT namespaces/{namespace}/offloadDeletionLagMs @millisOfLag
clear-offload-deletion-lag <namespace>: Clear offloadDeletionLag for a namespace
  > DELETE namespaces/{namespace}/offloadDeletionLagMs
get-schema-autoupdate-strategy <namespace>: Get the schema auto-update strategy for a namespace
  > GET namespaces/{namespace}/schemaAutoUpdateCompatibilityStrategy
set-schema-autoupdate-strategy <namespace>: Set the schema auto-update strategy for a namespace
  -c, --compatibility <text>  Compatibility level required for new schemas created via a
  -d, --disabled  Disable automatic schema updates
  > PUT namespaces/{namespace}/schemaAutoUpdateCompatibilityStrategy @autoUpdate
get-schema-compatibility-strategy <namespace>: Get the schema compatibility strategy for a
  > GET namespaces/{namespace}/schemaCompatibilityStrategy
set-schema-compatibility-strategy <namespace>: Set the schema compatibility strategy for a
  -c, --compatibility <text>  Compatibility level required for new schemas created via a
  > PUT namespaces/{namespace}/schemaCompatibilityStrategy --compatibility
get-is-allow-auto-update-schema <namespace>: Get the namespace whether allow auto update schema
  > GET namespaces/{namespace}/isAllowAutoUpdateSchema
set-is-allow-auto-update-schema <namespace>: Set the namespace whether allow auto update schema
  -e, --enable  Enable schema validation enforced
  -d, --disable  Disable schema validation enforced
  > POST namespaces/{namespace}/isAllowAutoUpdateSchema --enable
get-schema-validation-enforce <namespace>: Get the schema validation enforced
  -ap, --applied  Get the applied policy of the namespace
  > GET namespaces/{namespace}/schemaValidationEnforced?applied={--applied}
set-schema-validation-enforce <namespace>: Set the schema whether open schema validation enforced
  -e, --enable  Enable schema validation enforced
  -d, --disable  Disable schema validation enforced
  > POST namespaces/{namespace}/schemaValidationEnforced --enable
set-offload-policies <namespace>: Set the offload policies for a namespace
  -d, --driver <text> !  Driver to use to offload old data to long term storage, (Possible
  -r, --region <text>  The long term storage region, default is s3ManagedLedgerOffloadRegion or
  -b, --bucket <text>  Bucket to place offloaded ledger into
  -e, --endpoint <text>  Alternative endpoint to connect to, s3 default is
  -i, --aws-id <text>  AWS Credential Id to use when using driver S3 or aws-s3
  -s, --aws-secret <text>  AWS Credential Secret to use when using driver S3 or aws-s3
  -ro, --s3-role <text>  S3 Role used for STSAssumeRoleSessionCredentialsProvider
  -rsn, --s3-role-session-name <text>  S3 role session name used for
  -mbs, --maxBlockSize <size>  Max block size (eg: 32M, 64M), default is 64MBs3 and
  -rbs, --readBufferSize <size>  Read buffer size (eg: 1M, 5M), default is 1MB
  -oae, --offloadAfterElapsed <millis>  Delay time in Millis for deleting the bookkeeper ledger
  -oat, --offloadAfterThreshold <size>  Offload after threshold size (eg: 1M, 5M)
  -oats, --offloadAfterThresholdInSeconds <seconds>  Offload after threshold seconds (or
  -orp, --offloadedReadPriority <text>  Read priority for offloaded messages. By default, once
  > POST namespaces/{namespace}/offloadPolicies @offloadPolicies
remove-offload-policies <namespace>: Remove the offload policies for a namespace
  > DELETE namespaces/{namespace}/removeOffloadPolicies
get-offload-policies <namespace>: Get the offload policies for a namespace
  > GET namespaces/{namespace}/offloadPolicies
set-deduplication-snapshot-interval <namespace>: Set deduplicationSnapshotInterval for a namespace
  -i, --interval <n> !  deduplicationSnapshotInterval for a namespace
  > POST namespaces/{namespace}/deduplicationSnapshotInterval --interval
get-deduplication-snapshot-interval <namespace>: Get deduplicationSnapshotInterval for a namespace
  > GET namespaces/{namespace}/deduplicationSnapshotInterval
remove-deduplication-snapshot-interval <namespace>: Remove deduplicationSnapshotInterval for a
  > POST namespaces/{namespace}/deduplicationSnapshotInterval @nothing
set-max-topics-per-namespace <namespace>: Set max topics per namespace
  -t, --max-topics-per-namespace <n> !  max topics per namespace
  > POST namespaces/{namespace}/maxTopicsPerNamespace --max-topics-per-namespace
get-max-topics-per-namespace <namespace>: Get max topics per namespace
  > GET namespaces/{namespace}/maxTopicsPerNamespace
remove-max-topics-per-namespace <namespace>: Remove max topics per namespace
  > DELETE namespaces/{namespace}/maxTopicsPerNamespace
set-property <namespace>: Set property for a namespace
  -k, --key <text> !  Key of the property
  -v, --value <text> !  Value of the property
  > PUT namespaces/{namespace}/property/{--key}/{--value}
get-property <namespace>: Get property for a namespace
  -k, --key <text> !  Key of the property
  > GET namespaces/{namespace}/property/{--key}
remove-property <namespace>: Remove property for a namespace
  -k, --key <text> !  Key of the property
  > DELETE namespaces/{namespace}/property/{--key} show
set-properties <namespace>: Set properties of a namespace
  -p, --properties <map> !  key value pair properties(a=a,b=b,c=c)
  > PUT namespaces/{namespace}/properties @properties
get-properties <namespace>: Get properties of a namespace
  > GET namespaces/{namespace}/properties
clear-properties <namespace>: Clear all properties for a namespace
  > DELETE namespaces/{namespace}/properties
get-resource-group <namespace>: Get ResourceGroup for a namespace
  > GET namespaces/{namespace}/resourcegroup text
set-resource-group <namespace>: Set ResourceGroup for a namespace
  -rgn, --resource-group-name <text> !  ResourceGroup name
  > POST namespaces/{namespace}/resourcegroup/{--resource-group-name}
remove-resource-group <namespace>: Remove ResourceGroup from a namespace
  > DELETE namespaces/{namespace}/resourcegroup
get-entry-filters <namespace>: Get entry filters for a namespace
  > GET namespaces/{namespace}/entryFilters
set-entry-filters <namespace>: Set entry filters for a namespace
  -efn, --entry-filters-name <text> !  The class name for the entry filter.
  > POST namespaces/{namespace}/entryFilters {entryFilterNames:--entry-filters-name}
remove-entry-filters <namespace>: Remove entry filters for a namespace
  > DELETE namespaces/{namespace}/entryFilters
update-migration-state <namespace>: Update migration state for a namespace
  --migrated  Is namespace migrated
  > POST namespaces/{namespace}/migration?migrated={--migrated}
set-dispatcher-pause-on-ack-state-persistent <namespace>: Enable
  > POST namespaces/{namespace}/dispatcherPauseOnAckStatePersistent
get-dispatcher-pause-on-ack-state-persistent <namespace>: Get the
  > GET namespaces/{namespace}/dispatcherPauseOnAckStatePersistent
remove-dispatcher-pause-on-ack-state-persistent <namespace>: Remove
  > DELETE namespaces/{namespace}/dispatcherPauseOnAckStatePersistent
`;

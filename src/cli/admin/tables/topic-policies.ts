/** Verbs and flags of pulsar-admin, and the requests behind them; read by `../table.ts`. */

export const topicPolicies = `
delete <topic>: Remove the all policies for a topic, it will not remove policies from the
  > DELETE {topic}/policies
get-message-ttl <topic>: Get the message TTL for a topic
  -ap, --applied  Get the applied policy of the topic
  -g, --global  Whether to get this policy globally. If set to true, broker returned global
  > GET {topic}/messageTTL?isGlobal={--global}&applied={--applied}
set-message-ttl <topic>: Set message TTL for a topic
  -t, --ttl <seconds> !  Message TTL for topic in seconds (or minutes, hours, days, weeks eg
  -g, --global  Whether to set this policy globally. If set to true, broker returned global
  > POST {topic}/messageTTL?isGlobal={--global}&messageTTL={--ttl}
remove-message-ttl <topic>: Remove message TTL for a topic
  -g, --global  Whether to remove this policy globally. If set to true, broker returned global
  > DELETE {topic}/messageTTL?isGlobal={--global}
get-max-unacked-messages-per-consumer <topic>: Get max unacked messages policy per consumer for
  -ap, --applied  Get the applied policy of the topic
  -g, --global  Whether to get this policy globally. If set to true, broker returned global
  > GET {topic}/maxUnackedMessagesOnConsumer?isGlobal={--global}&applied={--applied}
set-max-unacked-messages-per-consumer <topic>: Set max unacked messages policy per consumer for
  -m, --maxNum <n> !  max unacked messages num on consumer
  -g, --global  Whether to set this policy globally. If set to true, broker returned global
  > POST {topic}/maxUnackedMessagesOnConsumer?isGlobal={--global} --maxNum
remove-max-unacked-messages-per-consumer <topic>: Remove max unacked messages policy per
  -g, --global  Whether to remove this policy globally. If set to true, broker returned global
  > DELETE {topic}/maxUnackedMessagesOnConsumer?isGlobal={--global}
get-max-consumers-per-subscription <topic>: Get max consumers per subscription for a topic
  -g, --global  Whether to get this policy globally. If set to true, broker returned global
  > GET {topic}/maxConsumersPerSubscription?isGlobal={--global}
set-max-consumers-per-subscription <topic>: Set max consumers per subscription for a topic
  -c, --max-consumers-per-subscription <n> !  maxConsumersPerSubscription for a namespace
  -g, --global  Whether to set this policy globally. If set to true, broker returned global
  > POST {topic}/maxConsumersPerSubscription?isGlobal={--global} --max-consumers-per-subscription
remove-max-consumers-per-subscription <topic>: Remove max consumers per subscription for a topic
  -g, --global  Whether to remove this policy globally. If set to true, broker returned global
  > DELETE {topic}/maxConsumersPerSubscription?isGlobal={--global}
set-subscription-types-enabled <topic>: Set subscription types enabled for a topic
  -t, --types <list> !  Subscription types enabled list (comma separated values). Possible
  -g, --global  Whether to get this policy globally. If set to true, broker returned global
  > POST {topic}/subscriptionTypesEnabled?isGlobal={--global} --types
get-subscription-types-enabled <topic>: Get subscription types enabled for a topic
  -g, --global  Whether to set this policy globally. If set to true, the policy will be
  > GET {topic}/subscriptionTypesEnabled?isGlobal={--global} json
remove-subscription-types-enabled <topic>: Remove subscription types enabled for a topic
  -g, --global  Whether to set this policy globally. If set to true, the removing operation will
  > DELETE {topic}/subscriptionTypesEnabled?isGlobal={--global}
get-retention <topic>: Get the retention policy for a topic
  -ap, --applied  Get the applied policy of the topic
  -g, --global  Whether to get this policy globally. If set to true, the broker returns global
  > GET {topic}/retention?isGlobal={--global}&applied={--applied}
set-retention <topic>: Set the retention policy for a topic
  -t, --time <seconds> !  Retention time with optional time unit suffix. For example, 100m, 3h
  -s, --size <size> !  Retention size limit with optional size unit suffix. For example, 4096
  -g, --global  Whether to set this policy globally. If set to true, the policy is replicated to
  > POST {topic}/retention?isGlobal={--global} @retention
remove-retention <topic>: Remove the retention policy for a topic
  -g, --global  Whether to remove this policy globally. If set to true, the removing operation
  > DELETE {topic}/retention?isGlobal={--global}
get-backlog-quota <topic>: Get the backlog quota policies for a topic
  -ap, --applied  Get the applied policy of the topic
  -g, --global  Whether to get this policy globally. If set to true, broker returned global
  > GET {topic}/backlogQuotaMap?isGlobal={--global}&applied={--applied} map
set-backlog-quota <topic>: Set a backlog quota policy for a topic
  -l, --limit <size>  Size limit (eg: 10M, 16G)
  -lt, --limitTime <seconds>  Time limit in second (or minutes, hours, days, weeks eg: 100m, 3h
  -p, --policy <text> !  Retention policy to enforce when the limit is reached. Valid options
  -t, --type <text>  Backlog quota type to set. Valid options are: destination_storage (default)
  -g, --global  Whether to set this policy globally. If set to true, the policy will be
  > POST {topic}/backlogQuota?isGlobal={--global}&backlogQuotaType={--type}
    {limitSize:--limit=-1,limitTime:--limitTime=-1,policy:--policy}
remove-backlog-quota <topic>: Remove a backlog quota policy from a topic
  -t, --type <text>  Backlog quota type to remove
  -g, --global  Whether to remove this policy globally. If set to true, the removing operation
  > DELETE {topic}/backlogQuota?isGlobal={--global}&backlogQuotaType={--type}
get-max-producers <topic>: Get max number of producers for a topic
  -ap, --applied  Get the applied policy of the topic
  -g, --global  Whether to get this policy globally. If set to true, broker returned global
  > GET {topic}/maxProducers?isGlobal={--global}&applied={--applied}
set-max-producers <topic>: Set max number of producers for a topic
  -p, --max-producers <n> !  Max producers for a topic
  -g, --global  Whether to set this policy globally. If set to true, the policy will be
  > POST {topic}/maxProducers?isGlobal={--global} --max-producers
remove-max-producers <topic>: Remove max number of producers for a topic
  -g, --global  Whether to set this policy globally. If set to true, the removing operation will
  > DELETE {topic}/maxProducers?isGlobal={--global}
get-max-message-size <topic>: Get max message size for a topic
  -g, --global  Whether to get this policy globally. If set to true, broker returns global topic
  > GET {topic}/maxMessageSize?isGlobal={--global}
set-max-message-size <topic>: Set max message size for a topic
  -m, --max-message-size <n> !  Max message size for a topic
  -g, --global  Whether to set this policy globally.
  > POST {topic}/maxMessageSize?isGlobal={--global} --max-message-size
remove-max-message-size <topic>: Remove max message size for a topic
  -g, --global  Whether to remove this policy globally.
  > DELETE {topic}/maxMessageSize?isGlobal={--global}
set-deduplication <topic>: Enable or disable status for a topic
  -e, --enable  Enable deduplication
  -d, --disable  Disable deduplication
  -g, --global  Whether to set this policy globally. If set to true, the removing operation will
  > POST {topic}/deduplicationEnabled?isGlobal={--global} --enable
get-deduplication <topic>: Get the deduplication status for a topic
  -g, --global  Whether to get this policy globally.
  > GET {topic}/deduplicationEnabled?isGlobal={--global}
remove-deduplication <topic>: Remove the deduplication status for a topic
  -g, --global  Whether to remove this policy globally. If set to true, the removing operation
  > DELETE {topic}/deduplicationEnabled?isGlobal={--global}
get-deduplication-snapshot-interval <topic>: Get deduplication snapshot interval for a topic
  -g, --global  Whether to get this policy globally. If set to true, broker returns global topic
  > GET {topic}/deduplicationSnapshotInterval?isGlobal={--global}
set-deduplication-snapshot-interval <topic>: Set deduplication snapshot interval for a topic
  -i, --interval <n> !  Deduplication snapshot interval for topic in second, allowed range from
  -g, --global  Whether to set this policy globally.
  > POST {topic}/deduplicationSnapshotInterval?isGlobal={--global} --interval
remove-deduplication-snapshot-interval <topic>: Remove deduplication snapshot interval for a topic
  -g, --global  Whether to remove this policy globally.
  > DELETE {topic}/deduplicationSnapshotInterval?isGlobal={--global}
get-persistence <topic>: Get the persistence policies for a topic
  -g, --global  Whether to get this policy globally. If set to true, broker returned global
  > GET {topic}/persistence?isGlobal={--global} persistence
set-persistence <topic>: Set the persistence policies for a topic
  -e, --bookkeeper-ensemble <n>  Number of bookies to use for a topic
  -w, --bookkeeper-write-quorum <n>  How many writes to make of each entry
  -a, --bookkeeper-ack-quorum <n>  Number of acks (guaranteed copies) to wait for each entry
  -r, --ml-mark-delete-max-rate <d>  Throttling rate of mark-delete operation (0 means no
  -g, --global  Whether to set this policy globally. If set to true, the policy will be
  -c, --ml-storage-class <text>  Managed ledger storage class name
  > POST {topic}/persistence?isGlobal={--global}
    {bookkeeperEnsemble:--bookkeeper-ensemble=2,bookkeeperWriteQuorum:--bookkeeper-write-quorum=2,
    bookkeeperAckQuorum:--bookkeeper-ack-quorum=2,
    managedLedgerMaxMarkDeleteRate:--ml-mark-delete-max-rate=0,
    managedLedgerStorageClassName:--ml-storage-class}
remove-persistence <topic>: Remove the persistence policy for a topic
  -g, --global  Whether to remove this policy globally. If set to true, the removing operation
  > DELETE {topic}/persistence?isGlobal={--global}
get-subscription-dispatch-rate <topic>: Get subscription message-dispatch-rate for a topic
  -ap, --applied  Get the applied policy of the topic
  -g, --global  Whether to get this policy globally. If set to true, broker returned global
  -s, --subscription <text>  Get message-dispatch-rate of a specific subscription
  > GET {topic}/subscriptionDispatchRate?isGlobal={--global}&applied={--applied}
  > --subscription? GET
    {topic}/{--subscription}/dispatchRate?isGlobal={--global}&applied={--applied}
set-subscription-dispatch-rate <topic>: Set subscription message-dispatch-rate for a topic
  -md, --msg-dispatch-rate <n>  message-dispatch-rate (default -1 will be overwrite if not passed)
  -bd, --byte-dispatch-rate <n>  byte-dispatch-rate (default -1 will be overwrite if not passed)
  -dt, --dispatch-rate-period <n>  dispatch-rate-period in second type (default 1 second will be
  -rp, --relative-to-publish-rate  dispatch rate relative to publish-rate (if publish-relative
  -g, --global  Whether to set this policy globally. If set to true, the policy will be
  -s, --subscription <text>  Set message-dispatch-rate for a specific subscription
  > POST {topic}/subscriptionDispatchRate?isGlobal={--global}
    {dispatchThrottlingRateInMsg:--msg-dispatch-rate=-1,
    dispatchThrottlingRateInByte:--byte-dispatch-rate=-1,
    relativeToPublishRate:--relative-to-publish-rate=false,
    ratePeriodInSecond:--dispatch-rate-period=1}
  > --subscription? POST {topic}/{--subscription}/dispatchRate?isGlobal={--global}
    {dispatchThrottlingRateInMsg:--msg-dispatch-rate=-1,
    dispatchThrottlingRateInByte:--byte-dispatch-rate=-1,
    relativeToPublishRate:--relative-to-publish-rate=false,
    ratePeriodInSecond:--dispatch-rate-period=1}
remove-subscription-dispatch-rate <topic>: Remove subscription message-dispatch-rate for a topic
  -g, --global  Whether to set this policy globally. If set to true, the policy will be
  -s, --subscription <text>  Remove message-dispatch-rate for a specific subscription
  > DELETE {topic}/subscriptionDispatchRate?isGlobal={--global}
  > --subscription? DELETE {topic}/{--subscription}/dispatchRate?isGlobal={--global}
get-replicator-dispatch-rate <topic>: Get replicator message-dispatch-rate for a topic
  -ap, --applied  Get the applied policy of the topic
  -g, --global  Whether to get this policy globally. If set to true, broker returned global
  > GET {topic}/replicatorDispatchRate?isGlobal={--global}&applied={--applied}
set-replicator-dispatch-rate <topic>: Set replicator message-dispatch-rate for a topic
  -md, --msg-dispatch-rate <n>  message-dispatch-rate (default -1 will be overwrite if not passed)
  -bd, --byte-dispatch-rate <n>  byte-dispatch-rate (default -1 will be overwrite if not passed)
  -dt, --dispatch-rate-period <n>  dispatch-rate-period in second type (default 1 second will be
  -rp, --relative-to-publish-rate  dispatch rate relative to publish-rate (if publish-relative
  -g, --global  Whether to set this policy globally. If set to true, the policy will be
  > POST {topic}/replicatorDispatchRate?isGlobal={--global}
    {dispatchThrottlingRateInMsg:--msg-dispatch-rate=-1,
    dispatchThrottlingRateInByte:--byte-dispatch-rate=-1,
    relativeToPublishRate:--relative-to-publish-rate=false,
    ratePeriodInSecond:--dispatch-rate-period=1}
remove-replicator-dispatch-rate <topic>: Remove replicator message-dispatch-rate for a topic
  -g, --global  Whether to remove this policy globally. If set to true, the policy will be
  > DELETE {topic}/replicatorDispatchRate?isGlobal={--global}
get-publish-rate <topic>: Get publish rate for a topic
  -g, --global  Whether to get this policy globally. If set to true, broker returns global topic
  > GET {topic}/publishRate?isGlobal={--global}
set-publish-rate <topic>: Set publish rate for a topic
  -m, --msg-publish-rate <n>  message-publish-rate (default -1 will be overwrite if not passed)
  -b, --byte-publish-rate <n>  byte-publish-rate (default -1 will be overwrite if not passed)
  -g, --global  Whether to set this policy globally.
  > POST {topic}/publishRate?isGlobal={--global}
    {publishThrottlingRateInMsg:--msg-publish-rate=-1,
    publishThrottlingRateInByte:--byte-publish-rate=-1}
remove-publish-rate <topic>: Remove publish rate for a topic
  -g, --global  Whether to remove this policy globally.
  > DELETE {topic}/publishRate?isGlobal={--global}
get-compaction-threshold <topic>: Get compaction threshold for a topic
  -ap, --applied  Get the applied policy of the topic
  -g, --global  Whether to get this policy globally. If set to true, broker returned global
  > GET {topic}/compactionThreshold?isGlobal={--global}&applied={--applied}
set-compaction-threshold <topic>: Set compaction threshold for a topic
  -t, --threshold <size> !  Maximum number of bytes in a topic backlog before compaction is
  -g, --global  Whether to set this policy globally. If set to true, the policy will be
  > POST {topic}/compactionThreshold?isGlobal={--global} --threshold
remove-compaction-threshold <topic>: Remove compaction threshold for a topic
  -g, --global  Whether to remove this policy globally. If set to true, the removing operation
  > DELETE {topic}/compactionThreshold?isGlobal={--global}
get-subscribe-rate <topic>: Get consumer subscribe rate for a topic
  -ap, --applied  Get the applied policy of the topic
  -g, --global  Whether to get this policy globally. If set to true, broker returns global topic
  > GET {topic}/subscribeRate?isGlobal={--global}&applied={--applied}
set-subscribe-rate <topic>: Set consumer subscribe rate for a topic
  -sr, --subscribe-rate <n>  subscribe-rate (default -1 will be overwrite if not passed)
  -st, --subscribe-rate-period <n>  subscribe-rate-period in second type (default 30 second will
  -g, --global  Whether to set this policy globally.
  > POST {topic}/subscribeRate?isGlobal={--global}
    {subscribeThrottlingRatePerConsumer:--subscribe-rate=-1,
    ratePeriodInSecond:--subscribe-rate-period=30}
remove-subscribe-rate <topic>: Remove consumer subscribe rate for a topic
  -g, --global  Whether to remove this policy globally.
  > DELETE {topic}/subscribeRate?isGlobal={--global}
get-max-consumers <topic>: Get max number of consumers for a topic
  -ap, --applied  Get the applied policy of the topic
  -g, --global  Whether to get this policy globally. If set to true, the policy will be
  > GET {topic}/maxConsumers?isGlobal={--global}&applied={--applied}
set-max-consumers <topic>: Set max number of consumers for a topic
  -c, --max-consumers <n> !  Max consumers for a topic
  -g, --global  Whether to set this policy globally. If set to true, the policy will be
  > POST {topic}/maxConsumers?isGlobal={--global} --max-consumers
remove-max-consumers <topic>: Remove max number of consumers for a topic
  -g, --global  Whether to remove this policy globally. If set to true, the policy will be
  > DELETE {topic}/maxConsumers?isGlobal={--global}
get-delayed-delivery <topic>: Get the delayed delivery policy for a topic
  -ap, --applied  Get the applied policy of the topic
  -g, --global  Whether to get this policy globally. If set to true, the policy will be
  > GET {topic}/delayedDelivery?isGlobal={--global}&applied={--applied}
set-delayed-delivery <topic>: Set the delayed delivery policy on a topic
  -e, --enable  Enable delayed delivery messages
  -d, --disable  Disable delayed delivery messages
  -t, --time <millis>  The tick time for when retrying on delayed delivery messages, affecting
  -g, --global  Whether to set this policy globally. If set to true, the policy will be
  -md, --maxDelay <millis>  The max allowed delay for delayed delivery. (eg: 1s, 10s, 1m, 5h, 3d)
  > POST {topic}/delayedDelivery?isGlobal={--global}
    {tickTime:--time=1000,active:--enable=false,maxDeliveryDelayInMillis:--maxDelay=0}
remove-delayed-delivery <topic>: Remove the delayed delivery policy on a topic
  -g, --global  Whether to remove this policy globally. If set to true, the policy will be
  > DELETE {topic}/delayedDelivery?isGlobal={--global}
get-dispatch-rate <topic>: Get message dispatch rate for a topic
  -ap, --applied  Get the applied policy of the topic
  -g, --global  Whether to get this policy globally. If set to true, broker returned global
  > GET {topic}/dispatchRate?isGlobal={--global}&applied={--applied}
set-dispatch-rate <topic>: Set message dispatch rate for a topic
  -md, --msg-dispatch-rate <n>  message-dispatch-rate (default -1 will be overwrite if not passed)
  -bd, --byte-dispatch-rate <n>  byte-dispatch-rate (default -1 will be overwrite if not passed)
  -dt, --dispatch-rate-period <n>  dispatch-rate-period in second type (default 1 second will be
  -rp, --relative-to-publish-rate  dispatch rate relative to publish-rate (if publish-relative
  -g, --global  Whether to set this policy globally. If set to true, the policy will be
  > POST {topic}/dispatchRate?isGlobal={--global}
    {dispatchThrottlingRateInMsg:--msg-dispatch-rate=-1,
    dispatchThrottlingRateInByte:--byte-dispatch-rate=-1,
    relativeToPublishRate:--relative-to-publish-rate=false,
    ratePeriodInSecond:--dispatch-rate-period=1}
remove-dispatch-rate <topic>: Remove message dispatch rate for a topic
  -g, --global  Whether to remove this policy globally. If set to true, the removing operation
  > DELETE {topic}/dispatchRate?isGlobal={--global}
get-offload-policies <topic>: Get the offload policies for a topic
  -ap, --applied  Get the applied policy of the topic
  -g, --global  Whether to get this policy globally. If set to true, broker returned global
  > GET {topic}/offloadPolicies?isGlobal={--global}&applied={--applied}
set-offload-policies <topic>: Set the offload policies for a topic
  -d, --driver <text> !  ManagedLedger offload driver
  -r, --region <text>  ManagedLedger offload region, s3 and google-cloud-storage requires this
  -b, --bucket <text>  ManagedLedger offload bucket, s3 and google-cloud-storage requires this
  -e, --endpoint <text>  ManagedLedger offload service endpoint, only s3 requires this parameter
  -i, --aws-id <text>  AWS Credential Id to use when using driver S3 or aws-s3
  -s, --aws-secret <text>  AWS Credential Secret to use when using driver S3 or aws-s3
  --ro, --s3-role <text>  S3 Role used for STSAssumeRoleSessionCredentialsProvider
  -rsn, --s3-role-session-name <text>  S3 role session name used for
  -m, -mbs, --maxBlockSize, --maxBlockSizeInBytes <n>  Max block size in bytes
  -rb, -rbs, --readBufferSize, --readBufferSizeInBytes <n>  Read buffer size in bytes
  -t, -oat, --offloadAfterThreshold, --offloadThresholdInBytes <n>  Threshold in bytes
  -ts, -oats, --offloadAfterThresholdInSeconds, --offloadThresholdInSeconds <n>  In seconds
  -dl, -oae, --offloadAfterElapsed, --offloadDeletionLagInMillis <n>  Lag in millis
  -orp, --offloadedReadPriority <text>  Read priority for offloaded messages. By default, once
  -g, --global  Whether to set this policy globally. If set to true, the policy will be
  > POST {topic}/offloadPolicies?isGlobal={--global} @offloadPolicies
remove-offload-policies <topic>: Remove the offload policies for a topic
  -g, --global  Whether to remove this policy globally. If set to true, the removing operation
  > DELETE {topic}/offloadPolicies?isGlobal={--global}
get-max-unacked-messages-per-subscription <topic>: Get max unacked messages policy per
  -ap, --applied  Get the applied policy of the topic
  -g, --global  Whether to get this policy globally. If set to true, the removing operation will
  > GET {topic}/maxUnackedMessagesOnSubscription?isGlobal={--global}&applied={--applied}
set-max-unacked-messages-per-subscription <topic>: Set max unacked messages policy on
  -m, --maxNum <n> !  max unacked messages num on subscription
  -g, --global  Whether to set this policy globally. If set to true, the removing operation will
  > POST {topic}/maxUnackedMessagesOnSubscription?isGlobal={--global} --maxNum
remove-max-unacked-messages-per-subscription <topic>: Remove max unacked messages policy per
  -g, --global  Whether to remove this policy globally. If set to true, the removing operation
  > DELETE {topic}/maxUnackedMessagesOnSubscription?isGlobal={--global}
get-inactive-topic-policies <topic>: Get the inactive topic policies on a topic
  -ap, --applied  Get the applied policy of the topic
  -g, --global  Whether to get this policy globally. If set to true, broker returned global
  > GET {topic}/inactiveTopicPolicies?isGlobal={--global}&applied={--applied}
set-inactive-topic-policies <topic>: Set the inactive topic policies on a topic
  -e, --enable-delete-while-inactive  Enable delete while inactive
  -d, --disable-delete-while-inactive  Disable delete while inactive
  -t, --max-inactive-duration <seconds> !  Max duration of topic inactivity in seconds, topics
  -m, --delete-mode <text> !  Mode of delete inactive topic, Valid options are
  -g, --global  Whether to set this policy globally. If set to true, the policy will be
  > POST {topic}/inactiveTopicPolicies?isGlobal={--global}
    {inactiveTopicDeleteMode:--delete-mode,maxInactiveDurationSeconds:--max-inactive-duration,
    deleteWhileInactive:--enable-delete-while-inactive=false}
remove-inactive-topic-policies <topic>: Remove inactive topic policies from a topic
  -g, --global  Whether to remove this policy globally. If set to true, the removing operation
  > DELETE {topic}/inactiveTopicPolicies?isGlobal={--global}
get-max-subscriptions-per-topic <topic>: Get max subscriptions for a topic
  -g, --global  Whether to get this policy globally. If set to true, broker returned global
  > GET {topic}/maxSubscriptionsPerTopic?isGlobal={--global}
set-max-subscriptions-per-topic <topic>: Set max subscriptions for a topic
  -s, --max-subscriptions-per-topic <n> !  max subscriptions for a topic (default -1 will be
  -g, --global  Whether to set this policy globally. If set to true, the policy will be
  > POST {topic}/maxSubscriptionsPerTopic?isGlobal={--global} --max-subscriptions-per-topic
remove-max-subscriptions-per-topic <topic>: Remove max subscriptions for a topic
  -g, --global  Whether to remove this policy globally. If set to true, the policy will be
  > DELETE {topic}/maxSubscriptionsPerTopic?isGlobal={--global}
remove-schema-compatibility-strategy <topic>: Remove schema compatibility strategy on a topic
  > DELETE {topic}/schemaCompatibilityStrategy
set-schema-compatibility-strategy <topic>: Set schema compatibility strategy on a topic
  -s, --strategy <text> !  Schema compatibility strategy: [UNDEFINED, ALWAYS_INCOMPATIBLE
  > PUT {topic}/schemaCompatibilityStrategy --strategy
get-schema-compatibility-strategy <topic>: Get schema compatibility strategy on a topic
  -ap, --applied  Get the applied policy of the topic
  > GET {topic}/schemaCompatibilityStrategy?applied={--applied}
get-entry-filters-per-topic <topic>: Get entry filters for a topic
  -g, --global  Whether to get this policy globally. If set to true, broker returned global
  -ap, --applied  Get the applied policy of the topic
  > GET {topic}/entryFilters?isGlobal={--global}&applied={--applied}
set-entry-filters-per-topic <topic>: Set entry filters for a topic
  -efn, --entry-filters-name <text> !  The class name for the entry filter.
  -g, --global  Whether to set this policy globally. If set to true, broker returned global
  > POST {topic}/entryFilters?isGlobal={--global} {entryFilterNames:--entry-filters-name}
remove-entry-filters-per-topic <topic>: Remove entry filters for a topic
  -g, --global  Whether to remove this policy globally. If set to true, broker returned global
  > DELETE {topic}/entryFilters?isGlobal={--global}
set-auto-subscription-creation <topic>: Enable autoSubscriptionCreation for a topic
  -e, --enable  Enable allowAutoSubscriptionCreation on topic
  -g, --global  Whether to set this policy globally. If set to true, the policy will be
  > POST {topic}/autoSubscriptionCreation?isGlobal={--global}
    {allowAutoSubscriptionCreation:--enable=false}
get-auto-subscription-creation <topic>: Get the autoSubscriptionCreation for a topic
  -a, --applied  Get the applied policy of the topic
  -g, --global  Whether to get this policy globally. If set to true, broker returned global
  > GET {topic}/autoSubscriptionCreation?isGlobal={--global}&applied={--applied}
remove-auto-subscription-creation <topic>: Remove override of autoSubscriptionCreation for a topic
  -g, --global  Whether to remove this policy globally. If set to true, the policy will be
  > DELETE {topic}/autoSubscriptionCreation?isGlobal={--global}
set-dispatcher-pause-on-ack-state-persistent <topic>: Enable dispatcherPauseOnAckStatePersistent
  -g, --global  Whether to set this policy globally. If set to true, the policy will be
  > POST {topic}/dispatcherPauseOnAckStatePersistent?isGlobal={--global}
get-dispatcher-pause-on-ack-state-persistent <topic>: Get the
  -a, --applied  Get the applied policy of the topic
  -g, --global  Whether to get this policy globally. If set to true, broker returned global
  > GET {topic}/dispatcherPauseOnAckStatePersistent?isGlobal={--global}&applied={--applied}
remove-dispatcher-pause-on-ack-state-persistent <topic>: Remove
  -g, --global  Whether to remove this policy globally. If set to true, the policy will be
  > DELETE {topic}/dispatcherPauseOnAckStatePersistent?isGlobal={--global}
get-replication-clusters <topic>: Get the replication clusters for a topic
  -ap, --applied  Get the applied policy of the topic. If set to true, the param "--global" will
  -g, --global  Whether to get this policy globally. If set "--applied" to true, the current
  > GET {topic}/replication?isGlobal={--global}&applied={--applied}
set-replication-clusters <topic>: Set the replication clusters for a topic, global policy will
  -c, --clusters <text> !  Replication Cluster Ids list (comma separated values)
  -g, --global  Whether to set this policy globally. If set to true, the policy will be
  > POST {topic}/replication?isGlobal={--global} --clusters list
remove-replication-clusters <topic>: Remove the replication clusters for a topic, it will not
  -g, --global  Whether to get this policy globally. If set to true, the policy will be
  > DELETE {topic}/replication?isGlobal={--global}
`;

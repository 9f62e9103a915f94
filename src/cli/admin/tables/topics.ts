/** topics: verbs and flags of pulsar-admin, and the requests behind them; read by `../table.ts`. */

export const topics = `
list <namespace>: Get the list of topics under a namespace.
  -td, --topic-domain <text>  Allowed topic domain (persistent, non_persistent).
  -b, --bundle <text>  Namespace bundle to get list of topics
  -ist, --include-system-topic  Include system topic
  > @topicList
list-partitioned-topics <namespace>: Get the list of partitioned topics under a namespace.
  -ist, --include-system-topic  Include system topic
  > @partitionedList
permissions <topic>: Get the permissions on a topic. Retrieve the effective permissions for a
  > GET {topic}/permissions map
grant-permission <topic>: Grant a new permission to a client role on a single topic.
  -r, --role <text> !  Client role to which grant permissions
  -a, --actions <list> !  Actions to be granted (produce,consume,sources,sinks,functions,packages)
  > POST {topic}/permissions/{--role} --actions
revoke-permission <topic>: Revoke permissions on a topic. Revoke permissions to a client role on
  -r, --role <text> !  Client role to which revoke permissions
  > DELETE {topic}/permissions/{--role}
lookup <topic>: Lookup a topic from the current serving broker
  > GET /lookup/v2/topic/{topic} lookup
partitioned-lookup <topic>: Lookup a partitioned topic from the current serving broker
  -s, --sort-by-broker  Sort partitioned-topic by Broker Url
  > @partitionedLookup
bundle-range <topic>: Get Namespace bundle range of a topic
  > GET /lookup/v2/topic/{topic}/bundle
delete <topic>: Delete a topic. The topic cannot be deleted if there's any active subscription
  -f, --force  Close all producer/consumer/replicator and delete topic forcefully
  -d, --deleteSchema  Needed no more: the schema goes with its topic
  -r, regex  Use a regex expression to match multiple topics for deletion.
  --from-file  Read a list of topics from a file for deletion.
  > @deleteTopics
truncate <topic>: Truncate a topic. The truncate operation will move all cursors to the end of
  > DELETE {topic}/truncate
unload <topic>: Unload a topic.
  > PUT {topic}/unload
subscriptions <topic>: Get the list of subscriptions on the topic
  > GET {topic}/subscriptions
unsubscribe <topic>: Delete a durable subscriber from a topic. The subscription cannot be
  -f, --force  Disconnect and close all consumers and delete subscription forcefully
  -s, --subscription <text> !  Subscription to be deleted
  > DELETE {topic}/subscription/{--subscription}?force={--force}
create-subscription <topic>: Create a new subscription on a topic
  -s, --subscription <text> !  Name of subscription to be created
  -m, --messageId <text>  messageId where to create the subscription. It can be either 'latest'
  -r, --replicated  replicated subscriptions
  -p, --property <map>  key value pair properties(-p a=b -p c=d)
  > PUT {topic}/subscription/{--subscription}?replicated={--replicated} @newSubscription
update-subscription-properties <topic>: Update the properties of a subscription on a topic
  -s, --subscription <text> !  Subscription to update
  -p, --property <map>  key value pair properties(-p a=b -p c=d)
  -c, --clear  Remove all properties
  > PUT {topic}/subscription/{--subscription}/properties @properties
get-subscription-properties <topic>: Get the properties of a subscription on a topic
  -s, --subscription <text> !  Subscription to describe
  > GET {topic}/subscription/{--subscription}/properties bare
stats <topic>: Get the stats for the topic and its connected producers and consumers. All the
  -gpb, --get-precise-backlog  Set true to get precise backlog
  -sbs, --get-subscription-backlog-size  Set true to get backlog size for each subscription
  -etb, --get-earliest-time-in-backlog  Set true to get earliest time in backlog
  > GET {topic}/stats?getPreciseBacklog={--get-precise-backlog}
    &subscriptionBacklogSize={--get-subscription-backlog-size=false}
    &getEarliestTimeInBacklog={--get-earliest-time-in-backlog}
stats-internal <topic>: Get the internal stats for the topic
  -m, --metadata  Flag to include ledger metadata
  > GET {topic}/internalStats?metadata={--metadata}
info-internal <topic>: Get the internal metadata info for the topic
  > GET {topic}/internal-info
partitioned-stats <topic>: Get the stats for the partitioned topic and its connected producers
  --per-partition  Get per partition stats
  -gpb, --get-precise-backlog  Set true to get precise backlog
  -sbs, --get-subscription-backlog-size  Set true to get backlog size for each subscription
  -etb, --get-earliest-time-in-backlog  Set true to get earliest time in backlog
  > GET {topic}/partitioned-stats?perPartition={--per-partition=false}
    &getPreciseBacklog={--get-precise-backlog}
    &subscriptionBacklogSize={--get-subscription-backlog-size=false}
    &getEarliestTimeInBacklog={--get-earliest-time-in-backlog}
partitioned-stats-internal <topic>: Get the internal stats for the partitioned topic and its
  > GET {topic}/partitioned-internalStats
skip <topic>: Skip some messages for the subscription
  -s, --subscription <text> !  Subscription to be skip messages on
  -n, --count <n> !  Number of messages to skip
  > POST {topic}/subscription/{--subscription}/skip/{--count}
clear-backlog|skip-all <topic>: Skip all the messages for the subscription
  -s, --subscription <text> !  Subscription to be cleared
  > POST {topic}/subscription/{--subscription}/skip_all
expire-messages <topic>: Expire messages that older than given expiry time (in seconds) for the
  -s, --subscription <text> !  Subscription to be skip messages on
  -t, --expireTime <seconds>  Expire messages older than time in seconds (or minutes, hours
  -p, --position <text>  message position to reset back to (ledgerId:entryId)
  -e, --exclude-reset-position  Exclude the reset position, start consume messages from the next
  > @expire
expire-messages-all-subscriptions <topic>: Expire messages that older than given expiry time (in
  -t, --expireTime <seconds> !  Expire messages older than time in seconds (or minutes, hours
  > POST {topic}/all_subscription/expireMessages/{--expireTime}
create-partitioned-topic <topic>: Create a partitioned topic. The partitioned topic has to be
  -p, --partitions <n> !  Number of partitions for the topic
  -m, --metadata <map>  key value pair properties(a=a,b=b,c=c)
  > PUT {topic}/partitions @partitions
create-missed-partitions <topic>: Try to create partitions for partitioned topic. The partitions
  > POST {topic}/createMissedPartitions
create <topic>: Create a non-partitioned topic.
  -m, --metadata <map>  key value pair properties(a=a,b=b,c=c)
  > PUT {topic} @metadata
update-partitioned-topic <topic>: Update existing partitioned topic. New updating number of
  -p, --partitions <n> !  Number of partitions for the topic
  -ulo, --update-local-only  Update partitions number for topic in local cluster only
  -f, --force  Update forcefully without validating existing partitioned topic
  > POST {topic}/partitions?updateLocalTopicOnly={--update-local-only}&force={--force}
    --partitions
get-partitioned-topic-metadata <topic>: Get the partitioned topic metadata. If the topic is not
  > GET {topic}/partitions
get-properties <topic>: Get the topic properties.
  > GET {topic}/properties map
update-properties <topic>: Update the properties of on a topic
  -p, --property <map>  key value pair properties(-p a=b -p c=d)
  > PUT {topic}/properties @properties
remove-properties <topic>: Remove the key in properties of a topic
  -k, --key <text>  The key to remove in the properties of topic
  > DELETE {topic}/properties?key={--key}
delete-partitioned-topic <topic>: Delete a partitioned topic. It will also delete all the
  -f, --force  Close all producer/consumer/replicator and delete topic forcefully
  -d, --deleteSchema  Needed no more: the schema goes with its topic
  > DELETE {topic}/partitions?force={--force}
peek-messages <topic>: Peek some messages for the subscription.
  -s, --subscription <text> !  Subscription to get messages from
  -n, --count <n>  Number of messages (default 1)
  -ssm, --show-server-marker  Enables the display of internal server write markers.
  -til, --transaction-isolation-level <text>  READ_COMMITTED (default): only messages outside of
    transactions and of those that were committed. READ_UNCOMMITTED: all messages
  > @peekMessages
examine-messages <topic>: Examine a specific message on a topic by position relative to the
  -i, --initialPosition <text>  Relative start position to examine message. It can be 'latest' or
  -m, --messagePosition <n>  The position of messages (default 1)
  > @examineMessages
get-message-by-id <topic>: Get message by its ledgerId and entryId
  -l, --ledgerId <n> !  ledger id pointing to the desired ledger
  -e, --entryId <n> !  entry id pointing to the desired entry
  > @messageById
get-message-id <topic>: Get message ID
  -d, --datetime <text> !  datetime at or before this messageId. This datetime is in format of
  > GET {topic}/messageid/{--datetime|time}
reset-cursor <topic>: Reset position for subscription to a position that is closest to timestamp
  -s, --subscription <text> !  Subscription to reset position on
  -t, --time <millis>  time in minutes to reset back to (or minutes, hours, days, weeks eg
  -m, --messageId <text>  messageId to reset back to ('latest', 'earliest', or 'ledgerId:entryId')
  -e, --exclude-reset-position  Exclude the reset position, start consume messages from the next
  > @resetCursor
terminate <topic>: Terminate a topic and don't allow any more messages to be published
  > POST {topic}/terminate terminated
partitioned-terminate <topic>: Terminate a partitioned topic and don't allow any more messages
  > @partitionedTerminate
compact <topic>: Compact a topic
  > @compact
compaction-status <topic>: Status of compaction on a topic
  -w, --wait-complete  Wait for compaction to complete
  > @compactionStatus
last-message-id <topic>: get the last commit message id of topic
  > GET {topic}/lastMessageId
get-backlog-quotas <topic>: Get the backlog quota policies for a topic
  -ap, --applied  Get the applied policy of the topic
  > GET {topic}/backlogQuotaMap?applied={--applied} map
enable-deduplication <topic>: Enable the deduplication policy for a topic
  > POST {topic}/deduplicationEnabled @yes
disable-deduplication <topic>: Disable the deduplication policy for a topic
  > POST {topic}/deduplicationEnabled @no
get-deduplication-enabled <topic>: Get the deduplication policy for a topic
  > GET {topic}/deduplicationEnabled
get-max-unacked-messages-on-consumer <topic>: Get max unacked messages policy on consumer for a
  -ap, --applied  Get the applied policy of the topic
  > GET {topic}/maxUnackedMessagesOnConsumer?applied={--applied}
set-max-unacked-messages-on-consumer <topic>: Set max unacked messages policy on consumer for a
  -m, --maxNum <n> !  max unacked messages num on consumer
  > POST {topic}/maxUnackedMessagesOnConsumer --maxNum
remove-max-unacked-messages-on-consumer <topic>: Remove max unacked messages policy on consumer
  > DELETE {topic}/maxUnackedMessagesOnConsumer
get-max-unacked-messages-on-subscription <topic>: Get max unacked messages policy on
  -ap, --applied  Get the applied policy of the topic
  > GET {topic}/maxUnackedMessagesOnSubscription?applied={--applied}
set-max-unacked-messages-on-subscription <topic>: Set max unacked messages policy on
  -m, --maxNum <n> !  max unacked messages num on subscription
  > POST {topic}/maxUnackedMessagesOnSubscription --maxNum
remove-max-unacked-messages-on-subscription <topic>: Remove max unacked messages policy on
  > DELETE {topic}/maxUnackedMessagesOnSubscription
get-maxProducers <topic>: Get max number of producers for a topic
  -ap, --applied  Get the applied policy of the topic
  > GET {topic}/maxProducers?applied={--applied}
set-maxProducers <topic>: Set max number of producers for a topic
  -p, --max-producers <n> !  Max producers for a topic
  > POST {topic}/maxProducers --max-producers
remove-maxProducers <topic>: Remove max number of producers for a topic
  > DELETE {topic}/maxProducers
get-max-subscriptions <topic>: Get max number of subscriptions for a topic
  > GET {topic}/maxSubscriptionsPerTopic
set-max-subscriptions <topic>: Set max number of subscriptions for a topic
  -m, --max-subscriptions-per-topic <n> !  Maximum subscription limit for a topic
  > POST {topic}/maxSubscriptionsPerTopic --max-subscriptions-per-topic
remove-max-subscriptions <topic>: Remove max number of subscriptions for a topic
  > DELETE {topic}/maxSubscriptionsPerTopic
set-replicated-subscription-status <topic>: Enable or disable a replicated subscription on a topic
  -s, --subscription <text> !  Subscription name to enable or disable replication
  -e, --enable  Enable replication
  -d, --disable  Disable replication
  > POST {topic}/subscription/{--subscription}/replicatedSubscriptionStatus --enable
get-replicated-subscription-status <topic>: Get replicated subscription status on a topic
  -s, --subscription <text> !  Subscription name
  > GET {topic}/subscription/{--subscription}/replicatedSubscriptionStatus map
get-backlog-size <topic>: Calculate backlog size by a message ID (in bytes).
  -m, --messageId <text>  messageId used to calculate backlog size. It can be (ledgerId:entryId).
  > PUT {topic}/backlogSize @messageId show
analyze-backlog <topic>: Analyze the backlog of a subscription.
  -s, --subscription <text> !  Subscription to be analyzed
  -p, --position <text>  message position to start the scan from (ledgerId:entryId)
  > POST {topic}/subscription/{--subscription}/analyzeBacklog @position show
get-shadow-topics <topic>: Get the shadow topics for a topic
  > GET {topic}/shadowTopics
set-shadow-topics <topic>: Set the shadow topics for a topic
  -t, --topics <text> !  Shadow topic list (comma separated values)
  > PUT {topic}/shadowTopics --topics list
remove-shadow-topics <topic>: Remove the shadow topics for a topic
  > DELETE {topic}/shadowTopics
get-shadow-source <topic>: Get the source topic for a shadow topic
  > GET {topic}/properties shadowSource
get-schema-validation-enforce <topic>: Get the schema validation enforced
  -ap, --applied  Get the applied policy of the topic
  > GET {topic}/schemaValidationEnforced?applied={--applied}
set-schema-validation-enforce <topic>: Set the schema whether open schema validation enforced
  -e, --enable  Enable schema validation enforced
  > POST {topic}/schemaValidationEnforced --enable
trim-topic <topic>: Trim a topic
  > POST {topic}/trim
offload <topic>: Trigger offload of data from a topic to long-term storage (e.g. Amazon S3)
  -s, --size-threshold <size> !  Maximum amount of data to keep for the specified topic (e.g. 10M)
  > @offload
offload-status <topic>: Check the status of data offloading from a topic to long-term storage
  -w, --wait-complete  Wait for offloading to complete
  > @offloadStatus
create-shadow-topic <topic>: Create a shadow topic for an existing source topic.
  -s, --source <text> !  source topic name
  -p, --properties <map>  key value pair properties(eg: a=a,b=b,c=c)
  > @createShadowTopic
`;

/** Verbs that only the noun `non-persistent` has. */
export const nonPersistent = `
list-in-bundle <namespace>: Get list of non-persistent topics present under a namespace bundle
  -b, --bundle <text> !  bundle range
  > GET non-persistent/{namespace}/{--bundle}
`;

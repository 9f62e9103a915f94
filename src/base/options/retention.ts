/**
 * Options of ledgers, retention, expiry, backlog quotas and metrics. Keys are Pulsar's; a default
 * that differs says so.
 */
import { choice, flag, whole } from './option.ts';

const MINUTES = { unit: 'minutes' };

export const retentionOptions = {
  managedLedgerMaxEntriesPerLedger: whole(
    50_000,
    { min: 1, unit: 'entries' },
    'Entries after which a topic begins a new ledger, once it is old enough',
  ),
  managedLedgerMinLedgerRolloverTimeMinutes: whole(
    10,
    MINUTES,
    'Age below which a ledger is not closed for its number of entries',
  ),
  managedLedgerMaxLedgerRolloverTimeMinutes: whole(
    240,
    { min: 1, unit: 'minutes' },
    'Age at which a ledger is closed in any case',
  ),
  managedLedgerMaxSizePerLedgerMbytes: whole(
    2048,
    { min: 1, unit: 'MiB' },
    'Size at which a ledger is closed in any case',
  ),
  managedLedgerCacheSizeMB: whole(
    64,
    { max: 1_048_576, unit: 'MiB' },
    'Newest entries kept in memory; 64 here, a fifth of direct memory in Pulsar',
  ),
  defaultRetentionTimeInMinutes: whole(
    0,
    { min: -1, unit: 'minutes' },
    'How long acknowledged messages stay; -1 keeps them for ever',
  ),
  defaultRetentionSizeInMB: whole(
    0,
    { min: -1, unit: 'MiB' },
    'How much of the acknowledged messages of a topic stays; -1 sets no limit',
  ),
  retentionCheckIntervalInSeconds: whole(
    120,
    { min: 1, max: 86_400, unit: 'seconds' },
    'How often messages that are no longer needed are looked for',
  ),
  ttlDurationDefaultInSeconds: whole(
    0,
    { unit: 'seconds' },
    'Age at which messages expire that nobody has acknowledged; 0 keeps them',
  ),
  messageExpiryCheckIntervalInMinutes: whole(
    5,
    { min: 1, max: 1_440, unit: 'minutes' },
    'How often expired messages of a topic are looked for at most',
  ),
  subscriptionExpirationTimeMinutes: whole(
    0,
    { unit: 'minutes' },
    'How long a subscription may be without consumers before it is deleted; 0 keeps it',
  ),
  subscriptionExpiryCheckIntervalInMinutes: whole(
    5,
    { min: 1, max: 1_440, unit: 'minutes' },
    'How often unused subscriptions of a topic are looked for',
  ),
  backlogQuotaCheckEnabled: flag(true, 'Compare backlogs with their quotas regularly'),
  backlogQuotaCheckIntervalInSeconds: whole(
    60,
    { min: 1, max: 86_400, unit: 'seconds' },
    'How often backlogs are compared with their quotas',
  ),
  preciseTimeBasedBacklogQuotaCheck: flag(
    false,
    'Read the oldest message for its age, instead of going by the time of its ledger',
  ),
  backlogQuotaDefaultLimitGB: whole(-1, { min: -1, unit: 'GiB' }, 'As the one in bytes'),
  backlogQuotaDefaultLimitBytes: whole(
    -1,
    { min: -1, max: Number.MAX_SAFE_INTEGER, unit: 'bytes' },
    'Size that the backlog of a topic may have; -1 sets no limit',
  ),
  backlogQuotaDefaultLimitSecond: whole(
    -1,
    { min: -1, unit: 'seconds' },
    'Age that the oldest message of a backlog may have; -1 sets no limit',
  ),
  backlogQuotaDefaultRetentionPolicy: choice(
    'producer_request_hold',
    ['producer_request_hold', 'producer_exception', 'consumer_backlog_eviction'],
    'What happens where a backlog exceeds its quota',
  ),
  exposeTopicLevelMetricsInPrometheus: flag(true, 'Metrics of each topic, else of namespaces'),
  exposeConsumerLevelMetricsInPrometheus: flag(false, 'Metrics of each consumer'),
  exposeProducerLevelMetricsInPrometheus: flag(false, 'Metrics of each producer'),
  splitTopicAndPartitionLabelInPrometheus: flag(false, 'A label of its own for the partition'),
  exposePublisherStats: flag(true, 'List the producers in the stats of a topic'),
  statsUpdateFrequencyInSecs: whole(
    60,
    { min: 1, max: 86_400, unit: 'seconds' },
    'Time over which the rates in stats and metrics are averages',
  ),
};

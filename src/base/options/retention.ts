/** Options of ledgers, retention and metrics. Keys are Pulsar's; a default that differs says so. */
import { flag, whole } from './option.ts';

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

/** VelaMQ's own few options: data folder, actors, journal, log. */
import { LOG_LEVELS, LOG_MODULES } from '../log.ts';
import { choice, limitedText, text, whole } from './option.ts';

const ONE_LEVEL = ` *(${LOG_MODULES.join('|')}) *= *(${LOG_LEVELS.join('|')}) *`;
const MODULE_LEVELS = new RegExp(`^(${ONE_LEVEL}(,${ONE_LEVEL})*)?$`);

export const velamqOptions = {
  velamqDataDir: text('./data', 'Folder of everything that the broker stores'),
  velamqSegmentSizeMB: whole(
    32,
    { min: 1, max: 65_536, unit: 'MiB' },
    'Size at which the journal begins a new segment; space goes back a segment at a time',
  ),
  velamqSpareSegments: whole(
    16,
    { max: 1024, unit: 'segments' },
    'Files of journal segments no longer needed that are kept to be written again; 0 keeps none',
  ),
  velamqDiskReserveMB: whole(
    256,
    { min: 0, max: 1_048_576, unit: 'MiB' },
    'Room on the disk below which no messages are stored; at most a sixteenth of the disk',
  ),
  velamqJournalBatchMaxBytes: whole(
    1_048_576,
    { min: 4096, max: 268_435_456, unit: 'bytes' },
    'Most bytes of messages that a step gathers into one batch; one message always fits',
  ),
  velamqJournalBatchesInFlight: whole(
    4,
    { min: 1, max: 64, unit: 'batches' },
    'Batches being written to disk at the same time; the next one is gathered meanwhile',
  ),
  velamqJournalSharedBytesInFlight: whole(
    1_048_576,
    { min: 16_384, max: 1_073_741_824, unit: 'bytes' },
    'The same by size while several tenants are served: what one publishes waits for so much',
  ),
  velamqCheckpointIntervalSeconds: whole(
    60,
    { min: 1, max: 86_400, unit: 'seconds' },
    'Time between checkpoints; a restart replays what was written after the last one',
  ),
  velamqCheckpointJournalMB: whole(
    512,
    { min: 1, max: 65_536, unit: 'MiB' },
    'Bytes written to the journal after which a checkpoint is due before its time',
  ),
  velamqRelocationMBPerSecond: whole(
    16,
    { min: 1, max: 65_536, unit: 'MiB a second' },
    'Rate at which messages that pin an old segment are copied forward',
  ),
  velamqHttpMBPerSecond: whole(
    32,
    { max: 65_536, unit: 'MiB a second' },
    'Rate of bodies and of long answers over HTTP, by role, or host; 0 sets no limit',
  ),
  velamqTopicCreationsPerSecond: whole(
    1_000,
    { max: 1_000_000, unit: 'topics a second' },
    'Topics that a tenant makes while others are served; more of them wait. 0 sets no limit',
  ),
  velamqMailboxLimit: whole(
    4096,
    { min: 16, max: 1_048_576, unit: 'commands' },
    'Commands waiting for one actor; when full, the sockets that feed it are not read',
  ),
  velamqActorIdleMs: whole(
    60_000,
    { min: 100, unit: 'milliseconds' },
    'How long an actor without work stays in memory',
  ),
  velamqMaxConnectionsPerTenant: whole(
    0,
    {},
    'Connections that use topics of a tenant first of all; 0 sets no limit',
  ),
  velamqMaxResourceGroups: whole(10_000, { min: 1 }, 'Resource groups'),
  velamqMaxGrantsPerNamespace: whole(
    10_000,
    { min: 1 },
    'Roles that are granted something in a namespace, counted on each topic and subscription',
  ),
  velamqMaxRulesPerCluster: whole(
    1_000,
    { min: 1 },
    'Failure domains of a cluster, isolation policies, bookies with a rack, quotas of bundles: ' +
      'of each',
  ),
  velamqMaxProducersPerTenant: whole(0, {}, 'Producers on topics of a tenant; 0 sets no limit'),
  velamqMaxProducersPerNamespace: whole(
    0,
    {},
    'Producers on topics of a namespace; 0 sets no limit',
  ),
  velamqMaxConsumersPerTenant: whole(0, {}, 'Consumers on topics of a tenant; 0 sets no limit'),
  velamqMaxConsumersPerNamespace: whole(
    0,
    {},
    'Consumers on topics of a namespace; 0 sets no limit',
  ),
  velamqLogLevel: choice('info', LOG_LEVELS, 'Least severity to log'),
  velamqLogLevels: limitedText(
    '',
    MODULE_LEVELS,
    `a list such as rest=debug,protocol=warn; modules are ${LOG_MODULES.join(', ')}`,
    'Least severity to log of parts of the broker, where it differs',
  ),
  velamqLogFormat: choice(
    'auto',
    ['auto', 'human', 'json'],
    'Form of log lines; auto is human on a terminal and JSON elsewhere',
  ),
  velamqLogRepeatsPerSecond: whole(
    1_000,
    { min: 1, unit: 'lines a second' },
    'Lines of one sentence that are written; how many more there were is told in a line',
  ),
};

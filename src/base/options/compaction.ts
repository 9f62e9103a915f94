/** Options of topic compaction. */
import { flag, whole } from './option.ts';

export const compactionOptions = {
  brokerServiceCompactionThresholdInBytes: whole(
    0,
    { max: Number.MAX_SAFE_INTEGER, unit: 'bytes' },
    'A topic with so much that is not compacted yet is compacted by itself; 0: only when asked',
  ),
  brokerServiceCompactionMonitorIntervalInSeconds: whole(
    60,
    { min: 1, max: 86_400, unit: 'seconds' },
    'How often topics are looked at for that',
  ),
  topicCompactionRetainNullKey: flag(false, 'Compaction keeps messages without key'),
  velamqCompactionMemoryMB: whole(
    64,
    { min: 1, max: 65_536, unit: 'MiB' },
    'Memory of one compaction for keys, and as much again for messages; more keys go to disk',
  ),
  velamqCompactionMBPerSecond: whole(
    64,
    { min: 1, max: 65_536, unit: 'MiB a second' },
    'Rate at which a compaction reads, in either of its two passes',
  ),
  velamqMaxConcurrentCompactions: whole(
    2,
    { min: 1, max: 64, unit: 'topics' },
    'Topics that are compacted at the same time; others wait',
  ),
};

/** Names that Pulsar keeps for itself: clients expect not to see them. (SystemTopicNames) */
import { parseTopicName } from './topic-name.ts';

/** Whether a full name is that of a system topic, or of a partition of one. */
export function isSystemTopic(full: string): boolean {
  // Few names have two underscores in them, and this is asked of every name of a namespace.
  if (!full.includes('__') && !full.startsWith(COORDINATORS)) return false;
  const { base } = parseTopicName(full);
  const local = base.slice(base.lastIndexOf('/') + 1);
  return (
    EVENTS.has(local) || base.endsWith(PENDING_ACKS) || LOGS.some((name) => base.startsWith(name))
  );
}

const EVENTS: ReadonlySet<string> = new Set([
  '__change_events',
  '__transaction_buffer_snapshot',
  '__transaction_buffer_snapshot_indexes',
  '__transaction_buffer_snapshot_segments',
]);

const PENDING_ACKS = '__transaction_pending_ack';

/** Clients find the coordinators of transactions by its partitions. */
export const COORDINATORS = 'persistent://pulsar/system/transaction_coordinator_assign';
const LOGS = [COORDINATORS, 'persistent://pulsar/system/__transaction_log_'];

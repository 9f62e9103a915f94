/**
 * Internal statistics of transactions, in the shapes that Pulsar's tools read. Pulsar keeps a log
 * for each coordinator and each subscription, and snapshots of a topic's transactions; here all of
 * that is events in the one journal. What is shown are such logs without ledgers, with the numbers
 * that there are.
 */
import { BrokerError } from '../../../base/errors.ts';
import type { TopicName } from '../../../base/topic-name.ts';
import type { AdminContext } from '../call.ts';
import { urlEncoded } from '../names.ts';
import { isoTime } from '../stats-values.ts';
import { topicOf } from '../topic-of.ts';
import { type On, requireCoordinator, requireCursor, requireTopic, TOPIC } from './subjects.ts';

export function internalRoutes(on: On, { broker }: AdminContext): void {
  on('GET', 'coordinatorInternalStats/:coordinatorId', (call) => {
    const id = requireCoordinator(broker, call.param('coordinatorId'));
    const { newest, counts, transactions } = broker.transactions.view(id);
    return {
      transactionLogStats: {
        managedLedgerName: `pulsar/system/persistent/__transaction_log_${id}`,
        managedLedgerInternalStats: {
          ...logOf(counts.appended, transactions.size, 0),
          properties: { max_local_txn_id: `${newest}` },
        },
      },
    };
  });

  on('GET', `transactionBufferInternalStats/${TOPIC}`, (call) => {
    const { transactions, createdAtMs } = requireTopic(broker, topicOf(call));
    const ended = transactions.committed + transactions.aborted;
    return {
      snapshotType: 'Single',
      singleSnapshotSystemTopicInternalStats: {
        managedLedgerName: '__transaction_buffer_snapshot',
        managedLedgerInternalStats: {
          ...logOf(ended, transactions.ongoing, createdAtMs),
          schemaLedgers: [],
          compactedLedger: NO_LEDGER,
        },
      },
    };
  });

  on('GET', `pendingAckInternalStats/${TOPIC}/:subscription`, (call) => {
    const name = topicOf(call);
    const subscription = call.param('subscription');
    const { pendingAcks } = requireCursor(broker, name, subscription);
    if (pendingAcks === undefined) {
      throw new BrokerError('service-not-ready', 'Pending ack have not init success!');
    }
    const { entries, committed, aborted } = pendingAcks;
    const { createdAtMs } = requireTopic(broker, name);
    return {
      pendingAckLogStats: {
        managedLedgerName: pendingAckLog(name, subscription),
        managedLedgerInternalStats: logOf(entries + committed + aborted, entries, createdAtMs),
      },
    };
  });
}

function pendingAckLog({ namespace, local }: TopicName, subscription: string): string {
  const log = urlEncoded(`${local}-${subscription}__transaction_pending_ack`);
  return `${namespace}/persistent/${log}`;
}

const NO_LEDGER = { ledgerId: -1, entries: -1, size: -1, offloaded: false, underReplicated: false };

/** ManagedLedgerInternalStats of a log to which so much was added, and of which so much counts. */
function logOf(added: number, entries: number, createdAtMs: number) {
  return {
    entriesAddedCounter: added,
    numberOfEntries: entries,
    totalSize: 0,
    currentLedgerEntries: 0,
    currentLedgerSize: 0,
    lastLedgerCreatedTimestamp: isoTime(createdAtMs),
    waitingCursorsCount: 0,
    pendingAddEntriesCount: 0,
    lastConfirmedEntry: '-1:-1',
    state: 'LedgerOpened',
    ledgers: [],
    cursors: {},
    properties: {},
  };
}

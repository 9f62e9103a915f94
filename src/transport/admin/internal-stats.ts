/** Pulsar's PersistentTopicInternalStats and ManagedLedgerInfo. */
import type { CursorView, SubscriptionView, TopicView } from '../../actors/views.ts';
import { formatPosition } from '../../base/position.ts';
import { inSlices } from '../../base/slices.ts';
import type { TopicName } from '../../base/topic-name.ts';
import type { AdminContext } from './call.ts';
import { urlEncoded } from './names.ts';
import { nonPersistentInternalStats } from './non-persistent-stats.ts';
import { isoTime } from './stats-values.ts';

export async function internalStats(context: AdminContext, name: TopicName, view: TopicView) {
  return name.domain === 'persistent'
    ? persistentStats(context, name, view)
    : nonPersistentInternalStats(view);
}

async function persistentStats(context: AdminContext, name: TopicName, view: TopicView) {
  const cursors = await cursorsOf(context, name, view);
  const newest = view.ledgers.at(-1);
  const open = openLedger(view);
  const closed = view.terminated ? 'Terminated' : 'ClosedLedger';
  return {
    entriesAddedCounter: view.entriesAdded,
    numberOfEntries: view.ledgers.reduce((total, { entries }) => total + entries, 0),
    totalSize: view.ledgers.reduce((total, { bytes }) => total + bytes, 0),
    currentLedgerEntries: open?.entries ?? 0,
    currentLedgerSize: open?.bytes ?? 0,
    lastLedgerCreatedTimestamp: isoTime(newest?.openedAtMs ?? view.createdAtMs),
    waitingCursorsCount: cursors.filter(({ cursor }) => cursor.waitingRead).length,
    pendingAddEntriesCount: 0,
    lastConfirmedEntry: formatPosition(view.last),
    state: view.ledgerOpen && !view.terminated ? 'LedgerOpened' : closed,
    ledgers: view.ledgers.map((ledger) => ({
      ledgerId: ledger.ledgerId,
      // The open ledger counts above, as in Pulsar.
      entries: ledger === open ? 0 : ledger.entries,
      size: ledger === open ? 0 : ledger.bytes,
      offloaded: false,
      underReplicated: false,
    })),
    cursors: Object.fromEntries(
      cursors.map((one) => [urlEncoded(one.view.name), cursorStats(one, view)]),
    ),
    properties: view.properties,
    schemaLedgers: [],
    compactedLedger: {
      ledgerId: view.compaction.ledger?.ledgerId ?? -1,
      entries: view.compaction.ledger?.entries ?? -1,
      size: view.compaction.ledger?.bytes ?? -1,
      offloaded: false,
      underReplicated: false,
    },
  };
}

/** The part of a ManagedLedgerInfo that exists here: there are no metadata versions. */
export async function internalInfo(context: AdminContext, name: TopicName, view: TopicView) {
  const all = await cursorsOf(context, name, view);
  const cursors = all.filter((one) => one.view.durable);
  const created = isoTime(view.createdAtMs);
  const open = openLedger(view);
  const modified = isoTime(view.ledgers.at(-1)?.openedAtMs ?? view.createdAtMs);
  return {
    version: 0,
    creationDate: created,
    modificationDate: modified,
    ledgers: view.ledgers.map(({ ledgerId, entries, bytes, openedAtMs }) => ({
      ledgerId,
      // Known of a ledger once it is closed.
      ...(ledgerId === open?.ledgerId ? {} : { entries, size: bytes }),
      timestamp: openedAtMs,
      isOffloaded: false,
    })),
    ...(view.terminated ? { terminatedPosition: view.last } : {}),
    cursors: Object.fromEntries(
      cursors.map(({ view: { name: cursorName }, cursor }) => [
        urlEncoded(cursorName),
        {
          version: 0,
          creationDate: created,
          modificationDate: isoTime(cursor.lastMoveAtMs || view.createdAtMs),
          cursorsLedgerId: -1,
          markDelete: cursor.markDelete,
        },
      ]),
    ),
  };
}

function openLedger(view: TopicView) {
  return view.ledgerOpen ? view.ledgers.at(-1) : undefined;
}

interface Cursor {
  readonly view: SubscriptionView;
  readonly cursor: CursorView;
}

/** A topic may have thousands, so they are looked at in slices. */
async function cursorsOf(
  { broker, clock }: AdminContext,
  name: TopicName,
  topic: TopicView,
): Promise<Cursor[]> {
  const cursors: Cursor[] = [];
  await inSlices(clock, topic.subscriptions, (subscription) => {
    const view = broker.subscriptionView(name, subscription);
    const cursor = broker.cursorView(name, subscription);
    if (view !== undefined && cursor !== undefined) cursors.push({ view, cursor });
  });
  return cursors;
}

function cursorStats({ view, cursor }: Cursor, topic: TopicView) {
  return {
    markDeletePosition: formatPosition(cursor.markDelete),
    readPosition: formatPosition(cursor.readPosition),
    waitingReadOp: cursor.waitingRead,
    pendingReadOps: 0,
    messagesConsumedCounter: cursor.messagesConsumed,
    // A cursor's acknowledgements are events of the journal, in no ledger of their own.
    cursorLedger: -1,
    cursorLedgerLastEntry: -1,
    individuallyDeletedMessages: cursor.ackedRangesText,
    lastLedgerSwitchTimestamp: isoTime(cursor.lastMoveAtMs || topic.createdAtMs),
    state: 'Open',
    active: view.consumers.length > 0,
    numberOfEntriesSinceFirstNotAckedMessage: cursor.entriesSinceFirstUnacked,
    totalNonContiguousDeletedMessagesRange: cursor.ackedRanges,
    subscriptionHavePendingRead: cursor.waitingRead,
    subscriptionHavePendingReplayRead: false,
    properties: Object.fromEntries(
      Object.entries(cursor.properties).map(([key, value]) => [key, Number(value)]),
    ),
  };
}

/** The state of a topic: what survives, and who is connected just now. */

import type { Long } from '../../base/long.ts';
import type { Pace } from '../../base/pace.ts';
import { SmallMap, SmallSet } from '../../base/small-map.ts';
import type { TopicDomain } from '../../base/topic-name.ts';
import type { TopicExposed } from '../exposed.ts';
import { keyOf } from '../names.ts';
import type { PolicyMemo } from '../policies/resolve.ts';
import type { DispatchRate, PublishRate } from '../policies/values.ts';
import type { Recipient } from '../ports.ts';
import type { CompactedLedger, LedgerStart, TopicProgress } from '../progress.ts';
import { RangeSet } from '../range-set.ts';
import type { TxnId } from '../txn-id.ts';
import type { Traffic } from '../views.ts';
import type { AccessMode } from './commands.ts';
import type { PublishMeter } from './publish-meter.ts';
import type { Subscribing } from './subscribe-rate.ts';
import type { Aging } from './survey.ts';
import { heldBackFrom, type OpenTransactions, type TopicTransactionsLive } from './transactions.ts';
import type { Writes } from './writes.ts';

export interface Producer {
  readonly key: number;
  readonly producerId: Long;
  readonly requestId: Long;
  readonly recipient: Recipient;
  readonly name: string;
  readonly epoch: Long;
  readonly accessMode: AccessMode;
  readonly topicEpoch: number | undefined;
  readonly encrypts: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  readonly address: string;
  readonly clientVersion: string;
  readonly connectedAtMs: number;
  messages: number;
  bytes: number;
  /** Messages that were dropped unseen. */
  dropped: number;
  /** What it sent that was known already, refused or dropped. */
  readonly unstored: { messages: number; bytes: number };
}

/** The highest sequence id stored under a name. */
export interface LastSequence {
  readonly last: Long;
  /** When its producer left; undefined while there is one, or while nobody saw it leave. */
  readonly idleSinceMs: number | undefined;
}

export interface SubscriptionEntry {
  readonly durable: boolean;
  /**
   * Everything below is acknowledged, as far as the topic has been told in the life of this
   * process. Undefined: the cursor must be asked, since it may have been reset since it was last
   * heard of.
   */
  acked: number | undefined;
  /** Not durable, and read by somebody who reads what is compacted. */
  readonly readsCompacted?: boolean;
  /** Since when it is known to have no consumers, where that matters to somebody. */
  idleSinceMs?: number | undefined;
}

/** The topic's own, writable side of `TopicProgress`. */
export interface OwnProgress extends TopicProgress {
  topicId: number;
  ledgers: LedgerStart[];
  first: number;
  end: number;
  readable: number;
  aborted: RangeSet;
  terminated: boolean;
  meanEntryBytes: number;
  compacted: CompactedLedger | undefined;
}

/** A compaction that has begun and not ended: what it stored goes unless it ends well. */
export interface CompactionRun {
  readonly storageId: number;
  readonly ledgerId: number;
  readonly horizon: number;
  /** Which start of the process began it; no other one goes on with it. */
  readonly incarnation: number;
  readonly begunAtMs: number;
  entries: number;
  bytes: number;
  /** Offset of the last entry, -1 for none. */
  lastOffset: number;
  readonly ledgers: LedgerStart[];
}

export interface TopicState {
  exists: boolean;
  deleted: boolean;
  readonly name: string;
  /** Whether it stores what is published. All of a non-persistent topic ends with the process. */
  readonly isPersistent: boolean;
  createdAtMs: number;
  properties: Readonly<Record<string, string>>;
  /** Offset of the next entry, durable or not. `progress.end` follows when it is. */
  next: number;
  /** Which start of the process opened the newest ledger. */
  ledgerIncarnation: number;
  epoch: number | undefined;
  /** How many messages have been numbered. */
  nextIndex: number;
  /** Since when nobody uses the topic, as far as its policies ask for it. */
  unusedSinceMs: number | undefined;
  /** What deduplication remembers, by producer name; those that published longest ago first. */
  readonly sequences: SmallMap<string, LastSequence>;
  readonly subscriptions: SmallMap<string, SubscriptionEntry>;
  readonly open: OpenTransactions;
  readonly progress: OwnProgress;
  run: CompactionRun | undefined;
  readonly live: TopicLive;
}

/** What ends with the process. */
export interface TopicLive extends PolicyMemo {
  readonly producers: SmallMap<number, Producer>;
  readonly byName: SmallMap<string, Producer>;
  /** Producers that wait for exclusive access, first come first. */
  readonly waiting: Producer[];
  /** Producers that lost the topic to an exclusive one and have not been heard of since. */
  readonly fencedOut: SmallMap<number, Producer>;
  /** Unloaded: what comes next is stored under a new ledger, as by a new owner. */
  unloaded: boolean;
  /** What others see of the topic, once somebody has asked. */
  exposed: TopicExposed | undefined;
  /** Subscriptions whose cursors have read everything and wait for more. */
  readonly readers: SmallSet<string>;
  /** The publish rate in force, and its buckets where it is a limit. */
  publishRate: PublishRate | undefined;
  publishPace: Pace | undefined;
  /** The same of the dispatch rate, which the subscriptions draw from. */
  dispatchRate: DispatchRate | undefined;
  dispatchPace: Pace | undefined;
  /** Undefined before the first message. */
  publishMeter: PublishMeter | undefined;
  /** Producers that wait for the buckets to fill, and how often one had to. */
  readonly throttled: SmallSet<number>;
  throttledTimes: number;
  /** Who has subscribed lately, where there is a limit to that. */
  readonly subscribers: SmallMap<string, Subscribing>;
  messagesIn: number;
  /** Since it was loaded, by subscriptions that are gone. */
  sentByGone: Traffic;
  bytesIn: number;
  entriesIn: number;
  writes: Writes | undefined;
  chunks: boolean;
  duplicates: number;
  lastPublishAtMs: number;
  readonly aging: Aging;
  /** How often quotas of each kind have taken messages away. */
  readonly evictions: { size: number; age: number };
  readonly transactions: TopicTransactionsLive;
  /** When duties were last looked at; undefined: not yet. */
  trimCheckedAtMs: number | undefined;
  quotaCheckedAtMs: number | undefined;
  idleCheckedAtMs: number | undefined;
  /** And whether subscriptions had not read everything then. */
  useChecked: { readonly atMs: number; readonly isBehind: boolean } | undefined;
  compaction: CompactionHistory;
  /** Whether an offload was asked for since it was loaded: none succeeds. */
  offloadFailed: boolean;
}

/** What is said of compactions since the topic was loaded. */
export interface CompactionHistory {
  /** When it was last looked whether one is due. */
  checkedAtMs: number;
  /** Whether the last one that ended did so well; undefined: none has. */
  succeeded: boolean | undefined;
  error: string;
  removed: number;
  durationMs: number;
  succeededAtMs: number;
  failedAtMs: number;
  readonly totals: { removed: number; succeeded: number; failed: number };
  /** Bytes a second of the last one. */
  readRate: number;
  writeRate: number;
  /** Over all of them, of each entry; undefined where there are none. */
  writeLatency: number[] | undefined;
}

/** All that have a producer here: also those that wait, and those that were fenced unawares. */
export function attachedProducers({ live }: TopicState): Producer[] {
  return [...live.producers.values(), ...live.waiting, ...live.fencedOut.values()];
}

const NON_PERSISTENT: `${TopicDomain}://` = 'non-persistent://';

export function initialTopic(actor: string): TopicState {
  const name = keyOf(actor);
  return {
    exists: false,
    deleted: false,
    name,
    isPersistent: !name.startsWith(NON_PERSISTENT),
    createdAtMs: 0,
    properties: {},
    next: 0,
    ledgerIncarnation: 0,
    epoch: undefined,
    nextIndex: 0,
    unusedSinceMs: undefined,
    sequences: new SmallMap(),
    subscriptions: new SmallMap(),
    open: new SmallMap(),
    progress: {
      topic: name,
      topicId: 0,
      ledgers: [],
      first: 0,
      end: 0,
      readable: 0,
      aborted: new RangeSet(),
      terminated: false,
      meanEntryBytes: 0,
      compacted: undefined,
    },
    run: undefined,
    live: initialLive(),
  };
}

function initialLive(): TopicLive {
  return {
    producers: new SmallMap(),
    byName: new SmallMap(),
    waiting: [],
    fencedOut: new SmallMap(),
    unloaded: false,
    policies: undefined,
    exposed: undefined,
    readers: new SmallSet(),
    publishRate: undefined,
    publishPace: undefined,
    dispatchRate: undefined,
    dispatchPace: undefined,
    publishMeter: undefined,
    throttled: new SmallSet(),
    throttledTimes: 0,
    subscribers: new SmallMap(),
    messagesIn: 0,
    sentByGone: { messages: 0, bytes: 0 },
    bytesIn: 0,
    entriesIn: 0,
    writes: undefined,
    chunks: false,
    duplicates: 0,
    lastPublishAtMs: 0,
    aging: {
      oldestMs: undefined,
      backlogMs: undefined,
      subscription: undefined,
      checkedAtMs: undefined,
      round: undefined,
    },
    evictions: { size: 0, age: 0 },
    transactions: { committed: 0, aborted: 0, lately: new SmallSet(), lowWaterMarks: undefined },
    trimCheckedAtMs: undefined,
    quotaCheckedAtMs: undefined,
    idleCheckedAtMs: undefined,
    useChecked: undefined,
    compaction: noCompactions(),
    offloadFailed: false,
  };
}

function noCompactions(): CompactionHistory {
  return {
    checkedAtMs: 0,
    succeeded: undefined,
    error: '',
    removed: 0,
    durationMs: 0,
    succeededAtMs: 0,
    failedAtMs: 0,
    totals: { removed: 0, succeeded: 0, failed: 0 },
    readRate: 0,
    writeRate: 0,
    writeLatency: undefined,
  };
}

/** What a snapshot holds; non-durable subscriptions end with the process. */
interface TopicSnapshot {
  readonly createdAtMs: number;
  readonly properties: Readonly<Record<string, string>>;
  readonly topicId: number;
  readonly next: number;
  readonly first: number;
  readonly terminated: boolean;
  readonly incarnation: number;
  readonly epoch: number | null;
  readonly ledgers: readonly (readonly [number, number, number, number])[];
  readonly sequences: readonly (readonly [string, Long, number | null])[];
  /** Names, with since when each has no consumers. */
  readonly subscriptions: readonly (readonly [string, number | null])[];
  readonly unusedSinceMs: number | null;
  readonly nextIndex: number;
  /** Open transactions and their entries, and those of aborted ones. */
  readonly open: readonly (readonly [TxnId, Uint8Array])[];
  readonly aborted: Uint8Array;
  readonly compacted: CompactedLedger | null;
  readonly run: CompactionRun | null;
}

export function snapshotTopic(state: TopicState): TopicSnapshot {
  const { progress } = state;
  return {
    createdAtMs: state.createdAtMs,
    properties: state.properties,
    topicId: progress.topicId,
    next: state.next,
    first: progress.first,
    terminated: progress.terminated,
    incarnation: state.ledgerIncarnation,
    epoch: state.epoch ?? null,
    ledgers: progress.ledgers.map((l) => [l.ledgerId, l.firstOffset, l.openedAtMs, l.bytes]),
    sequences: [...state.sequences].map(([name, { last, idleSinceMs }]) => {
      return [name, last, idleSinceMs ?? null];
    }),
    subscriptions: [...state.subscriptions]
      .filter(([, entry]) => entry.durable)
      .map(([name, { idleSinceMs }]) => [name, idleSinceMs ?? null]),
    unusedSinceMs: state.unusedSinceMs ?? null,
    nextIndex: state.nextIndex,
    open: [...state.open].map(([txn, entries]) => [txn, entries.pack()]),
    aborted: progress.aborted.pack(),
    compacted: progress.compacted ?? null,
    run: state.run === undefined ? null : { ...state.run, ledgers: [...state.run.ledgers] },
  };
}

export function restoreTopic(actor: string, data: unknown): TopicState {
  const snapshot = data as TopicSnapshot;
  const state = initialTopic(actor);
  state.exists = true;
  state.createdAtMs = snapshot.createdAtMs;
  state.properties = snapshot.properties;
  state.next = snapshot.next;
  state.ledgerIncarnation = snapshot.incarnation;
  state.epoch = snapshot.epoch ?? undefined;
  for (const [name, last, idleSinceMs] of snapshot.sequences) {
    state.sequences.set(name, { last, idleSinceMs: idleSinceMs ?? undefined });
  }
  state.nextIndex = snapshot.nextIndex;
  state.unusedSinceMs = snapshot.unusedSinceMs ?? undefined;
  for (const [name, sinceMs] of snapshot.subscriptions) {
    const entry = { durable: true, acked: undefined, idleSinceMs: sinceMs ?? undefined };
    state.subscriptions.set(name, entry);
  }
  const { progress } = state;
  progress.topicId = snapshot.topicId;
  progress.first = snapshot.first;
  progress.end = snapshot.next;
  for (const [txn, entries] of snapshot.open) state.open.set(txn, RangeSet.unpack(entries));
  progress.readable = heldBackFrom(state);
  progress.aborted = RangeSet.unpack(snapshot.aborted);
  progress.terminated = snapshot.terminated;
  progress.ledgers = snapshot.ledgers.map(([ledgerId, firstOffset, openedAtMs, bytes]) => ({
    ledgerId,
    firstOffset,
    openedAtMs,
    bytes,
  }));
  progress.meanEntryBytes = meanOf(progress.ledgers, snapshot.next);
  progress.compacted = snapshot.compacted ?? undefined;
  state.run = snapshot.run ?? undefined;
  return state;
}

/** Bytes and entries of the retained ledgers give the mean size of an entry. */
export function meanOf(ledgers: readonly LedgerStart[], next: number): number {
  const first = ledgers[0];
  if (first === undefined || next === first.firstOffset) return 0;
  let bytes = 0;
  for (const ledger of ledgers) bytes += ledger.bytes;
  return bytes / (next - first.firstOffset);
}

/** The state of a cursor: which entries of the topic its subscription is done with. */
import type { Long } from '../../base/long.ts';
import { SmallMap } from '../../base/small-map.ts';
import type { CursorExposed } from '../exposed.ts';
import { RangeSet } from '../range-set.ts';
import type { ReadCursor } from './commands.ts';
import { HeldAcks, type PackedHeldAcks } from './held-acks.ts';
import { packParts, unpackParts } from './packed-parts.ts';

export interface CursorState {
  exists: boolean;
  deleted: boolean;
  topic: string;
  topicId: number;
  name: string;
  durable: boolean;
  /** Everything below is acknowledged; what is acknowledged above is in `ranges`. */
  acked: number;
  ranges: RangeSet;
  /** Batches that are acknowledged in part: words of the indexes still open, by offset. */
  partial: SmallMap<number, readonly bigint[]>;
  /** How often a client asked for an entry again, by offset; unacknowledged entries only. */
  readonly redeliveries: SmallMap<number, number>;
  properties: Readonly<Record<string, Long>>;
  /** Acknowledgements that wait for the end of their transactions. */
  held: HeldAcks;
  readonly live: CursorLive;
}

export interface CursorLive {
  /** A read that waits for entries to come. */
  waiting: ReadCursor | undefined;
  /** What the topic has last been told. */
  reported: number;
  /** Entries acknowledged since the cursor was loaded. */
  consumed: number;
  lastMoveAtMs: number;
  /** Entries expired since the cursor was loaded, and when that was last asked for. */
  expired: number;
  lastExpireAtMs: number;
  /** Where the last read of the compacted ledger ended. */
  compactedAt: CompactedPlace | undefined;
  /** Transactions whose end it was told; undefined: of none. */
  ends: TransactionEnds | undefined;
  /** Where the next read would start. */
  readOffset: number;
  /** What others see of the cursor, once somebody has asked. */
  exposed: CursorExposed | undefined;
}

/** Since the cursor was loaded. */
export interface TransactionEnds {
  committed: number;
  aborted: number;
  /** By coordinator, as of the last end that it told of. */
  readonly lowWaterMarks: Map<number, number>;
}

/** Consecutive entries of a compacted ledger, by their offsets in the topic. */
export interface CompactedPlace {
  readonly storageId: number;
  /** Index of the first one; it is the first at or after the offset `from`. */
  readonly index: number;
  readonly from: number;
  readonly offsets: readonly number[];
}

export function initialCursor(): CursorState {
  return {
    exists: false,
    deleted: false,
    topic: '',
    topicId: 0,
    name: '',
    durable: true,
    acked: 0,
    ranges: new RangeSet(),
    partial: new SmallMap(),
    redeliveries: new SmallMap(),
    properties: {},
    held: new HeldAcks(),
    live: {
      waiting: undefined,
      reported: -1,
      consumed: 0,
      lastMoveAtMs: 0,
      expired: 0,
      lastExpireAtMs: 0,
      compactedAt: undefined,
      ends: undefined,
      readOffset: 0,
      exposed: undefined,
    },
  };
}

/** Whether an entry is not acknowledged, at least not all of it. */
export function isOpen(state: CursorState, offset: number): boolean {
  return offset >= state.acked && !state.ranges.has(offset);
}

interface CursorSnapshot {
  readonly topic: string;
  readonly topicId: number;
  readonly name: string;
  readonly acked: number;
  readonly ranges: Uint8Array;
  readonly partial: Uint8Array;
  readonly redeliveries: readonly (readonly [number, number])[];
  readonly properties: Readonly<Record<string, Long>>;
  readonly held: PackedHeldAcks;
}

export function snapshotCursor(state: CursorState): CursorSnapshot {
  return {
    topic: state.topic,
    topicId: state.topicId,
    name: state.name,
    acked: state.acked,
    ranges: state.ranges.pack(),
    partial: packParts(state.partial),
    redeliveries: [...state.redeliveries],
    properties: state.properties,
    held: state.held.pack(),
  };
}

export function restoreCursor(_actor: string, data: unknown): CursorState {
  const snapshot = data as CursorSnapshot;
  const state = initialCursor();
  state.exists = true;
  state.topic = snapshot.topic;
  state.topicId = snapshot.topicId;
  state.name = snapshot.name;
  state.acked = snapshot.acked;
  state.ranges = RangeSet.unpack(snapshot.ranges);
  state.partial = unpackParts(snapshot.partial);
  for (const [offset, count] of snapshot.redeliveries) state.redeliveries.set(offset, count);
  state.properties = snapshot.properties;
  state.held = HeldAcks.unpack(snapshot.held);
  state.live.readOffset = snapshot.acked;
  return state;
}

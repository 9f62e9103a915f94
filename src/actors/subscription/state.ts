/**
 * The state of a subscription: its name and settings survive, its consumers are of this process.
 */
import type { Long } from '../../base/long.ts';
import type { Pace } from '../../base/pace.ts';
import { SmallMap } from '../../base/small-map.ts';
import { type Generation, newGeneration } from '../generation.ts';
import type { PolicyMemo } from '../policies/resolve.ts';
import type { DispatchRate } from '../policies/values.ts';
import type { Recipient } from '../ports.ts';
import type { KeySharedMode, SubscriptionType } from './commands.ts';
import { type Delays, noDelays } from './delays.ts';
import { HashHolders } from './holders.ts';
import type { Limiter } from './pacing.ts';
import type { Ranking } from './ranking.ts';
import { ReplayQueue } from './replay-queue.ts';
import type { Selector } from './selector.ts';
import { NO_LIMITS, type UnackedLimits } from './unacked.ts';

export interface Consumer {
  readonly key: number;
  readonly consumerId: Long;
  readonly recipient: Recipient;
  readonly name: string;
  readonly priorityLevel: number;
  readonly takesAnySchema: boolean;
  /** Reads what is compacted in the place of the originals (exclusive and failover). */
  readonly readCompacted: boolean;
  readonly ranges: KeySharedMode['ranges'];
  /** Failover: the nearest is preferred (`ringDistance`). */
  readonly ringDistance: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly address: string;
  readonly clientVersion: string;
  readonly connectedAtMs: number;
  readonly knowsEndOfTopic: boolean;
  readonly knowsActiveChange: boolean;
  epoch: Long | undefined;
  /** Messages that it may still be sent; negative after a batch larger than what was left. */
  permits: number;
  /** Messages sent and not acknowledged (shared and key_shared). */
  unacked: number;
  /** Entries that it was given, of which it may hold some no more: `heldBy` says which. */
  given: number[];
  /** Too many unacknowledged messages: nothing is sent until half of them are. */
  blocked: boolean;
  /** Its socket has enough to write. */
  congested: boolean;
  /** Deliveries up to this one wait for the journal, and so do all that follow; 0: none waits. */
  heldMark: number;
  endSent: boolean;
  messagesOut: number;
  bytesOut: number;
  acked: number;
  redelivered: number;
  /** Moving mean of messages an entry; 0 until something was sent. */
  messagesPerEntry: number;
  lastAckedAtMs: number;
  firstDeliveredAtMs: number;
  lastDeliveredAtMs: number;
  firstFlowAtMs: number;
  lastFlowAtMs: number;
}

/** An entry that a shared or key_shared consumer has and has not acknowledged. */
export interface Pending {
  readonly key: number;
  messages: number;
  readonly hash: number;
  /** Batch indexes not acknowledged; undefined: all of them. */
  open: readonly bigint[] | undefined;
}

export interface SubscriptionLive extends PolicyMemo {
  type: SubscriptionType | undefined;
  keyShared: KeySharedMode | undefined;
  /** In order of joining. */
  readonly consumers: SmallMap<number, Consumer>;
  /** The same by rank; failover on a partition. */
  ranking: Ranking | undefined;
  /** Exclusive and failover: who receives. */
  active: number | undefined;
  /** Numbers the changes of it. */
  activeChange: number;
  /** Failover: a change of the active consumer waits for its delay. */
  switching: boolean;
  /** Offset of the next read; -1 starts at the first unacknowledged entry. */
  next: number;
  /** Another one whenever reads under way become worthless. */
  generation: Generation;
  reading: boolean;
  /** All that was read last must be delivered later. */
  skims: boolean;
  replaying: boolean;
  readonly replay: ReplayQueue;
  delays: Delays;
  /** The first offset of each hash that came back while a replay was under way: it goes first. */
  readonly returned: SmallMap<number, number>;
  readonly pending: SmallMap<number, Pending>;
  readonly holders: HashHolders;
  selector: Selector | undefined;
  /** Chunked messages under way: who got the first part, oldest first. */
  readonly chunkOwners: SmallMap<string, number>;
  /** Key of the consumer served last, for the round robin. */
  lastServed: number;
  unacked: number;
  blocked: boolean;
  unackedLimits: UnackedLimits;
  /** What the broker was told last of `unacked`, and whether it stops this subscription. */
  toldUnacked: number;
  isHeldByBroker: boolean;
  /** Numbers deliveries that wait for the journal. */
  heldMark: number;
  /** Moving mean of messages an entry, to read no more entries than there are permits. */
  messagesPerEntry: number;
  messagesOut: number;
  bytesOut: number;
  entriesOut: number;
  redelivered: number;
  /** The subscription's own dispatch rate, and its buckets where it is a limit. */
  dispatchRate: DispatchRate | undefined;
  dispatchPace: Pace | undefined;
  /** Whether nothing is read until the buckets are full again. */
  isHeld: boolean;
  /** How often whose limit held messages or bytes back; undefined: never. */
  throttled: ThrottledCounts | undefined;
  /** Messages of a non-persistent topic that nobody could take. */
  dropped: number;
  lastFlowAtMs: number;
  lastDeliveredAtMs: number;
  lastAckedAtMs: number;
}

export type ThrottledCounts = Record<Limiter, { messages: number; bytes: number }>;

export interface SubscriptionState {
  exists: boolean;
  deleted: boolean;
  topic: string;
  topicId: number;
  name: string;
  durable: boolean;
  /** Whether its topic stores entries. */
  isPersistent: boolean;
  replicated: boolean;
  properties: Readonly<Record<string, string>>;
  live: SubscriptionLive;
}

export function initialSubscription(): SubscriptionState {
  return {
    exists: false,
    deleted: false,
    topic: '',
    topicId: 0,
    name: '',
    durable: true,
    isPersistent: true,
    replicated: false,
    properties: {},
    live: {
      policies: undefined,
      type: undefined,
      keyShared: undefined,
      consumers: new SmallMap(),
      ranking: undefined,
      active: undefined,
      activeChange: 0,
      switching: false,
      next: -1,
      generation: newGeneration(),
      reading: false,
      skims: false,
      replaying: false,
      replay: new ReplayQueue(),
      delays: noDelays(),
      returned: new SmallMap(),
      pending: new SmallMap(),
      holders: new HashHolders(),
      selector: undefined,
      chunkOwners: new SmallMap(),
      lastServed: -1,
      unacked: 0,
      blocked: false,
      unackedLimits: NO_LIMITS,
      toldUnacked: 0,
      isHeldByBroker: false,
      heldMark: 0,
      messagesPerEntry: 1,
      messagesOut: 0,
      bytesOut: 0,
      entriesOut: 0,
      redelivered: 0,
      dispatchRate: undefined,
      dispatchPace: undefined,
      isHeld: false,
      throttled: undefined,
      dropped: 0,
      lastFlowAtMs: 0,
      lastDeliveredAtMs: 0,
      lastAckedAtMs: 0,
    },
  };
}

/** Shared and key_shared: several consumers receive at once. */
export function isMulti(state: SubscriptionState): boolean {
  const { type } = state.live;
  return type === 'Shared' || type === 'Key_Shared';
}

/** Whether the subscription remembers which consumer has which entry until it is acknowledged. */
export function tracks(state: SubscriptionState): boolean {
  return isMulti(state) && state.isPersistent;
}

interface SubscriptionSnapshot {
  readonly topic: string;
  readonly topicId: number;
  readonly name: string;
  readonly replicated: boolean;
  readonly properties: Readonly<Record<string, string>>;
}

export function snapshotSubscription(state: SubscriptionState): SubscriptionSnapshot {
  const { topic, topicId, name, replicated, properties } = state;
  return { topic, topicId, name, replicated, properties };
}

export function restoreSubscription(_actor: string, data: unknown): SubscriptionState {
  const snapshot = data as SubscriptionSnapshot;
  return { ...initialSubscription(), ...snapshot, exists: true };
}

/** Dispatch to many consumers: round robin for shared, by the hash of the key for key_shared. */

import { type EntrySlice, messagesOf } from '../entry-slice.ts';
import type { EntryChunk } from '../ports.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { EntriesForDispatch, EntriesForReplay } from './commands.ts';
import { askForDue, Waiting } from './delays.ts';
import { Delivery } from './delivery.ts';
import type { SubscriptionOptions } from './options.ts';
import { isPaced, roomForDispatch } from './pacing.ts';
import { policiesOf } from './policies.ts';
import { ANYBODY } from './replay-queue.ts';
import { entriesFor } from './single.ts';
import { tellSource } from './source.ts';
import { type Consumer, type SubscriptionLive, type SubscriptionState, tracks } from './state.ts';
import { isHeldByBroker, roomOf } from './unacked.ts';

/** Entries that one replay asks for. */
const MAX_REPLAY_READ = 500;

/** Asks the cursor for what must be sent again and, if that leaves room, for new entries. */
export function readForMany(
  state: SubscriptionState,
  facts: Facts,
  options: SubscriptionOptions,
): Decision {
  const decision = new Decision();
  const { live } = state;
  const isHeld = isHeldByBroker(state, decision, facts, options);
  // Many consumers may ask for more while a read waits for entries: none is looked at then.
  const isWaiting = live.reading && !maySendAgain(live, facts);
  if (isWaiting && !isPaced(state, facts, options)) return decision;
  const takers = [...live.consumers.values()].filter(canTake);
  if (takers.length === 0) return decision;
  const all = takers.reduce((sum, { permits }) => sum + permits, 0);
  const room = roomForDispatch(state, decision, all, facts, options);
  if (room === undefined) return decision;
  const permits = Math.min(all, room.messages);
  const maxBytes = Math.min(options.maxReadBytes, room.bytes);
  const { generation } = live;
  const { maxReplay, maxReplayPerConsumer } = options;
  const most = Math.min(maxReplay, maxReplayPerConsumer * live.consumers.size);
  const isFull = live.replay.size >= most;
  if (!live.replaying) {
    const offsets = replayable(state, takers).slice(0, permits);
    if (offsets.length > 0) {
      decision.change({ type: 'replay-started', data: {} });
      tellSource(state, decision, { type: 'replay', offsets, maxBytes, generation });
      return decision;
    }
    if (!isFull && askForDue(state, decision, facts, options)) return decision;
  }
  if (live.replaying || live.reading || live.blocked || isHeld || isFull) return decision;
  decision.change({ type: 'read-started', data: {} });
  tellSource(state, decision, {
    type: 'read',
    from: live.next,
    // What is passed over takes no permits.
    maxEntries: live.skims
      ? options.maxReadEntries
      : entriesFor(permits, live.messagesPerEntry, options),
    maxBytes,
    generation,
  });
  return decision;
}

/** Whether anything waits to be sent again, or may have come due. */
function maySendAgain({ replaying, replay, delays }: SubscriptionLive, { nowMs }: Facts): boolean {
  return !replaying && (replay.size > 0 || delays.nextAtMs <= nowMs);
}

export function dispatchToMany(
  state: SubscriptionState,
  command: EntriesForDispatch,
  facts: Facts,
  options: SubscriptionOptions,
): Decision {
  const held = new Decision();
  if (isHeldByBroker(state, held, facts, options)) {
    // The read waited for entries before others held too much.
    const next = command.slices[0]?.firstOffset ?? command.next;
    held.change({ type: 'read-ended', data: { next } });
    return held;
  }
  const round = new Round(state, facts, options, false);
  const left = round.serve(command.slices);
  return round.finish((decision, skims) => {
    decision.change({ type: 'read-ended', data: { next: left ?? command.next, skims } });
  });
}

export function dispatchAgain(
  state: SubscriptionState,
  command: EntriesForReplay,
  facts: Facts,
  options: SubscriptionOptions,
): Decision {
  const round = new Round(state, facts, options, true);
  round.serve(command.slices);
  const found = new Set<number>();
  for (const { firstOffset, entries } of command.slices) {
    for (let i = 0; i < entries.length; i++) found.add(firstOffset + i);
  }
  const gone = command.asked.filter((offset) => offset < command.until && !found.has(offset));
  return round.finish((decision) => {
    decision.change({ type: 'replay-ended', data: { gone } });
  });
}

function canTake(consumer: Consumer): boolean {
  return consumer.permits > 0 && !consumer.blocked && !consumer.congested;
}

/** Stands where a sticky hash does for an entry that only one consumer may get. */
function reservedFor(key: number): number {
  return -key;
}

/** Waiting entries that these consumers could take now, ascending. */
function replayable(state: SubscriptionState, takers: readonly Consumer[]): number[] {
  const { replay } = state.live;
  if (replay.size === 0) return [];
  const all = takers.reduce((sum, { permits }) => sum + permits, 0);
  const offsets = [...waiting(state, ANYBODY, all)];
  for (const { key, permits } of takers) offsets.push(...waiting(state, key, permits));
  return offsets.sort((a, b) => a - b).slice(0, Math.min(MAX_REPLAY_READ, all));
}

/** The first entries of a lane, at most as many as there are permits, that nobody's hash holds. */
function* waiting(state: SubscriptionState, lane: number, permits: number): Iterable<number> {
  let left = Math.min(MAX_REPLAY_READ, permits);
  const refused = new Set<number>();
  for (const [offset, hash] of state.live.replay.waitingFor(lane)) {
    if (left <= 0) return;
    if (refused.has(hash)) continue;
    if (hash > 0 && takerOf(state, hash) === undefined) {
      refused.add(hash);
      continue;
    }
    left--;
    yield offset;
  }
}

/** The consumer that may get a hash now: its owner, if it can and no other still holds the hash. */
function takerOf(state: SubscriptionState, hash: number): Consumer | undefined {
  const { live } = state;
  const key = live.selector?.ownerOf(hash);
  const owner = key === undefined ? undefined : live.consumers.get(key);
  if (owner === undefined || !canTake(owner)) return undefined;
  const holder = live.holders.holderOf(hash);
  return holder === undefined || holder === key ? owner : undefined;
}

/** One distribution of what has been read. */
export class Round {
  readonly #state: SubscriptionState;
  readonly #facts: Facts;
  readonly #options: SubscriptionOptions;
  readonly #replay: boolean;
  readonly #deliveries = new Map<number, Delivery>();
  readonly #asideOffsets: number[] = [];
  readonly #asideHashes: number[] = [];
  /** Hashes of which something had to stay behind in this round. */
  readonly #blocked = new Set<number>();
  readonly #chunkOwners = new Map<string, number>();
  readonly #waiting: Waiting;
  /** Consumers of each priority, the best first, in order of joining. */
  readonly #levels: readonly (readonly Consumer[])[];
  #last: number;

  constructor(
    state: SubscriptionState,
    facts: Facts,
    options: SubscriptionOptions,
    replay: boolean,
  ) {
    this.#state = state;
    this.#facts = facts;
    this.#options = options;
    this.#replay = replay;
    this.#last = state.live.lastServed;
    this.#waiting = new Waiting(state.live.delays, facts.nowMs);
    this.#levels = byPriority([...state.live.consumers.values()]);
  }

  /** Whether what is due later must wait. */
  get #delays(): boolean {
    return policiesOf(this.#state, this.#facts, this.#options).delayedDelivery.active;
  }

  /** Offset of the first entry that nobody could take; undefined when all found a place. */
  serve(slices: readonly EntrySlice[]): number | undefined {
    const byKey = this.#state.live.type === 'Key_Shared';
    for (const slice of slices) {
      const isPlain = !byKey && !slice.chunked && slice.dueAtMs === undefined;
      const stopped = isPlain ? this.#rounds(slice) : this.#each(slice, byKey);
      if (stopped !== undefined) return stopped;
    }
    return undefined;
  }

  /** `end` hears whether all that was read must wait. */
  finish(end: (decision: Decision, skims: boolean) => void): Decision {
    const decision = new Decision();
    const { count } = this.#waiting;
    end(decision, count > 0 && this.#deliveries.size === 0);
    this.#waiting.finish(decision);
    const delivered = this.deliver(decision) || count > 0;
    if (this.#asideOffsets.length > 0) {
      const data = { offsets: this.#asideOffsets, hashes: this.#asideHashes };
      decision.change({ type: 'set-aside', data });
    }
    // Whatever became of a replay, it held up reading on; and what must wait holds up nobody.
    const goesOn = delivered || this.#asideOffsets.length > 0 || this.#replay;
    if (goesOn) decision.again = { type: 'dispatch' };
    return decision;
  }

  /** Offsets of the entries whose consumer could not take them, while others could. */
  get aside(): readonly number[] {
    return this.#asideOffsets;
  }

  /** Sends what was distributed; false when there is nothing. */
  deliver(decision: Decision): boolean {
    let delivered = false;
    const mark = this.#state.live.heldMark + 1;
    for (const delivery of this.#deliveries.values()) {
      if (delivery.finish(decision, this.#facts.nowMs, mark)) delivered = true;
    }
    return delivered;
  }

  /** Shared: each in turn gets a few entries, as far as its permits go; none is ever split. */
  #rounds(slice: EntrySlice): number | undefined {
    let from = 0;
    while (from < slice.entries.length) {
      const delivery = this.#nextInTurn();
      if (delivery === undefined) return slice.firstOffset + from;
      let budget = delivery.permits;
      let to = from;
      const end = Math.min(slice.entries.length, from + this.#options.roundRobinEntries);
      while (to < end && budget > 0) budget -= messagesOf(slice, to++);
      delivery.add(slice, from, to, 0);
      from = to;
    }
    return undefined;
  }

  #each(slice: EntrySlice, byKey: boolean): number | undefined {
    const { stickyKeyHash, chunk } = this.#facts.format;
    const { live } = this.#state;
    const { selector } = live;
    for (const [i, entry] of slice.entries.entries()) {
      const offset = slice.firstOffset + i;
      if (this.#mustWait(slice, i)) continue;
      const hash = byKey ? (selector?.hashOf(stickyKeyHash(entry)) ?? 0) : 0;
      const part = !byKey && slice.chunked ? chunk(entry) : undefined;
      const uuid = part?.uuid;
      const delivery = byKey ? this.#byHash(hash, offset) : this.#byChunk(part, offset);
      if (delivery !== undefined) {
        delivery.add(slice, i, i + 1, hash);
        if (uuid !== undefined && this.#chunkOwner(uuid) === undefined) {
          this.#chunkOwners.set(uuid, delivery.consumer.key);
          delivery.addChunk(uuid);
        }
        continue;
      }
      // What waits for its own consumer lets the others pass; without any taker reading stops.
      if (this.#nobody()) return offset;
      const owner = uuid === undefined ? undefined : this.#chunkOwner(uuid);
      // Of what came due the hash was not known before.
      const isKnown = !byKey || live.replay.hashOf(offset) === hash;
      if (this.#replay && owner === undefined && isKnown) continue;
      this.#asideOffsets.push(offset);
      this.#asideHashes.push(owner === undefined ? hash : reservedFor(owner));
    }
    return undefined;
  }

  /** What is sent again, or has come due, waits no more. */
  #mustWait({ dueAtMs, firstOffset }: EntrySlice, index: number): boolean {
    if (dueAtMs === undefined || this.#replay || !this.#delays) return false;
    return this.#waiting.mustWait(dueAtMs[index]!, firstOffset + index);
  }

  #byHash(hash: number, offset: number): Delivery | undefined {
    const { live } = this.#state;
    const ordered = !live.keyShared?.allowOutOfOrder;
    if (ordered && this.#blocked.has(hash)) return undefined;
    // Entries wait behind older ones of the same hash that are still to be sent again.
    const older = this.#replay
      ? (live.returned.get(hash) ?? offset) < offset
      : live.replay.hasHash(hash);
    const behind = ordered && older;
    const owner = behind ? undefined : takerOf(this.#state, hash);
    const delivery = owner === undefined ? undefined : this.#of(owner);
    if (delivery !== undefined && delivery.permits > 0) return delivery;
    this.#blocked.add(hash);
    return undefined;
  }

  #byChunk(part: EntryChunk | undefined, offset: number): Delivery | undefined {
    const { live } = this.#state;
    const key = part === undefined ? undefined : this.#chunkOwner(part.uuid);
    const owner = key === undefined ? undefined : live.consumers.get(key);
    if (key === undefined || owner === undefined) {
      // The first part may have come back from a consumer that left: it goes first.
      const mayLack = part !== undefined && part.index > 0;
      const before = this.#replay
        ? (live.returned.get(0) ?? offset) < offset
        : live.replay.size > 0;
      return mayLack && before ? undefined : this.#nextInTurn();
    }
    // An earlier part that waits goes first.
    if (!this.#replay && live.replay.hasHash(reservedFor(key))) return undefined;
    const delivery = canTake(owner) ? this.#of(owner) : undefined;
    return delivery !== undefined && delivery.permits > 0 ? delivery : undefined;
  }

  /** Key of the consumer that has the other parts of a chunked message. */
  #chunkOwner(uuid: string): number | undefined {
    return this.#chunkOwners.get(uuid) ?? this.#state.live.chunkOwners.get(uuid);
  }

  /** The next consumer of the best priority that can take something. */
  #nextInTurn(): Delivery | undefined {
    for (const level of this.#levels) {
      const start = level.findIndex(({ key }) => key === this.#last) + 1;
      for (let i = 0; i < level.length; i++) {
        const consumer = level[(start + i) % level.length]!;
        if (!canTake(consumer)) continue;
        const delivery = this.#of(consumer);
        if (delivery.permits <= 0) continue;
        this.#last = consumer.key;
        return delivery;
      }
    }
    return undefined;
  }

  #nobody(): boolean {
    for (const consumer of this.#state.live.consumers.values()) {
      if (canTake(consumer) && this.#of(consumer).permits > 0) return false;
    }
    return true;
  }

  #of(consumer: Consumer): Delivery {
    let delivery = this.#deliveries.get(consumer.key);
    if (delivery === undefined) {
      const room = roomOf(this.#state.live, consumer);
      const tracked = tracks(this.#state);
      delivery = new Delivery(consumer, tracked, this.#options.redeliveryCounts, room);
      this.#deliveries.set(consumer.key, delivery);
    }
    return delivery;
  }
}

function byPriority(consumers: readonly Consumer[]): (readonly Consumer[])[] {
  const levels = new Map<number, Consumer[]>();
  for (const consumer of consumers) {
    const level = levels.get(consumer.priorityLevel);
    if (level === undefined) levels.set(consumer.priorityLevel, [consumer]);
    else level.push(consumer);
  }
  return [...levels].sort(([a], [b]) => a - b).map(([, level]) => level);
}

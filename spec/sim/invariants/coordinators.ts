/**
 * Coordinators of transactions: those that there are stay, and each takes a new transaction unless
 * as many are open as may be. Where it takes none, nobody is told anything, as in Pulsar.
 */
import { keyOf, kindOf } from '../../../src/actors/names.ts';
import { orNone } from '../../../src/base/limits.ts';
import { COORDINATORS } from '../../../src/base/system-topics.ts';
import type { JournalEvent } from '../../../src/storage/journal.ts';
import type { Command } from '../../../src/wire/codec.ts';
import { ServerError } from '../../../src/wire/messages.ts';
import type { Observation } from '../observe/observation.ts';
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';

/** By the journal. */
interface CoordinatorSeen {
  /** Transactions that are open or ending. */
  readonly open: Set<number>;
  /** Whoever uses one below this, which nobody has begun, begins it late, limit or not. */
  adriftBelow: number;
}

/** A NEW_TXN that is not answered. */
interface Asked {
  readonly coordinator: number;
  readonly atMs: number;
  /** Since it came there was a time at which no more could be open. */
  wasFull: boolean;
}

const FEWEST = 16;
/** An answer is under way for so long at most. */
const PATIENCE_MS = 10_000;

export class Coordinators implements Invariant {
  readonly name = 'coordinators stay, and as many transactions are open as may be';
  readonly seesFrames = true;
  checks = 0;
  readonly #world: World;
  readonly #limit: number;
  readonly #coordinators = new Map<number, CoordinatorSeen>();
  /** By link and request. */
  readonly #asked = new Map<number, Map<number, Asked>>();
  /** How many there are at least. */
  #count = FEWEST;

  constructor(world: World) {
    this.#world = world;
    this.#limit = orNone(world.config.maxActiveTransactionsPerCoordinator);
  }

  see(seen: Observation, fail: Fail): void {
    switch (seen.type) {
      case 'record':
        for (const event of seen.record.events) this.#happens(event, fail);
        break;
      case 'partitions':
        if (seen.topic === COORDINATORS) this.#found(seen.count, fail);
        break;
      case 'administered':
        if (seen.call.topic !== COORDINATORS || seen.status !== 204) break;
        this.#count = Math.max(this.#count, seen.call.partitions ?? 0);
        break;
      case 'heard':
        this.#heard(seen.link, seen.command);
        break;
      case 'said':
        this.#said(seen.link, seen.command, fail);
        break;
      case 'unlinked':
        this.#asked.delete(seen.link);
        break;
    }
  }

  isSatisfied(): boolean {
    return this.#unanswered() === undefined;
  }

  end(_: World, fail: Fail): void {
    const { coordinator } = this.#unanswered() ?? {};
    if (coordinator === undefined) return;
    fail(`coordinator ${coordinator} begins none for somebody, though no ${this.#limit} are open`);
  }

  #happens({ actor, type, data }: JournalEvent, fail: Fail): void {
    if (kindOf(actor) !== 'transaction-coordinator') return;
    const id = Number(keyOf(actor));
    const coordinator = this.#of(id);
    const { sequence, to } = data as { readonly sequence: number; readonly to: number };
    if (type === 'adrift') coordinator.adriftBelow = to;
    else if (type === 'ended') coordinator.open.delete(sequence);
    if (type !== 'begun') return;
    this.checks += 1;
    coordinator.open.add(sequence);
    const { size } = coordinator.open;
    const isLate = sequence < coordinator.adriftBelow;
    if (!isLate && size > this.#limit) fail(`${size} of coordinator ${id} are open`);
    if (size < this.#limit) return;
    for (const asked of this.#asked.values()) {
      for (const each of asked.values()) if (each.coordinator === id) each.wasFull = true;
    }
  }

  #found(count: number, fail: Fail): void {
    this.checks += 1;
    if (count < this.#count) fail(`there are ${count} coordinators, not ${this.#count}`);
    this.#count = Math.max(this.#count, count);
  }

  #heard(link: number, { name, body }: Command): void {
    if (name !== 'NEW_TXN' || this.#world.isAbusive(link)) return;
    const coordinator = Number(body.tc_id ?? 0);
    const asked = this.#asked.get(link) ?? new Map<number, Asked>();
    this.#asked.set(link, asked);
    const wasFull = this.#of(coordinator).open.size >= this.#limit;
    const atMs = this.#world.scheduler.elapsedMs;
    asked.set(Number(body.request_id), { coordinator, atMs, wasFull });
  }

  #said(link: number, { name, body }: Command, fail: Fail): void {
    if (name !== 'NEW_TXN_RESPONSE') return;
    const asked = this.#asked.get(link);
    const { coordinator } = asked?.get(Number(body.request_id)) ?? {};
    asked?.delete(Number(body.request_id));
    if (coordinator === undefined) return;
    this.checks += 1;
    const isMissing = body.error === ServerError.TransactionCoordinatorNotFound;
    if (isMissing && coordinator < this.#count) fail(`there is no coordinator ${coordinator}`);
  }

  #unanswered(): Asked | undefined {
    const { network, scheduler } = this.#world;
    const beforeMs = scheduler.elapsedMs - PATIENCE_MS;
    for (const { id, isWhole } of network.links) {
      if (!isWhole) continue;
      for (const asked of this.#asked.get(id)?.values() ?? []) {
        if (!asked.wasFull && asked.atMs < beforeMs) return asked;
      }
    }
    return undefined;
  }

  #of(id: number): CoordinatorSeen {
    let coordinator = this.#coordinators.get(id);
    if (coordinator === undefined) {
      coordinator = { open: new Set(), adriftBelow: 0 };
      this.#coordinators.set(id, coordinator);
    }
    return coordinator;
  }
}

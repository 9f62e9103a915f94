/**
 * Who runs the broker: asks things of it over REST, each at its time, and sees to it that the
 * partitioned topics of the plan are there.
 */
import type { TxnId } from '../../src/actors/txn-id.ts';
import type { Draws } from '../generators/draws.ts';
import {
  allDeeds,
  baseOf,
  type Deed,
  deeds,
  type Make,
  pathOf,
  type Request,
  settingRequest,
  settingsRequest,
} from './deeds.ts';
import { LOOK } from './invariants/settings.ts';
import type { Administered, Observation } from './observe/observation.ts';
import type { SettingKey, SettingPlan } from './plan-dynamic.ts';
import type { AdminAnswer } from './world/admin.ts';
import type { BrokerProcess } from './world/broker-process.ts';
import { Chance } from './world/chance.ts';
import { Owner, type Scheduler } from './world/scheduler.ts';

export interface Operation {
  readonly what: Deed;
  readonly atMs: number;
  /** Settles what the deed leaves open: which topic, how far. */
  readonly draw: number;
  /** The topic that it is about; else one that chance settles. */
  readonly topic?: string;
}

/** A topic that has partitions from the start. */
export interface PartitionedPlan {
  readonly topic: string;
  readonly partitions: number;
}

/** What the operator knows of the world. */
export interface Reach {
  readonly scheduler: Scheduler;
  readonly broker: BrokerProcess;
  /** Topics that clients use, partitions one by one. */
  readonly topics: readonly string[];
  /** Transactions that clients have begun, and not ended. */
  readonly openTransactions: ReadonlySet<TxnId>;
  /** Names of the durable subscriptions of a topic. */
  subscriptionsOf(topic: string): readonly string[];
}

/** How long a request or an answer travels, in milliseconds. */
const MOST_DELAY_MS = 20;
/** What could not be created is tried again after so long. */
const AGAIN_MS = 500;
/** One that there is not. */
const NO_TXN: TxnId = '(0,1000000)';
/** Tries until what is being deleted is gone; if it stays, its deletion never came to anything. */
const MOST_TRIES = 40;

export class Operator {
  readonly #reach: Reach;
  readonly #see: (seen: Observation) => void;
  readonly #chance: Chance;
  readonly #owner = new Owner('operator');
  readonly #open = new Map<Administered, (answer: AdminAnswer | undefined) => void>();
  #ids = 0;

  constructor(reach: Reach, seed: number, see: (seen: Observation) => void) {
    this.#reach = reach;
    this.#see = see;
    this.#chance = new Chance(seed, 'operator');
  }

  /** Does one thing; nothing where the broker is not there to be asked. */
  perform({ what, draw, topic: wanted }: Operation): void {
    const { topics, scheduler, openTransactions } = this.#reach;
    const chance = new Chance(draw, what);
    // What is not stored has little to administer.
    const stored = topics.filter((each) => each.startsWith('persistent:'));
    if (stored.length === 0) return;
    const topic = wanted ?? chance.of(stored);
    const subscriptions = this.#reach.subscriptionsOf(topic);
    if (subscriptions.length === 0) return;
    const subscription = chance.of(subscriptions);
    const make: Make = deeds[what];
    const transactions = [NO_TXN, ...openTransactions];
    this.#ask(what, make({ topic, subscription, nowMs: scheduler.nowMs, chance, transactions }));
    if (what === 'delete partitions by force') this.#broken.add(baseOf(topic));
  }

  /** Partitioned topics that were deleted and are wanted again. */
  readonly #broken = new Set<string>();

  /** Creates a partitioned topic, and does so again whenever it is deleted. */
  provide(plan: PartitionedPlan, tries = 1): void {
    const { topic, partitions } = plan;
    const path = `${pathOf(topic)}/partitions`;
    const request: Request = { method: 'PUT', topic, path, body: partitions, partitions };
    const later = (tried = tries) => this.#after(AGAIN_MS, () => this.provide(plan, tried));
    this.#broken.delete(topic);
    const isAsked = this.#ask('create partitions', request, (answer) => {
      if (answer?.status === 204) this.#watch(plan);
      else if (answer?.status !== 409) later();
      else if (tries < MOST_TRIES) later(tries + 1);
      else this.#watch(plan);
    });
    if (!isAsked) later();
  }

  /** Changes a setting for a while. */
  change({ key, value, fromMs, toMs }: SettingPlan): void {
    this.#after(fromMs, () => {
      if (this.#isCalm) return;
      this.#ask('change a setting', settingRequest(key, value), () => {
        this.#changed.add(key);
        if (this.#isCalm) this.#takeBack(key);
      });
      this.#watchSettings();
    });
    this.#after(toMs, () => this.#takeBack(key));
  }

  /** Nothing more is changed, and what was is taken back. */
  calm(): void {
    this.#isCalm = true;
    for (const key of this.#changed) this.#takeBack(key);
  }

  /** Settings that may not be what they were, and those that are being taken back. */
  readonly #changed = new Set<SettingKey>();
  readonly #returning = new Set<SettingKey>();
  #isCalm = false;
  #isWatching = false;

  #takeBack(key: SettingKey): void {
    if (!this.#changed.has(key) || this.#returning.has(key)) return;
    this.#returning.add(key);
    const answered = (answer: AdminAnswer | undefined) => {
      this.#returning.delete(key);
      if (answer?.status === 200) this.#changed.delete(key);
      else this.#after(AGAIN_MS, () => this.#takeBack(key));
    };
    const isAsked = this.#ask('take a setting back', settingRequest(key, undefined), answered);
    if (!isAsked) answered(undefined);
  }

  /** Looks at them now and then, for the last time when all have been taken back. */
  #watchSettings(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    const look = (): void => {
      const isLast = this.#isCalm && this.#changed.size === 0;
      const isAsked = this.#ask(LOOK, settingsRequest());
      if (!isLast || !isAsked) this.#after(AGAIN_MS, look);
    };
    look();
  }

  /** The broker is gone: what was asked of it will not be answered. */
  lose(): void {
    for (const [call, answered] of [...this.#open]) {
      this.#open.delete(call);
      this.#see({ type: 'administered', call, status: undefined, value: undefined });
      answered(undefined);
    }
  }

  #watch(plan: PartitionedPlan): void {
    this.#after(AGAIN_MS, () => {
      if (this.#broken.has(plan.topic)) this.provide(plan);
      else this.#watch(plan);
    });
  }

  #ask(what: string, request: Request, answered = (_: AdminAnswer | undefined) => {}): boolean {
    const { broker, scheduler } = this.#reach;
    if (broker.state !== 'up') return false;
    const { topic, subscription, moves, partitions, policy, limit, txn, setting } = request;
    const id = ++this.#ids;
    const settings = { partitions, policy, limit, txn, setting };
    const call: Administered = { id, what, topic, subscription, moves, ...settings };
    this.#open.set(call, answered);
    this.#see({ type: 'administering', call });
    const travel = (task: () => void) =>
      scheduler.after(broker.owner, this.#chance.skewed(0, MOST_DELAY_MS), task);
    travel(() => {
      broker.admin.ask(request).then((answer) => travel(() => this.#answered(call, answer)));
    });
    return true;
  }

  #answered(call: Administered, answer: AdminAnswer): void {
    const answered = this.#open.get(call);
    if (answered === undefined) return;
    this.#open.delete(call);
    const { status, value } = answer;
    this.#see({ type: 'administered', call, status, value });
    answered(answer);
  }

  #after(delayMs: number, task: () => void): void {
    this.#reach.scheduler.after(this.#owner, delayMs, task);
  }
}

/** A topic is compacted now and then. */
export function planCompactions(
  chance: Draws,
  ms: number,
  topic: string,
  most: number,
): Operation[] {
  return Array.from({ length: chance.between(2, most) }, () => ({
    what: 'compact' as const,
    atMs: Math.floor(chance.next() * ms),
    draw: chance.between(0, 2 ** 31),
    topic,
  }));
}

/** A few kinds of deeds, some of them several times. */
export function planOperations(chance: Draws, ms: number, most: number): Operation[] {
  const chosen = allDeeds.filter(() => chance.happens(0.2));
  if (chosen.length === 0 || chance.happens(0.4)) return [];
  return Array.from({ length: Math.floor(chance.skewed(1, most)) }, () => ({
    what: chance.of(chosen),
    atMs: Math.floor(chance.next() * ms),
    draw: chance.between(0, 2 ** 31),
  })).sort((a, b) => a.atMs - b.atMs);
}

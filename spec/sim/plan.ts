/**
 * What happens in one world, drawn from its seed: the configuration, who the clients are, what its
 * operator does, and what goes wrong when. A plan is plain data, so that a failing one can be made
 * smaller.
 */
import type { BrokerConfig } from '../../src/base/options.ts';
import type { LmdbStorageOptions } from '../../src/storage/lmdb/open.ts';
import type { PulsarListenerOptions } from '../../src/transport/pulsar/options.ts';
import type { Draws } from '../generators/draws.ts';
import { type Abuse, abuses } from './clients/abuser.ts';
import type { ConsumerPlan } from './clients/consumer.ts';
import type { ProducerPlan } from './clients/producer.ts';
import type { TransactionsPlan } from './clients/transactions.ts';
import type { WatcherPlan } from './clients/watcher.ts';
import { type Fault, planFaults } from './faults.ts';
import {
  type Operation,
  type PartitionedPlan,
  planCompactions,
  planOperations,
} from './operator.ts';
import { clientsOf, partsOf } from './plan-clients.ts';
import { type SettingPlan, settingsOf, unusedBeside } from './plan-dynamic.ts';
import { limitsFor, notesOf, prioritized, watchersOf } from './plan-others.ts';
import { configOf, LONG, listenerOf, ratesOf, storageOf } from './plan-settings.ts';
import { drawSize, type Size, type SizeName, sizes } from './plan-size.ts';
import { limitsOf, planDeeds, transactingOf } from './plan-transactions.ts';
import { Chance } from './world/chance.ts';

export interface ClientPlan {
  readonly name: string;
  readonly producers: readonly ProducerPlan[];
  readonly consumers: readonly ConsumerPlan[];
  /** Breaks the protocol in this way. */
  readonly abuse?: Abuse;
  /** Its producers and consumers work in these. */
  readonly transactions?: TransactionsPlan;
  /** It follows the topics of the namespace. */
  readonly watches?: WatcherPlan;
  /** What it says it is when it connects; Java's client is told more than others. */
  readonly version?: string;
}

export interface Plan {
  readonly seed: number;
  /** As which it was drawn, where it was: says how much there is of everything. */
  readonly size?: SizeName;
  /** Simulated time during which things go wrong, in milliseconds. */
  readonly ms: number;
  readonly config: Partial<BrokerConfig>;
  readonly storage: Partial<LmdbStorageOptions>;
  readonly listener?: Partial<PulsarListenerOptions>;
  readonly partitioned?: readonly PartitionedPlan[];
  readonly clients: readonly ClientPlan[];
  readonly operations?: readonly Operation[];
  /** What is changed of the configuration while the broker runs. */
  readonly settings?: readonly SettingPlan[];
  readonly faults: readonly Fault[];
}

/** The world of a seed, or the one that it would mean at another size. */
export function planOf(seed: number, size?: SizeName): Plan {
  const of = (purpose: string) => new Chance(seed, purpose);
  return planFrom(seed, size ?? drawSize(of('size')), {
    plan: of('plan'),
    operations: of('operations'),
    faults: of('faults'),
    transactions: of('transactions'),
    others: of('others'),
  });
}

/** Where the parts of a plan are drawn from; the seed settles what they leave open. */
export interface PlanDraws {
  readonly plan: Draws;
  readonly operations: Draws;
  readonly faults: Draws;
  readonly transactions: Draws;
  readonly others: Draws;
}

/** How many worlds have transactions. */
const TRANSACTS = 0.25;

export function planFrom(seed: number, sizeName: SizeName, draws: PlanDraws): Plan {
  const chance = draws.plan;
  const size: Size = sizes[sizeName];
  // Some worlds last long enough for what goes by minutes, and have long pauses.
  const isLong = chance.happens(0.04);
  const ms = isLong ? chance.between(100_000, 160_000) : chance.between(...size.troubleMs);
  const compacted: string[] = [];
  const partitioned: PartitionedPlan[] = [];
  const clients: ClientPlan[] = [];
  const topics = chance.between(1, size.topics);
  for (let i = 0; i < topics; i++) {
    const isStored = chance.happens(0.88);
    const topic = `${isStored ? '' : 'non-'}persistent://public/default/t${i}`;
    const partitions = isStored && chance.happens(0.2) ? chance.between(1, size.partitions) : 0;
    if (partitions > 0) partitioned.push({ topic, partitions });
    const compacts = isStored && chance.happens(0.2);
    if (compacts) compacted.push(...partsOf(topic, partitions));
    const use = { topic, partitions, compacts, size, longMs: isLong ? ms : undefined };
    clients.push(...clientsOf(use, chance, clients.length));
  }
  const abused = chance.happens(size.abused);
  for (let n = abused ? chance.between(1, size.abusers) : 0; n > 0; n--) {
    const name = `client ${clients.length}`;
    clients.push({ name, producers: [], consumers: [], abuse: chance.of(abuses) });
  }
  const transacts = draws.transactions.happens(TRANSACTS);
  if (transacts && topics === 1) {
    // Transactions want a second topic.
    const use = { topic: 'persistent://public/default/t1', partitions: 0, compacts: false, size };
    clients.push(...clientsOf({ ...use, longMs: undefined }, draws.transactions, clients.length));
  }
  const config = {
    ...configOf(chance),
    ...ratesOf(chance, clients),
    ...(isLong ? LONG : {}),
    ...(transacts ? { transactionCoordinatorEnabled: true } : {}),
    ...(transacts ? limitsOf(draws.transactions) : {}),
    ...notesOf(draws.others),
    ...limitsFor(clients, draws.others),
  };
  const users = prioritized(clients, draws.others);
  const watchers = watchersOf(draws.others);
  const settings = settingsOf(draws.others, ms);
  // What nobody consumes holds its producers back for ever where backlogs have quotas.
  const isHeld = config.backlogQuotaDefaultRetentionPolicy !== undefined;
  const operations = planOperations(draws.operations, ms, size.operations)
    .filter(({ what }) => what !== 'create subscription' || !isHeld)
    .concat(
      compacted.flatMap((topic) => planCompactions(draws.operations, ms, topic, size.compactions)),
    )
    .concat(transacts ? planDeeds(draws.transactions, ms) : [])
    .concat(unusedBeside(settings, draws.others, ms))
    .sort((a, b) => a.atMs - b.atMs);
  return {
    seed,
    size: sizeName,
    ms,
    config,
    storage: storageOf(chance),
    listener: listenerOf(chance),
    partitioned,
    clients: [...(transacts ? transactingOf(users, draws.transactions) : users), ...watchers],
    operations,
    settings,
    faults: planFaults(draws.faults, ms, size.faults),
  };
}

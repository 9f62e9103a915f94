/**
 * What happens in one world, drawn from its seed: the configuration, who the clients are, and what
 * goes wrong when. A plan is plain data, so that a failing one can be made smaller.
 */
import type { BrokerConfig } from '../../src/base/options.ts';
import type { LmdbStorageOptions } from '../../src/storage/lmdb/open.ts';
import { type Abuse, abuses } from './clients/abuser.ts';
import type { ConsumerPlan, Manners } from './clients/consumer.ts';
import type { ProducerPlan } from './clients/producer.ts';
import { type Fault, planFaults } from './faults.ts';
import { Chance } from './world/chance.ts';

export interface ClientPlan {
  readonly name: string;
  readonly producers: readonly ProducerPlan[];
  readonly consumers: readonly ConsumerPlan[];
  /** Breaks the protocol in this way. */
  readonly abuse?: Abuse;
}

export interface Plan {
  readonly seed: number;
  /** Simulated time during which things go wrong, in milliseconds. */
  readonly ms: number;
  readonly config: Partial<BrokerConfig>;
  readonly storage: Partial<LmdbStorageOptions>;
  readonly clients: readonly ClientPlan[];
  readonly faults: readonly Fault[];
}

const TYPES = ['Exclusive', 'Shared', 'Failover', 'Key_Shared'] as const;
const MODES = ['Exclusive', 'WaitForExclusive', 'ExclusiveWithFencing'] as const;

export function planOf(seed: number): Plan {
  const chance = new Chance(seed, 'plan');
  const ms = chance.between(5_000, 25_000);
  const topics = Array.from(
    { length: chance.between(1, 3) },
    (_, i) => `persistent://public/default/t${i}`,
  );
  const clients: ClientPlan[] = [];
  for (const topic of topics) clients.push(...clientsOf(topic, chance, clients.length));
  for (let n = chance.happens(0.4) ? chance.between(1, 3) : 0; n > 0; n--) {
    const name = `client ${clients.length}`;
    clients.push({ name, producers: [], consumers: [], abuse: chance.of(abuses) });
  }
  return {
    seed,
    ms,
    config: configOf(chance),
    storage: storageOf(chance),
    clients,
    faults: planFaults(new Chance(seed, 'faults'), ms),
  };
}

function clientsOf(topic: string, chance: Chance, count: number): ClientPlan[] {
  const clients: ClientPlan[] = [];
  const add = (part: Partial<ClientPlan>) => {
    const name = `client ${count + clients.length}`;
    clients.push({ name, producers: [], consumers: [], ...part });
  };
  const mode = chance.happens(0.2) ? chance.of(MODES) : 'Shared';
  const producers = chance.between(1, 3);
  for (let i = 0; i < producers; i++) add({ producers: [producerOf(topic, i, mode, chance)] });
  const subscriptions = chance.between(1, 3);
  for (let i = 0; i < subscriptions; i++) {
    const type = chance.of(TYPES);
    const seeks = chance.happens(0.15) ? 0.1 : 0;
    const consumers = chance.between(1, type === 'Exclusive' ? 2 : 3);
    for (let n = 0; n < consumers; n++) {
      add({ consumers: [consumerOf(topic, `s${i}`, type, seeks, chance)] });
    }
  }
  for (let n = chance.happens(0.4) ? chance.between(1, 2) : 0; n > 0; n--) {
    add({ consumers: [readerOf(topic, n, chance)] });
  }
  return clients;
}

/** A reader: a subscription that nobody else has and that ends with it. */
function readerOf(topic: string, n: number, chance: Chance): ConsumerPlan {
  const nothing = { ack: 0, ackWithReceipt: 0, partial: 0, nack: 0, forget: 0 };
  return {
    topic,
    subscription: `reader-${n}`,
    type: 'Exclusive',
    durable: false,
    from: 'Earliest',
    permits: Math.floor(chance.skewed(1, 300)),
    thinkMs: chance.skewed(0, 50),
    manners: { ...nothing, cumulative: 1 },
    leaves: chance.happens(0.4) ? chance.next() * 0.3 : 0,
    redelivers: 0,
    stalls: chance.happens(0.3) ? chance.next() * 0.3 : 0,
    seeks: 0,
    unsubscribes: 0,
  };
}

function producerOf(
  topic: string,
  index: number,
  mode: ProducerPlan['mode'],
  chance: Chance,
): ProducerPlan {
  return {
    topic,
    name: chance.happens(0.7) ? `p${index}` : undefined,
    mode,
    batch: chance.happens(0.5) ? chance.between(2, 20) : 1,
    keys: chance.happens(0.7) ? chance.between(1, 8) : 0,
    everyMs: chance.skewed(20, 1_000),
    burst: Math.floor(chance.skewed(1, 20)),
    maxBytes: chance.happens(0.3) ? chance.of([30_000, 30_000, 200_000]) : 200,
    entries: Math.floor(chance.skewed(5, 200)),
    reopens: chance.happens(0.3) ? chance.between(5, 40) : 0,
  };
}

function consumerOf(
  topic: string,
  subscription: string,
  type: ConsumerPlan['type'],
  seeks: number,
  chance: Chance,
): ConsumerPlan {
  const often = (probability: number, weight: number) =>
    chance.happens(probability) ? chance.next() * weight : 0;
  const alone = type === 'Exclusive' || type === 'Failover';
  const manners: Manners = {
    ack: 0.2 + chance.next(),
    ackWithReceipt: chance.next(),
    cumulative: alone ? often(0.5, 1) : 0,
    partial: often(0.4, 0.5),
    nack: often(0.4, 0.5),
    forget: often(0.4, 0.3),
  };
  return {
    topic,
    subscription,
    type,
    durable: true,
    from: 'Earliest',
    permits: Math.floor(chance.skewed(1, 300)),
    thinkMs: chance.skewed(0, 200),
    manners,
    leaves: often(0.4, 0.3),
    redelivers: often(0.4, 0.3),
    stalls: often(0.3, 0.3),
    seeks,
    unsubscribes: chance.happens(0.1) ? 0.05 : 0,
  };
}

function configOf(chance: Chance): Partial<BrokerConfig> {
  return {
    brokerDeduplicationEnabled: chance.happens(0.5),
    keepAliveIntervalSeconds: chance.between(2, 20),
    velamqCheckpointIntervalSeconds: chance.between(1, 8),
    velamqActorIdleMs: Math.floor(chance.skewed(100, 10_000)),
    velamqMailboxLimit: Math.floor(chance.skewed(16, 4_096)),
    velamqJournalBatchMaxBytes: Math.floor(chance.skewed(4_096, 1_048_576)),
    velamqJournalBatchesInFlight: chance.between(1, 4),
    managedLedgerMaxEntriesPerLedger: Math.floor(chance.skewed(3, 1_000)),
    managedLedgerMinLedgerRolloverTimeMinutes: 0,
    maxPendingPublishRequestsPerConnection: Math.floor(chance.skewed(1, 1_000)),
    maxUnackedMessagesPerConsumer: Math.floor(chance.skewed(10, 50_000)),
    maxUnackedMessagesPerSubscription: Math.floor(chance.skewed(20, 200_000)),
    dispatcherMaxReadBatchSize: Math.floor(chance.skewed(1, 100)),
    dispatcherMaxRoundRobinBatchSize: Math.floor(chance.skewed(1, 20)),
    activeConsumerFailoverDelayTimeMillis: Math.floor(chance.skewed(0, 1_000)),
    retentionCheckIntervalInSeconds: chance.between(1, 20),
  };
}

function storageOf(chance: Chance): Partial<LmdbStorageOptions> {
  return {
    segmentBytes: 256 * 1024,
    cacheBytes: Math.floor(chance.skewed(0, 2 ** 20)),
    maxTransactions: chance.between(1, 2),
    readWindowBytes: Math.floor(chance.skewed(1_024, 2 ** 20)),
    readAheadBytes: Math.floor(chance.skewed(0, 2 ** 20)),
    readCacheBytes: Math.floor(chance.skewed(0, 2 ** 20)),
    maxConcurrentReads: chance.between(1, 2),
    maxOpenSegments: chance.between(1, 3),
    flushBlocks: Math.floor(chance.skewed(1, 1_000)),
    flushTopics: Math.floor(chance.skewed(1, 100)),
    flushDelayMs: Math.floor(chance.skewed(1, 100)),
    relocateBelow: chance.next() * 0.9,
    relocateAfterMs: Math.floor(chance.skewed(10, 5_000)),
  };
}

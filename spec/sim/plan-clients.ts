/** Who uses a topic, drawn by chance: producers, the consumers of its subscriptions, readers. */
import type { Manners } from '../generators/acks.ts';
import type { Draws } from '../generators/draws.ts';
import type { ConsumerPlan, KeySharedPlan } from './clients/consumer.ts';
import type { ProducerPlan } from './clients/producer.ts';
import type { ClientPlan } from './plan.ts';
import type { Size } from './plan-size.ts';

const TYPES = ['Exclusive', 'Shared', 'Failover', 'Key_Shared'] as const;
const MODES = ['Exclusive', 'WaitForExclusive', 'ExclusiveWithFencing'] as const;
const HASHES = 65_536;

/** What is known of a topic when its clients are drawn. */
export interface TopicUse {
  readonly topic: string;
  /** 0: it has none. */
  readonly partitions: number;
  /** Its messages have keys, and some read what is compacted. */
  readonly compacts: boolean;
  readonly size: Size;
  /** The world lasts so long that clients are away for minutes; undefined: it does not. */
  readonly longMs: number | undefined;
}

/** Clients of a topic; `count` are there already. */
export function clientsOf(use: TopicUse, chance: Draws, count: number): ClientPlan[] {
  const { topic, partitions, size } = use;
  const clients: ClientPlan[] = [];
  // Who uses a partitioned topic uses all of its partitions over one connection.
  const parts = partsOf(topic, partitions);
  const looksUp = partitions > 0 || chance.happens(0.3);
  const add = (part: Pick<ClientPlan, 'producers'> | Pick<ClientPlan, 'consumers'>) => {
    const name = `client ${count + clients.length}`;
    const version = chance.happens(0.5) ? { version: 'Pulsar-Java-v4.2.4' } : {};
    clients.push({ name, producers: [], consumers: [], ...version, ...part });
  };
  const everywhere = <T extends { readonly topic: string }>(plan: T) =>
    parts.map((part) => ({ ...plan, topic: part, looksUp }));
  const mode = chance.happens(0.2) ? chance.of(MODES) : 'Shared';
  const producers = chance.between(1, size.producers);
  for (let i = 0; i < producers; i++) {
    add({ producers: everywhere(producerOf(use, i, mode, chance)) });
  }
  const subscriptions = chance.between(1, size.subscriptions);
  for (let i = 0; i < subscriptions; i++) {
    for (const plan of subscribersOf(use, `s${i}`, chance)) add({ consumers: everywhere(plan) });
  }
  const isRead = use.compacts || chance.happens(size.read);
  const readers = isRead ? chance.between(1, size.readers) : 0;
  for (let n = readers; n > 0; n--) add({ consumers: everywhere(readerOf(use, n, chance)) });
  return clients;
}

/** The topics that clients use in its place. */
export function partsOf(topic: string, partitions: number): string[] {
  if (partitions === 0) return [topic];
  return Array.from({ length: partitions }, (_, i) => `${topic}-partition-${i}`);
}

function producerOf(
  { topic, partitions, compacts, longMs, size }: TopicUse,
  index: number,
  mode: ProducerPlan['mode'],
  chance: Draws,
): ProducerPlan {
  const keyed = compacts
    ? { keys: chance.between(1, 12), tombstones: 0.1 + chance.next() * 0.3 }
    : {};
  return {
    topic,
    name: chance.happens(0.7) ? `p${index}` : undefined,
    mode,
    batch: chance.happens(0.5) ? chance.between(2, 20) : 1,
    keys: chance.happens(0.7) ? chance.between(1, 8) : 0,
    everyMs: chance.skewed(...size.everyMs) * (longMs === undefined ? 1 : 10),
    burst: Math.floor(chance.skewed(1, size.burst)),
    maxBytes: chance.happens(0.3) ? chance.of([30_000, 30_000, 200_000]) : 200,
    entries: Math.ceil(chance.skewed(5, size.entries) / Math.max(1, partitions)),
    reopens: chance.happens(0.3) ? chance.between(5, 40) : 0,
    chunks: chance.happens(0.3) ? chance.next() * 0.5 : 0,
    delays: chance.happens(0.3) ? chance.next() * 0.8 : 0,
    ...keyed,
  };
}

/** The consumers of one subscription: those of a kind must fit together. */
function subscribersOf(use: TopicUse, subscription: string, chance: Draws): ConsumerPlan[] {
  const type = chance.of(TYPES);
  const seeks = chance.happens(0.15) ? 0.1 : 0;
  const count = chance.between(1, type === 'Exclusive' ? 2 : use.size.consumers);
  const share = type === 'Key_Shared' ? sharesOf(count, chance) : [];
  const alone = type === 'Exclusive' || type === 'Failover';
  const compacted =
    use.compacts && alone && chance.happens(0.6) ? { readCompacted: true, epochs: false } : {};
  const away = use.longMs === undefined ? {} : awayOf(use.longMs, chance);
  const consumers: ConsumerPlan[] = [];
  for (let n = 0; n < count; n++) {
    const drawn = consumerOf(use.topic, subscription, type, seeks, chance);
    const consumer = { ...drawn, ...compacted, ...away };
    const keyShared = share[n];
    consumers.push(keyShared === undefined ? consumer : { ...consumer, keyShared });
  }
  return consumers;
}

/** Those of some subscriptions are away for some time, all of them. */
function awayOf(ms: number, chance: Draws): Pick<ConsumerPlan, 'away'> {
  if (chance.happens(0.4)) return {};
  const fromMs = chance.between(0, ms / 2);
  return { away: { fromMs, toMs: chance.between(fromMs, ms) } };
}

/** How Key_Shared consumers share keys: none says Pulsar's default. */
function sharesOf(count: number, chance: Draws): KeySharedPlan[] {
  const isSticky = chance.happens(0.3);
  const allowOutOfOrder = chance.happens(0.3);
  if (!isSticky && !allowOutOfOrder) return [];
  const own: [number, number][][] = Array.from({ length: count }, () => []);
  // All hashes, cut into a few pieces each.
  const cuts = new Set(Array.from({ length: count * 2 - 1 }, () => chance.between(1, HASHES - 1)));
  const starts = [0, ...[...cuts].sort((a, b) => a - b)];
  for (const [i, start] of starts.entries()) {
    own[i % count]!.push([start, (starts[i + 1] ?? HASHES) - 1]);
  }
  return own.map((ranges) => ({ allowOutOfOrder, ranges: isSticky ? ranges : undefined }));
}

function consumerOf(
  topic: string,
  subscription: string,
  type: ConsumerPlan['type'],
  seeks: number,
  chance: Draws,
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
    forces: chance.happens(0.5),
    several: often(0.3, 0.3),
    epochs: alone && chance.happens(0.4),
  };
}

/** A reader: a subscription that nobody else has and that ends with it. */
function readerOf({ topic, compacts }: TopicUse, n: number, chance: Draws): ConsumerPlan {
  const nothing = { ack: 0, ackWithReceipt: 0, partial: 0, nack: 0, forget: 0 };
  // Settles whether it resumes, too: what is drawn next stays what it was.
  const permits = Math.floor(chance.skewed(1, 300));
  return {
    topic,
    subscription: `reader-${n}`,
    type: 'Exclusive',
    durable: false,
    from: 'Earliest',
    permits,
    thinkMs: chance.skewed(0, 50),
    manners: { ...nothing, cumulative: 1 },
    leaves: chance.happens(0.4) ? chance.next() * 0.3 : 0,
    redelivers: 0,
    stalls: chance.happens(0.3) ? chance.next() * 0.3 : 0,
    seeks: 0,
    unsubscribes: 0,
    ...(compacts && chance.happens(0.7) ? { readCompacted: true } : {}),
    resumes: permits % 2 === 1,
  };
}

/** Pulsar's PartitionedTopicStats: the partitions added up, as Pulsar adds them. */

import { pacer } from '../../base/slices.ts';
import type { TopicName } from '../../base/topic-name.ts';
import { type AdminContext, Pieces } from './call.ts';
import { earliestOf } from './earliest-time.ts';
import { partitionDocument } from './partitions.ts';
import { isoTime } from './stats-values.ts';
import type { ConsumerStats, SubscriptionStats } from './subscription-stats.ts';
import { baseOf } from './topic-of.ts';
import type { PublisherStats, StatsQuery, TopicStats } from './topic-stats.ts';
import { topicStats } from './topic-stats.ts';

/**
 * One partition after the other; those that nobody has used yet are not there. A topic may have
 * thousands: each is added up and written by itself, and others get their turn in between.
 */
export async function partitionedStats(
  context: AdminContext,
  partitions: readonly TopicName[],
  query: StatsQuery,
  perPartition: boolean,
): Promise<Pieces> {
  const { broker, clock } = context;
  const sum = new Sum();
  const texts: string[] = [];
  const pace = pacer(clock);
  for (const name of partitions) {
    const view = broker.topicView(name);
    if (view === undefined) continue;
    const stats = await topicStats(context, name, view, query);
    sum.add(stats);
    if (perPartition) texts.push(`${JSON.stringify(name.full)}:${JSON.stringify(stats)}`);
    if (pace.isOver()) await pace.pause();
  }
  const [first] = partitions;
  const metadata = first && broker.partitionedTopic(baseOf(first));
  const whole = {
    ...sum.document(),
    metadata: partitionDocument(metadata ?? { partitions: partitions.length }),
  };
  return new Pieces(join(JSON.stringify(whole), texts));
}

/** The document with the texts as its last field. */
async function* join(document: string, texts: readonly string[]): AsyncIterable<string> {
  yield `${document.slice(0, -1)},"partitions":{`;
  for (const [i, text] of texts.entries()) yield i === 0 ? text : `,${text}`;
  yield '}}';
}

/** Fields that say when or who: they have no meaning across partitions, and Pulsar leaves them. */
const NOT_ADDED =
  /^(last|connected|topicCreation|owner|producerId|producerName|consumerName|address|client)|^avgM/;

/** Of these Pulsar shows the last partition's. */
const LAST_COUNTS = /^first/;

/** Of these the earliest that is set is that of all partitions. */
const EARLIEST = /^earliest/;

type Fields = Readonly<Record<string, unknown>>;
type Total = Record<string, unknown>;

/** Adds numbers, takes the first of everything else, leaves out what belongs to one partition. */
function addTo(total: Total, fields: Fields): void {
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== 'number') total[name] ??= value;
    else if (LAST_COUNTS.test(name)) total[name] = value;
    else if (EARLIEST.test(name)) total[name] = earliestOf([Number(total[name] ?? 0), value]);
    else if (NOT_ADDED.test(name)) total[name] = 0;
    else total[name] = Number(total[name] ?? 0) + value;
  }
}

class Sum {
  readonly #total: Total = {};
  /** Publishers have no identity across partitions: the n-th of each is taken for the same. */
  readonly #publishers: { readonly total: Total; count: number }[] = [];
  readonly #subscriptions = new Map<string, SubscriptionSum>();
  #createdAtMs = Number.POSITIVE_INFINITY;
  #lastPublishAtMs = 0;

  add(stats: TopicStats): void {
    const { publishers, subscriptions, ...rest } = stats;
    addTo(this.#total, rest);
    this.#createdAtMs = Math.min(this.#createdAtMs, Number(stats['topicCreationTimeStamp']));
    this.#lastPublishAtMs = Math.max(this.#lastPublishAtMs, Number(stats['lastPublishTimeStamp']));
    for (const [i, publisher] of publishers.entries()) this.#addPublisher(i, publisher);
    for (const [name, one] of Object.entries(subscriptions)) this.#addSubscription(name, one);
  }

  document(): Total {
    const { ownerBroker, deduplicationStatus, topicEpoch, ...total } = this.#total;
    return {
      ...total,
      // These are the broker's, not sums.
      backlogQuotaLimitSize: -1,
      backlogQuotaLimitTime: -1,
      oldestBacklogMessageAgeSeconds: 0,
      publishers: this.#publishers.map(publisherOf),
      subscriptions: Object.fromEntries(
        [...this.#subscriptions].map(([name, one]) => [name, subscriptionOf(one)]),
      ),
      replication: {},
      topicCreationTimeStamp: Number.isFinite(this.#createdAtMs) ? this.#createdAtMs : 0,
      lastPublishTimeStamp: this.#lastPublishAtMs,
    };
  }

  #addPublisher(index: number, publisher: PublisherStats): void {
    const known = this.#publishers[index] ?? { total: {}, count: 0 };
    this.#publishers[index] = known;
    known.count += 1;
    addTo(known.total, publisher);
  }

  #addSubscription(name: string, { consumers, ...rest }: SubscriptionStats): void {
    const known = this.#subscriptions.get(name) ?? { total: {}, consumers: [] };
    this.#subscriptions.set(name, known);
    addTo(known.total, rest);
    for (const [i, consumer] of consumers.entries()) {
      known.consumers[i] ??= {};
      addTo(known.consumers[i], consumer satisfies ConsumerStats);
    }
  }
}

function publisherOf({ total, count }: { readonly total: Total; readonly count: number }) {
  const { msgRateIn, msgThroughputIn, averageMsgSize, chunkedMessageRate } = total;
  return {
    msgRateIn,
    msgThroughputIn,
    averageMsgSize: Number(averageMsgSize) / count,
    chunkedMessageRate,
    producerId: 0,
    supportsPartialProducer: false,
  };
}

interface SubscriptionSum {
  readonly total: Total;
  readonly consumers: Total[];
}

function subscriptionOf({ total, consumers }: SubscriptionSum) {
  const { activeConsumerName, keySharedMode, ...rest } = total;
  return { ...rest, consumers: consumers.map(consumerOf) };
}

function consumerOf(total: Total) {
  const { address, connectedSince, clientVersion, metadata, ...rest } = total;
  return { ...rest, lastAckedTime: isoTime(0), lastConsumedTime: isoTime(0) };
}

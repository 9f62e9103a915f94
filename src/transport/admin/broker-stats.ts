/** `/admin/v2/broker-stats`: all topics in memory, by namespace and bundle, and the load report. */
import { BrokerError } from '../../base/errors.ts';
import { inSlices, nextSlice } from '../../base/slices.ts';
import { sortSlowly } from '../../base/slow-sort.ts';
import { parseTopicName } from '../../base/topic-name.ts';
import { bundleOf } from './bundles.ts';
import { type AdminContext, Pieces, type Routes } from './call.ts';
import { loadReport } from './load-report.ts';
import { namespaceOf } from './topic-of.ts';
import { topicStats } from './topic-stats.ts';

const NO_AVAILABILITY =
  'org.apache.pulsar.broker.loadbalance.impl.ModularLoadManagerWrapper does not support this ' +
  'operation';

type Document = Readonly<Record<string, unknown>>;

const STATS = '/admin/v2/broker-stats';

export function brokerStatsRoutes(routes: Routes, context: AdminContext): void {
  routes.on('GET', `${STATS}/topics`, () => new Pieces(nested(context)));
  routes.on('GET', `${STATS}/load-report`, () => loadReport(context));
  // Only load managers of long ago knew it.
  routes.on('GET', `${STATS}/broker-resource-availability/:tenant/:namespace`, (call) => {
    namespaceOf(call);
    throw new BrokerError('conflict', NO_AVAILABILITY);
  });
}

/** A topic at a time: it may be very many, and each is told as it is when its turn comes. */
async function* nested(context: AdminContext): AsyncIterable<string> {
  let open: readonly string[] = [];
  for (const place of await sortedTopics(context)) {
    const keys = place.split(BETWEEN_KEYS);
    const name = parseTopicName(keys.at(-1) ?? '');
    const view = context.broker.topicView(name);
    if (view === undefined) continue;
    const stats = await topicStats(context, name, view, EVERYTHING);
    yield between(open, keys) + JSON.stringify(documentOf(stats));
    open = keys;
    await nextSlice(context.clock);
  }
  yield open.length === 0 ? '{}' : '}'.repeat(open.length);
}

/** What stands between two topics: ends what they do not share, begins what is new. */
function between(before: readonly string[], keys: readonly string[]): string {
  const shared = keys.findIndex((key, level) => key !== before[level]);
  const ends = before.length === 0 ? '' : `${'}'.repeat(before.length - shared - 1)},`;
  const [first = '', ...others] = keys.slice(shared).map((key) => `${JSON.stringify(key)}:`);
  return `${ends}${before.length === 0 ? '{' : ''}${[first, ...others].join('{')}`;
}

/** Of each the names that lead to it. */
async function sortedTopics({ broker, clock }: AdminContext): Promise<readonly string[]> {
  const places: string[] = [];
  await inSlices(clock, broker.loadedTopics(), (full) => {
    const { namespace, domain } = parseTopicName(full);
    const bundles = broker.namespace(namespace);
    if (bundles === undefined) return;
    places.push([namespace, bundleOf(full, bundles), domain, full].join(BETWEEN_KEYS));
  });
  return sortSlowly(places, () => nextSlice(clock));
}

/** Stands in no name. */
const BETWEEN_KEYS = '\0';

const EVERYTHING = {
  publishers: true,
  consumers: true,
  backlogSize: false,
  earliestInBacklog: false,
};

/** Of a topic, as Pulsar's broker tells it here: less than its statistics, by other names. */
function documentOf(stats: Awaited<ReturnType<typeof topicStats>>): Document {
  const subscriptions = Object.entries(stats.subscriptions as Record<string, Document>);
  return {
    publishers: (stats.publishers as readonly Document[]).map((one) => some(one, PUBLISHER)),
    replication: {},
    subscriptions: Object.fromEntries(
      subscriptions.map(([name, one]) => [name, subscriptionOf(one)]),
    ),
    producerCount: stats.publishers.length,
    ...some(stats, TOPIC),
    msgInCount: stats['msgInCounter'],
    bytesInCount: stats['bytesInCounter'],
    msgOutCount: stats['msgOutCounter'],
    bytesOutCount: stats['bytesOutCounter'],
    pendingAddEntriesCount: 0,
    filteredEntriesCount: 0,
  };
}

function subscriptionOf(stats: Document): Document {
  const consumers = (stats['consumers'] as readonly Document[]).map((one) => some(one, CONSUMER));
  return {
    consumers,
    ...some(stats, SUBSCRIPTION),
    totalNonContiguousDeletedMessagesRange: stats['nonContiguousDeletedMessagesRanges'],
  };
}

function some(document: object, names: string): Document {
  const fields = document as Document;
  return Object.fromEntries(names.split(/\s+/).map((name) => [name, fields[name]]));
}

const TOPIC = `averageMsgSize msgRateIn msgRateOut msgThroughputIn msgThroughputOut storageSize
  backlogSize`;
const PUBLISHER = `msgRateIn msgThroughputIn averageMsgSize address producerId producerName
  connectedSince clientVersion metadata`;
const SUBSCRIPTION = `msgBacklog msgRateExpired msgRateOut messageAckRate msgThroughputOut
  msgRateRedeliver type filterProcessedMsgCount filterAcceptedMsgCount filterRejectedMsgCount
  filterRescheduledMsgCount`;
const CONSUMER = `address consumerName availablePermits connectedSince msgRateOut msgThroughputOut
  msgRateRedeliver avgMessagesPerEntry messageAckRate clientVersion metadata`;

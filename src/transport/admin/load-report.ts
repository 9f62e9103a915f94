/** Pulsar's LocalBrokerData: how loaded this broker is, as a whole and by bundle. */
import type { LoadedTopic } from '../../actors/gauges.ts';
import { inSlices } from '../../base/slices.ts';
import { parseTopicName } from '../../base/topic-name.ts';
import { resourceUse } from '../metrics/process-metrics.ts';
import { bundleOf } from './bundles.ts';
import { type AdminContext, SPOKEN_VERSION } from './call.ts';

const MIB = 1024 * 1024;

interface BundleLoad {
  msgRateIn: number;
  msgThroughputIn: number;
  msgRateOut: number;
  msgThroughputOut: number;
  consumerCount: number;
  producerCount: number;
  topics: number;
  cacheSize: number;
}

/** Of topics in memory, at the rates of their last sample. */
export async function loadReport(context: AdminContext) {
  const { broker, clock, options, urls } = context;
  const bundles = new Map<string, BundleLoad>();
  await inSlices(clock, broker.loaded(), (one) => {
    const { name } = one.topic;
    const { namespace } = parseTopicName(name);
    const policies = broker.namespace(namespace);
    if (policies === undefined) return;
    const bundle = `${namespace}/${bundleOf(name, policies)}`;
    const load = bundles.get(bundle) ?? noLoad();
    bundles.set(bundle, load);
    add(load, one, context);
  });
  const loads = [...bundles.values()];
  const sum = (field: keyof BundleLoad) => loads.reduce((all, load) => all + load[field], 0);
  const resources = resourcesOf(context, sum('msgThroughputIn'), sum('msgThroughputOut'));
  return {
    webServiceUrl: urls.http,
    webServiceUrlTls: urls.https,
    pulsarServiceUrl: urls.pulsar,
    pulsarServiceUrlTls: urls['pulsar+ssl'],
    persistentTopicsEnabled: true,
    nonPersistentTopicsEnabled: options.enableNonPersistentTopics,
    ...resources,
    msgThroughputIn: sum('msgThroughputIn'),
    msgThroughputOut: sum('msgThroughputOut'),
    msgRateIn: sum('msgRateIn'),
    msgRateOut: sum('msgRateOut'),
    lastUpdate: clock.nowMs(),
    lastStats: Object.fromEntries(bundles),
    numTopics: sum('topics'),
    numBundles: bundles.size,
    numConsumers: sum('consumerCount'),
    numProducers: sum('producerCount'),
    bundles: [...bundles.keys()],
    lastBundleGains: [],
    lastBundleLosses: [],
    brokerVersionString: SPOKEN_VERSION,
    protocols: {},
    advertisedListeners: {},
    // There is one broker: what balances nothing has Pulsar's name for tools that look at it.
    loadManagerClassName: 'org.apache.pulsar.broker.loadbalance.impl.ModularLoadManagerImpl',
    startTimestamp: Math.round(clock.nowMs() - resourceUse().upMs),
    maxResourceUsage: Math.max(
      ...[resources.cpu, resources.memory].map(({ usage, limit }) => usage / limit),
    ),
    loadReportType: 'LocalBrokerData',
  };
}

function noLoad(): BundleLoad {
  return {
    msgRateIn: 0,
    msgThroughputIn: 0,
    msgRateOut: 0,
    msgThroughputOut: 0,
    consumerCount: 0,
    producerCount: 0,
    topics: 0,
    cacheSize: 0,
  };
}

function add(load: BundleLoad, { topic, subscriptions }: LoadedTopic, { rates }: AdminContext) {
  const ofTopic = rates.of(topic.name);
  load.topics += 1;
  load.producerCount += topic.producers.size;
  load.msgRateIn += ofTopic.in.messages;
  load.msgThroughputIn += ofTopic.in.bytes;
  for (const { subscription } of subscriptions) {
    const { out } = ofTopic.subscription(subscription.name);
    load.consumerCount += subscription.consumers.size;
    load.msgRateOut += out.messages;
    load.msgThroughputOut += out.bytes;
  }
}

/** Percent of the actors' core, MiB, and kilobits a second, whose limit is not known: -1000. */
function resourcesOf({ rates }: AdminContext, bytesIn: number, bytesOut: number) {
  const { heapBytes, heapLimitBytes, externalBytes } = resourceUse();
  const limit = heapLimitBytes / MIB;
  const kilobits = (bytes: number) => ({ usage: (bytes * 8) / 1_000, limit: -1_000 });
  return {
    cpu: { usage: rates.broker.cpuPercent, limit: 100 },
    memory: { usage: heapBytes / MIB, limit },
    directMemory: { usage: externalBytes / MIB, limit },
    bandwidthIn: kilobits(bytesIn),
    bandwidthOut: kilobits(bytesOut),
  };
}

/** `/lookup/v2`: which broker serves a topic, for clients with an http service URL. */
import { BrokerError } from '../../base/errors.ts';
import { listenersOf } from '../service-urls.ts';
import { bundleOf } from './bundles.ts';
import type { AdminContext, Call, Routes } from './call.ts';
import { Text } from './call.ts';
import { baseOf, topicOf } from './topic-of.ts';

const LOOKUP = '/lookup/v2/topic/:domain/:tenant/:namespace/:topic';

export function lookupRoutes(routes: Routes, { broker, options, urls }: AdminContext): void {
  routes.on('GET', LOOKUP, (call) => {
    const name = topicOf(call, domainOf(call));
    const listener = call.query('listenerName') ?? call.header('x-pulsar-listenername') ?? '';
    if (broker.namespace(name.namespace) === undefined) {
      throw new BrokerError('namespace-not-found', 'Namespace not found');
    }
    broker.checkLookup(name);
    const partitions = name.partition < 0 ? undefined : broker.partitionedTopic(baseOf(name));
    if (partitions !== undefined && name.partition >= partitions.partitions) {
      throw new BrokerError('topic-not-found', `Topic not found ${name.full}`);
    }
    const named = listener === '' ? urls : listenersOf(options).byName.get(listener);
    if (named === undefined) {
      throw new BrokerError('unknown', `the broker do not have ${listener} listener`);
    }
    return {
      brokerUrl: named.pulsar,
      brokerUrlTls: named['pulsar+ssl'],
      httpUrl: named.http ?? urls.http,
      httpUrlTls: named.https ?? urls.https,
      nativeUrl: named.pulsar,
      // Older clients look for TLS here when `brokerUrlTls` is absent.
      brokerUrlSsl: '',
    };
  });

  routes.on('GET', `${LOOKUP}/bundle`, (call) => {
    const name = topicOf(call, domainOf(call));
    // A namespace that does not exist is one bundle, as in Pulsar.
    return new Text(bundleOf(name.full, broker.namespace(name.namespace) ?? { bundles: 1 }));
  });
}

function domainOf(call: Call): 'persistent' | 'non-persistent' {
  const domain = call.param('domain');
  if (domain === 'persistent' || domain === 'non-persistent') return domain;
  throw new BrokerError('not-allowed', `Invalid topic domain: '${domain}'`);
}

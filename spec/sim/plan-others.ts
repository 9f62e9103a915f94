/**
 * What came into worlds when there were many already: drawn from numbers of its own, so that what
 * else a seed means stays what it was.
 */

import { brokerEntryInterceptors } from '../../src/base/options/delivery.ts';
import type { BrokerConfig } from '../../src/base/options.ts';
import type { Draws } from '../generators/draws.ts';
import type { ClientPlan } from './plan.ts';

/** Who follows the topics of the namespace, all of them or some. */
export function watchersOf(chance: Draws): ClientPlan[] {
  if (!chance.happens(0.2)) return [];
  const pattern = chance.of(['.*', 'public/default/t0', 'persistent://public/default/t[12]']);
  const asksEveryMs = chance.skewed(50, 5_000);
  const watches = { pattern, asksEveryMs, rewatches: chance.happens(0.5) ? 0.2 : 0 };
  return [{ name: WATCHER, producers: [], consumers: [], watches }];
}

/** Behind all others, whose names say how many came before. */
const WATCHER = 'client 200';

/** The broker notes of entries when they came, and the numbers of their messages. */
export function notesOf(chance: Draws): Partial<BrokerConfig> {
  if (!chance.happens(0.1)) return {};
  const [stamps, numbers] = brokerEntryInterceptors;
  return {
    brokerEntryMetadataInterceptors: chance.of([[stamps], [numbers], [stamps, numbers]]),
    exposingBrokerEntryMetadataToClientEnabled: chance.happens(0.9),
  };
}

/** Those that there are fit in, but for whoever comes before it is known that he was gone. */
export function limitsFor(clients: readonly ClientPlan[], chance: Draws): Partial<BrokerConfig> {
  if (!chance.happens(0.1)) return {};
  const producers = clients.flatMap((client) => client.producers);
  const consumers = clients.flatMap((client) => client.consumers);
  const subscriptions = new Set(consumers.map((each) => `${each.topic} ${each.subscription}`));
  const topics = [...subscriptions].map((each) => each.slice(0, each.indexOf(' ')));
  const most = (places: readonly string[]) => {
    const counts = places.map((place) => places.filter((other) => other === place).length);
    return Math.max(1, ...counts) + chance.between(0, 1);
  };
  return {
    maxProducersPerTopic: most(producers.map(({ topic }) => topic)),
    maxConsumersPerTopic: most(consumers.map(({ topic }) => topic)),
    maxConsumersPerSubscription: most(
      consumers.map((each) => `${each.topic} ${each.subscription}`),
    ),
    // An operator may make three more.
    maxSubscriptionsPerTopic: most(topics) + 3,
  };
}

/** Consumers of some worlds are not equal. */
export function prioritized(clients: readonly ClientPlan[], chance: Draws): ClientPlan[] {
  if (!chance.happens(0.2)) return [...clients];
  return clients.map((client) => ({
    ...client,
    consumers: client.consumers.map((consumer) =>
      consumer.durable ? { ...consumer, priority: chance.between(0, 2) } : consumer,
    ),
  }));
}

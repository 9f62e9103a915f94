/** Worlds in which deliberate bugs have a chance to show. */
import { brokerEntryInterceptors } from '../../../src/base/options/delivery.ts';
import type { ConsumerPlan } from '../clients/consumer.ts';
import type { ProducerPlan } from '../clients/producer.ts';
import type { TransactionsPlan } from '../clients/transactions.ts';
import type { Deed } from '../deeds.ts';
import type { Plan } from '../plan.ts';

/** All consumers with a subscription that lasts do this. */
export function consumed(plan: Plan, change: Partial<ConsumerPlan>): Plan {
  const clients = plan.clients.map((client) => ({
    ...client,
    consumers: client.consumers.map((consumer) =>
      consumer.durable ? { ...consumer, ...change } : consumer,
    ),
  }));
  return { ...plan, clients };
}

export function produced(plan: Plan, change: Partial<ProducerPlan>): Plan {
  const clients = plan.clients.map((client) => ({
    ...client,
    producers: client.producers.map((producer) => ({ ...producer, ...change })),
  }));
  return { ...plan, clients };
}

/** Links break all the time, and duplicates are looked for. */
export function restless(plan: Plan): Plan {
  const faults = Array.from({ length: 30 }, (_, i) => ({
    kind: 'reset link' as const,
    atMs: 200 * (i + 1),
    forMs: 1,
    draw: i,
  }));
  return { ...plan, faults, config: { ...plan.config, brokerDeduplicationEnabled: true } };
}

/** Consumers that share keys in some other way than Pulsar's default, and stay. */
export function shared(plan: Plan, isSticky: boolean): Plan {
  const stays = { leaves: 0, unsubscribes: 0, seeks: 0, redelivers: 0 };
  // To the end, since keys are looked at only when nobody has come or gone for a while.
  const steady = { keys: 6, entries: 1_000, everyMs: 40, burst: 2, batch: 1, chunks: 0, delays: 0 };
  let next = 0;
  const clients = plan.clients.map((client) => ({
    ...client,
    producers: client.producers.map((producer) => ({ ...producer, ...steady })),
    consumers: client.consumers.map((consumer) => {
      if (!consumer.durable) return consumer;
      const half = next++ % 2;
      const ranges = isSticky ? [[half * 32_768, half * 32_768 + 32_767] as const] : undefined;
      const keyShared = { allowOutOfOrder: !isSticky, ranges };
      return { ...consumer, ...stays, type: 'Key_Shared' as const, keyShared };
    }),
  }));
  return { ...plan, clients, faults: [], operations: [] };
}

/** Consumers that ask for everything again all the time, and number it. */
export function numbered(plan: Plan): Plan {
  const often = { epochs: true, redelivers: 0.8, thinkMs: 100 };
  return consumed(plan, { type: 'Exclusive', ...often });
}

/** Somebody does this again and again. */
export function operated(plan: Plan, what: Deed): Plan {
  const operations = Array.from({ length: 6 }, (_, i) => ({ what, atMs: 800 * (i + 1), draw: i }));
  return { ...plan, operations };
}

/** The broker notes of entries what it can, and all clients are shown it. */
export function noted(plan: Plan): Plan {
  const clients = plan.clients.map((each) => ({ ...each, version: 'Pulsar-Java-v4.2.4' }));
  const config = {
    ...plan.config,
    brokerEntryMetadataInterceptors: brokerEntryInterceptors,
    exposingBrokerEntryMetadataToClientEnabled: true,
  };
  return { ...plan, clients, config };
}

/** Somebody follows all topics. */
export function watched(plan: Plan): Plan {
  const watches = { pattern: '.*', asksEveryMs: 500, rewatches: 0 };
  const watcher = { name: 'client 200', producers: [], consumers: [], watches };
  const clients = plan.clients.filter((client) => client.watches === undefined);
  return { ...plan, clients: [...clients, watcher] };
}

/** A topic that is not stored, for all. */
export function passed(plan: Plan): Plan {
  const topic = 'non-persistent://public/default/t0';
  const clients = plan.clients.map((client) => ({
    ...client,
    producers: client.producers.map((each) => ({ ...each, topic })),
    consumers: client.consumers.map((each) => ({ ...each, topic })),
  }));
  return { ...plan, clients, partitioned: [], operations: [], faults: [] };
}

export function partitioned(plan: Plan): Plan {
  const topic = 'persistent://public/default/t0';
  const clients = plan.clients.map((client) => ({
    ...client,
    producers: client.producers.map((each) => ({
      ...each,
      topic: `${topic}-partition-0`,
      looksUp: true,
    })),
    consumers: client.consumers.map((each) => ({
      ...each,
      topic: `${topic}-partition-0`,
      looksUp: true,
    })),
  }));
  return { ...plan, clients, partitioned: [{ topic, partitions: 1 }] };
}

/** A world in which actors leave memory soon, and holes stay between acknowledgements. */
export function forgetful(plan: Plan): Plan {
  const clients = plan.clients.map((client) => ({
    ...client,
    consumers: client.consumers.map((consumer) => ({
      ...consumer,
      manners: { ...consumer.manners, cumulative: 0, forget: 1 },
    })),
  }));
  return { ...plan, clients, config: { ...plan.config, velamqCheckpointIntervalSeconds: 1 } };
}

/** A world in which everybody works in transactions, which mostly end by the client's will. */
export function transacted(plan: Plan, change: Partial<TransactionsPlan> = {}): Plan {
  const transactions: TransactionsPlan = {
    everyMs: 100,
    most: 3,
    coordinators: 2,
    timeoutMs: 5_000,
    workMs: 200,
    ends: { commit: 1, abort: 1, forget: 0.1 },
    strays: 0,
    again: 0,
    twice: 0,
    ...change,
  };
  const inTransactions = 0.8;
  const all = consumed(produced(plan, { inTransactions }), { inTransactions });
  const stored = (topic: string) => topic.startsWith('persistent:');
  // All of them are one client.
  const own = all.clients.filter(({ abuse }) => abuse === undefined);
  const producers = own.flatMap((each) => each.producers).filter(({ topic }) => stored(topic));
  const consumers = own.flatMap((each) => each.consumers).filter(({ topic }) => stored(topic));
  const client = { ...own[0]!, producers, consumers, transactions };
  const config = { ...plan.config, transactionCoordinatorEnabled: true };
  return { ...all, clients: [client], config, faults: [], operations: [] };
}

/** Far more is published than may be dispatched, and nobody leaves. */
export function flooded(plan: Plan, rate: Plan['config']): Plan {
  const calm = { leaves: 0, stalls: 0, unsubscribes: 0, seeks: 0, redelivers: 0, thinkMs: 1 };
  const plain = { epochs: false, resumes: false, readCompacted: false };
  const flood = { batch: 1, keys: 0, chunks: 0, delays: 0, everyMs: 20, burst: 20, entries: 1_000 };
  const busy = produced(
    consumed(plan, { ...calm, ...plain, type: 'Shared', permits: 1_000 }),
    flood,
  );
  const config = { dispatchThrottlingOnNonBacklogConsumerEnabled: true, ...rate };
  return limited({ ...busy, faults: [], operations: [] }, config);
}

export function limited(plan: Plan, config: Plan['config']): Plan {
  return { ...plan, config: { ...plan.config, ...config } };
}

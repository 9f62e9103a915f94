/**
 * Who works in transactions, drawn by chance. Some of the clients that a world has are put together
 * into one, so that its transactions touch several topics and subscriptions, of whatever kind.
 */
import type { BrokerConfig } from '../../src/base/options.ts';
import type { Draws } from '../generators/draws.ts';
import type { TransactionsPlan } from './clients/transactions.ts';
import type { Deed } from './deeds.ts';
import { isPassing } from './invariants/passing.ts';
import type { Operation } from './operator.ts';
import type { ClientPlan } from './plan.ts';

/** The same producers and consumers, with transactions. */
export function transactingOf(clients: readonly ClientPlan[], chance: Draws): ClientPlan[] {
  const groups: ClientPlan[][] = Array.from({ length: chance.between(1, 3) }, () => []);
  const others: ClientPlan[] = [];
  for (const client of clients) {
    const isIn = client.abuse === undefined && chance.happens(0.7);
    (isIn ? chance.of(groups) : others).push(client);
  }
  const joined = groups.flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const producers = group.flatMap((each) => each.producers);
    const consumers = group.flatMap((each) => each.consumers);
    return {
      ...first,
      producers: producers.map((each) => often(each, !isPassing(each.topic), chance)),
      consumers: consumers.map((each) =>
        often(each, each.durable && !isPassing(each.topic), chance),
      ),
      transactions: transactionsOf(chance),
    };
  });
  const transacting = [...joined, ...others];
  if (chance.happens(0.1)) {
    const name = `client ${clients.length}`;
    const abuse = 'transactions of others';
    transacting.push({ name, producers: [], consumers: [], abuse });
  }
  return transacting;
}

function often<T extends object>(plan: T, can: boolean, chance: Draws): T {
  if (!can || chance.happens(0.2)) return plan;
  return { ...plan, inTransactions: 0.3 + 0.7 * chance.next() };
}

function transactionsOf(chance: Draws): TransactionsPlan {
  return {
    everyMs: 50 + 1_000 * chance.next(),
    most: chance.between(1, 4),
    coordinators: chance.between(1, 3),
    ...(chance.happens(0.3) ? { finds: true } : {}),
    timeoutMs: chance.happens(0.3) ? chance.between(200, 2_000) : chance.between(3_000, 20_000),
    workMs: 100 + 2_000 * chance.next(),
    ends: {
      commit: 0.2 + chance.next(),
      abort: chance.next(),
      forget: chance.happens(0.5) ? chance.next() * 0.5 : 0,
    },
    strays: chance.happens(0.4) ? chance.next() * 0.2 : 0,
    again: chance.happens(0.5) ? chance.next() * 0.5 : 0,
    twice: chance.happens(0.5) ? chance.next() * 0.3 : 0,
  };
}

/** Now and then fewer may be open at a coordinator than these clients would like. */
export function limitsOf(chance: Draws): Partial<BrokerConfig> {
  if (!chance.happens(0.15)) return {};
  return { maxActiveTransactionsPerCoordinator: chance.between(1, 3) };
}

const DEEDS = [
  'abort a transaction',
  'look at transactions',
  'add transaction coordinators',
] as const satisfies readonly Deed[];

/** Somebody looks at transactions, and aborts those of others, now and then. */
export function planDeeds(chance: Draws, ms: number): Operation[] {
  const count = chance.happens(0.4) ? chance.between(1, 10) : 0;
  return Array.from({ length: count }, () => ({
    what: chance.of(DEEDS),
    atMs: Math.floor(chance.next() * ms),
    draw: chance.between(0, 2 ** 31),
  }));
}

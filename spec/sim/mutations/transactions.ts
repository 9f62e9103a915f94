/** Deliberate bugs in transactions. */
import { HeldAcks } from '../../../src/actors/cursor/held-acks.ts';
import type { CoordinatorExposed } from '../../../src/actors/txn-standing.ts';
import type { TransactionsPlan } from '../clients/transactions.ts';
import type { Plan } from '../plan.ts';
import { deciding, folding, hearing, type Mutation, type Typed, wrap } from './mutation.ts';
import { consumed, operated, produced } from './worlds.ts';

const ISOLATED = 'nothing of an open or aborted transaction comes';
const ATOMIC = 'a transaction counts everywhere or nowhere';
const ENDS = 'a transaction ends as somebody wants';
const COORDINATORS_STAY = 'coordinators stay, and as many transactions are open as may be';
const ACKED = 'the acknowledged never comes again, the rest comes';

export const ofTransactions: readonly Mutation[] = [
  {
    name: 'what is published in a transaction may be read at once',
    breaks: ISOLATED,
    within: 5,
    world: transacted,
    seams: () =>
      deciding('topic', (decision, { type }) => {
        const { whenDurable } = decision;
        if (type !== 'publish' || whenDurable === undefined) return;
        const { end } = whenDurable as { readonly end: number };
        decision.whenDurable = { ...whenDurable, readable: end };
      }),
  },
  {
    name: 'the entries of an aborted transaction are not passed over',
    breaks: ISOLATED,
    within: 5,
    world: transacted,
    seams: () =>
      folding('topic', (event) =>
        event.type === 'transaction-ended'
          ? { ...event, data: { ...event.data, commit: true } }
          : event,
      ),
  },
  {
    name: 'a topic takes a commit for an abort',
    breaks: ATOMIC,
    within: 5,
    world: transacted,
    seams: () => {
      let ends = 0;
      return hearing('topic', (command) =>
        command.type === 'end-transaction' && ++ends % 3 === 0
          ? { ...command, commit: false }
          : command,
      );
    },
  },
  {
    name: 'a subscription carries out what an aborted transaction was to acknowledge',
    breaks: 'nothing leaves a backlog that nobody acknowledged',
    within: 5,
    world: transacted,
    seams: () =>
      hearing('cursor', (command) =>
        command.type === 'end-transaction' ? { ...command, commit: true } : command,
      ),
  },
  {
    name: 'a subscription drops what a committed transaction was to acknowledge',
    breaks: ACKED,
    within: 8,
    world: transacted,
    seams: () =>
      hearing('cursor', (command) =>
        command.type === 'end-transaction' ? { ...command, commit: false } : command,
      ),
  },
  {
    name: 'a topic confirms the end of a transaction and does nothing',
    breaks: ATOMIC,
    within: 5,
    world: transacted,
    seams: () =>
      deciding('topic', (decision, { type }) => {
        if (type !== 'end-transaction') return;
        decision.events = [];
        decision.again = undefined;
      }),
  },
  {
    name: 'two transactions may acknowledge the same message',
    breaks: 'a message waits for one transaction',
    within: 5,
    world: (plan) => transacted(plan, { twice: 0.5 }),
    seams: () =>
      wrap('cursor', (behaviour) => ({
        decide(state, command, facts) {
          if ((command as Typed).type !== 'ack-in-transaction') {
            return behaviour.decide(state, command, facts);
          }
          // Nothing waits, as far as this one command can see.
          return behaviour.decide({ ...(state as object), held: new HeldAcks() }, command, facts);
        },
      })),
  },
  {
    name: 'what was to be acknowledged by an aborted transaction is not given back',
    breaks: ACKED,
    within: 5,
    world: transacted,
    seams: () =>
      hearing('subscription', (command) =>
        command.type === 'acks-returned' ? { ...command, offsets: [], isUpTo: false } : command,
      ),
  },
  {
    name: 'what an abort gives back is sent before the abort is on the disk',
    breaks: ACKED,
    within: 5,
    world: transacted,
    seams: () =>
      deciding('transaction-coordinator', (decision, { type }) => {
        if (type !== 'end' && type !== 'due') return;
        decision.again = decision.whenDurable;
        decision.whenDurable = undefined;
      }),
  },
  {
    name: 'what waits for a transaction is given to others',
    breaks: ACKED,
    within: 5,
    world: (plan) => consumed(transacted(plan), { redelivers: 0.8, thinkMs: 20 }),
    seams: () =>
      wrap('cursor', (behaviour) => ({
        decide(state, command, facts) {
          const { type } = command as Typed;
          if (type !== 'read' && type !== 'entries-read' && type !== 'replay-read') {
            return behaviour.decide(state, command, facts);
          }
          return behaviour.decide({ ...(state as object), held: new HeldAcks() }, command, facts);
        },
      })),
  },
  {
    name: 'a transaction that has ended takes in more',
    breaks: ATOMIC,
    within: 5,
    world: (plan) => transacted(plan, { strays: 0.5 }),
    seams: keepingAll,
  },
  {
    name: 'the end of a transaction is answered and not recorded',
    breaks: ENDS,
    within: 5,
    world: transacted,
    seams: () =>
      deciding('transaction-coordinator', (decision, { type, reply }) => {
        if (type !== 'end') return;
        decision.events = [];
        decision.tells = [];
        decision.replies = [];
        decision.whenDurable = undefined;
        decision.answer(reply as Parameters<typeof decision.answer>[0]);
      }),
  },
  {
    name: 'whoever asks for the end of a transaction that has ended is told that it is so',
    breaks: ENDS,
    within: 8,
    world: (plan) => transacted(plan, { again: 1 }),
    seams: () =>
      deciding('transaction-coordinator', (decision, { type, reply }) => {
        const [refused] = decision.replies;
        if (type !== 'end' || refused?.effect.type !== 'refused') return;
        decision.replies = [];
        decision.answer(reply as Parameters<typeof decision.answer>[0]);
      }),
  },
  {
    name: 'a transaction is forgotten that had begun just before the broker died',
    breaks: 'a transaction that has begun is there',
    within: 10,
    world: killed,
    seams: () =>
      folding('transaction-coordinator', (event) =>
        event.type === 'adrift'
          ? { ...event, data: { ...event.data, from: event.data['to'] } }
          : event,
      ),
  },
  {
    name: 'a transaction gets the number of one that had begun just before the broker died',
    breaks: 'a transaction that has begun is there',
    within: 10,
    world: killed,
    seams: () =>
      folding('transaction-coordinator', (event) =>
        event.type === 'reserved' ? { ...event, data: { ...event.data, upTo: 0 } } : event,
      ),
  },
  {
    name: 'coordinators are added, and there are no more of them',
    breaks: COORDINATORS_STAY,
    within: 5,
    world: (plan) => operated(transacted(plan, { finds: true }), 'add transaction coordinators'),
    seams: () =>
      folding('partitioned', (event) =>
        Number(event.data['partitions']) > 16 ? { ...event, data: { partitions: 16 } } : event,
      ),
  },
  {
    name: 'more transactions are open than may be',
    breaks: COORDINATORS_STAY,
    within: 5,
    world: crowded,
    seams: () =>
      wrap('transaction-coordinator', (behaviour) => ({
        decide(state, command, facts) {
          if ((command as Typed).type !== 'begin') return behaviour.decide(state, command, facts);
          // None is open, as far as this one command can see.
          const transactions = new Map();
          return behaviour.decide({ ...(state as object), transactions }, command, facts);
        },
      })),
  },
  {
    name: 'a coordinator takes itself for full that is not',
    breaks: COORDINATORS_STAY,
    within: 5,
    world: crowded,
    seams: () => {
      let begins = 0;
      return deciding('transaction-coordinator', (decision, { type, reply }) => {
        if (type !== 'begin' || ++begins % 5 !== 0) return;
        decision.events = [];
        [decision.replies, decision.now] = [[], []];
        decision.whenDurable = undefined;
        decision.again = undefined;
        const asker = reply as Parameters<typeof decision.answer>[0];
        decision.refuse(asker, 'transaction-limit', 'too many transactions are open');
      });
    },
  },
  {
    name: 'transactions do not time out',
    breaks: ENDS,
    within: 5,
    world: (plan) => transacted(plan, { ends: { commit: 1, abort: 0, forget: 1 } }),
    seams: () => wrap('transaction-coordinator', () => ({ dueAtMs: () => undefined })),
  },
  {
    name: 'transactions time out too soon',
    breaks: ENDS,
    within: 5,
    world: (plan) => transacted(plan, { timeoutMs: 2_000, workMs: 1_000 }),
    seams: () =>
      folding('transaction-coordinator', (event) =>
        event.type === 'begun' ? { ...event, data: { ...event.data, timeoutMs: 500 } } : event,
      ),
  },
];

/** The coordinators show transactions that have ended as if they were open. */
function keepingAll() {
  return wrap('transaction-coordinator', (behaviour) => ({
    expose(state) {
      const exposed = behaviour.expose(state) as CoordinatorExposed;
      const participants = { has: () => true };
      const transactions = { get: () => ({ status: 'open', participants }) };
      return { ...exposed, transactions };
    },
  }));
}

/** A world in which everybody works in transactions, which mostly end by the client's will. */
function transacted(plan: Plan, change: Partial<TransactionsPlan> = {}): Plan {
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

/** More would like to be open than may be. */
function crowded(plan: Plan): Plan {
  const all = transacted(plan, { most: 6, coordinators: 1, everyMs: 20, workMs: 500 });
  return { ...all, config: { ...all.config, maxActiveTransactionsPerCoordinator: 3 } };
}

/**
 * A broker that dies again and again, on a disk that takes its time, and one transaction after the
 * other: only then begins are answered at once.
 */
function killed(plan: Plan): Plan {
  const faults = Array.from({ length: 6 }, (_, i) => ({
    kind: i % 2 === 0 ? ('slow disk' as const) : ('kill' as const),
    atMs: 900 * (i + 1),
    forMs: i % 2 === 0 ? 1_000 : 50,
    draw: plan.seed * 10 + i,
  }));
  const alone = { everyMs: 1, most: 1, coordinators: 1, workMs: 5, timeoutMs: 20_000 };
  const ends = { commit: 1, abort: 0, forget: 0 };
  return { ...transacted(plan, { ...alone, ends }), faults };
}

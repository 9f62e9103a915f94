/** Deliberate bugs in the coordinators of transactions. */
import type { Plan } from '../plan.ts';
import { deciding, folding, type Mutation, type Typed, wrap } from './mutation.ts';
import { operated, transacted } from './worlds.ts';

const ENDS = 'a transaction ends as somebody wants';
const BEGUN = 'a transaction that has begun is there';
const STAY = 'coordinators stay, and as many transactions are open as may be';

export const ofCoordinators: readonly Mutation[] = [
  {
    name: 'what an abort gives back is sent before the abort is on the disk',
    breaks: 'the acknowledged never comes again, the rest comes',
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
    breaks: BEGUN,
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
    breaks: BEGUN,
    within: 10,
    world: killed,
    seams: () =>
      folding('transaction-coordinator', (event) =>
        event.type === 'reserved' ? { ...event, data: { ...event.data, upTo: 0 } } : event,
      ),
  },
  {
    name: 'coordinators are added, and there are no more of them',
    breaks: STAY,
    within: 5,
    world: (plan) => operated(transacted(plan, { finds: true }), 'add transaction coordinators'),
    seams: () =>
      folding('partitioned', (event) =>
        Number(event.data['partitions']) > 16 ? { ...event, data: { partitions: 16 } } : event,
      ),
  },
  {
    name: 'more transactions are open than may be',
    breaks: STAY,
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
    breaks: STAY,
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

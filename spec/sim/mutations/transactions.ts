/** Deliberate bugs in what topics and subscriptions do with transactions. */
import { HeldAcks } from '../../../src/actors/cursor/held-acks.ts';
import type { CoordinatorExposed } from '../../../src/actors/txn-standing.ts';
import { deciding, folding, hearing, type Mutation, type Typed, wrap } from './mutation.ts';
import { consumed, transacted } from './worlds.ts';

const ISOLATED = 'nothing of an open or aborted transaction comes';
const ATOMIC = 'a transaction counts everywhere or nowhere';
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

/** Every deliberate bug, at least one for each promise. */

import type { Effect } from '../../../src/actors/ports.ts';
import { RangeSet } from '../../../src/actors/range-set.ts';
import type { EntryRun } from '../../../src/storage/entries.ts';
import type { OpenStorage } from '../../../src/storage/storage.ts';
import { replaceEntries } from '../../actors/replace-entries.ts';
import type { Plan } from '../plan.ts';
import { ofCompaction } from './compaction.ts';
import { ofCoordinators } from './coordinators.ts';
import { ofDamage } from './damage.ts';
import { later } from './later.ts';
import { ofLimits } from './limits.ts';
import { deciding, folding, hearing, type Mutation, replying, wrap } from './mutation.ts';
import { ofSettings } from './settings.ts';
import { ofTransactions } from './transactions.ts';
import { forgetful, produced } from './worlds.ts';

export const mutations: readonly Mutation[] = [
  ...later,
  ...ofCompaction,
  ...ofDamage,
  ...ofLimits,
  ...ofSettings,
  ...ofTransactions,
  ...ofCoordinators,
  {
    name: 'receipts leave before the sync',
    breaks: 'no receipt leaves before',
    within: 3,
    seams: () =>
      deciding('topic', (decision, { type }) => {
        if (type !== 'publish') return;
        decision.now = [...decision.now, ...decision.replies];
        decision.replies = [];
      }),
  },
  {
    name: 'a cursor forgets its last acknowledged range in its snapshot',
    breaks: 'memory, and snapshots with the journal',
    within: 10,
    world: forgetful,
    seams: () =>
      wrap('cursor', (behaviour) => ({
        snapshot(state) {
          const snapshot = behaviour.snapshot(state) as { readonly ranges: Uint8Array };
          const ranges = new RangeSet();
          const all = RangeSet.unpack(snapshot.ranges).head(Number.POSITIVE_INFINITY);
          for (const [start, end] of all.slice(0, -1)) ranges.add(start, end);
          return { ...snapshot, ranges: ranges.pack() };
        },
      })),
  },
  {
    name: 'an acknowledgement is answered and not recorded',
    breaks: 'the acknowledged never comes again',
    within: 5,
    seams: () => {
      let acks = 0;
      return deciding('cursor', (decision, { type }) => {
        if (type !== 'ack' || ++acks % 5 !== 0) return;
        decision.events = [];
        decision.transient = [];
      });
    },
  },
  {
    name: 'what a client sends back does not come again',
    breaks: 'the acknowledged never comes again, the rest comes',
    within: 12,
    seams: () =>
      hearing('subscription', (command) =>
        command.type === 'redeliver' ? { ...command, key: -1 } : command,
      ),
  },
  {
    name: 'permits are counted twice',
    breaks: 'permits and backlog are exact',
    within: 5,
    seams: () =>
      folding('subscription', ({ type, data }) =>
        type === 'permits-added'
          ? { type, data: { ...data, permits: Number(data['permits']) * 2 } }
          : { type, data },
      ),
  },
  {
    name: 'the receipts of a burst come in the wrong order',
    breaks: 'entries of one producer keep the order',
    within: 5,
    seams: () =>
      replying('topic', (effect) =>
        effect.type === 'published'
          ? { ...effect, sequenceIds: [...effect.sequenceIds].reverse() }
          : effect,
      ),
  },
  {
    name: 'entries are stored in the wrong order',
    breaks: 'what is delivered was sent',
    within: 5,
    seams: () =>
      hearing('topic', (command) =>
        command.type === 'publish'
          ? { ...command, entries: [...(command['entries'] as readonly Buffer[])].reverse() }
          : command,
      ),
  },
  {
    name: 'entries leave for a lone consumer in the wrong order',
    breaks: 'a consumer that has a subscription to itself',
    within: 5,
    seams: () => deciding('subscription', ({ now }) => reverse(now)),
  },
  {
    name: 'entries of a key leave in the wrong order',
    breaks: 'the entries of a key come in order',
    within: 10,
    world: keyed,
    seams: () =>
      wrap('subscription', (behaviour) => ({
        decide(state, command, facts) {
          const decision = behaviour.decide(state, command, facts);
          const { live } = state as { readonly live: { readonly type: string } };
          if (live.type === 'Key_Shared') reverse(decision.now);
          return decision;
        },
      })),
  },
  {
    name: 'a topic does not remember what it has stored of a producer',
    breaks: 'a message that is sent again is not stored again',
    within: 10,
    seams: () =>
      folding('topic', (event) =>
        event.type === 'entries-stored'
          ? { ...event, data: { ...event.data, sequence: undefined } }
          : event,
      ),
  },
  {
    name: 'an exclusive subscription takes a second consumer',
    breaks: 'one consumer is active',
    within: 12,
    seams: () =>
      hearing('subscription', (command) =>
        command.type === 'subscribe' && command['subType'] === 'Exclusive'
          ? { ...command, subType: 'Shared' }
          : command,
      ),
  },
  {
    name: 'an exclusive producer shares its topic',
    breaks: 'one consumer is active, and one producer',
    within: 5,
    world: (plan) => produced(plan, { mode: 'Exclusive' }),
    seams: () =>
      hearing('topic', (command) =>
        command.type === 'add-producer' ? { ...command, accessMode: 'Shared' } : command,
      ),
  },
  {
    name: 'a key is handed over while its last entries are with another consumer',
    breaks: 'a key is with one consumer',
    within: 10,
    world: keyed,
    seams: () =>
      folding('subscription', ({ type, data }) =>
        type === 'delivered' ? { type, data: { ...data, hashes: [] } } : { type, data },
      ),
  },
  {
    name: 'some acknowledgements are not answered',
    breaks: 'every request is answered once',
    within: 5,
    seams: () => {
      let answers = 0;
      return replying('cursor', (effect) =>
        effect.type === 'ack-answered' && ++answers % 10 === 0 ? undefined : effect,
      );
    },
  },
  {
    name: 'after a while nobody gets a receipt',
    breaks: 'whatever is sent is answered in the end',
    within: 8,
    seams: () => {
      let receipts = 0;
      return replying('topic', (effect) =>
        effect.type === 'published' && ++receipts > 20 ? undefined : effect,
      );
    },
  },
  {
    name: 'every publish leaves a timer behind',
    breaks: 'buffers, timers and caches',
    within: 20,
    seams: () => {
      let timers = 0;
      return deciding('topic', (decision, { type }) => {
        if (type !== 'publish') return;
        decision.wake({ name: `left ${++timers}`, atMs: 2e12, command: { type: 'trim' } });
      });
    },
  },
  {
    name: 'a topic changes beside its events',
    breaks: 'memory, and snapshots with the journal',
    within: 5,
    seams: () =>
      wrap('cursor', (behaviour) => ({
        decide(state, command, facts) {
          const { redeliveries } = state as { readonly redeliveries: Map<number, number> };
          redeliveries.set(1_000_000, redeliveries.size);
          return behaviour.decide(state, command, facts);
        },
      })),
  },
  {
    name: 'an entry that was damaged on the disk is served',
    breaks: 'what is delivered was sent',
    within: 5,
    seams: () => ({ openStorage: damaging }),
  },
  {
    name: 'an actor stumbles over a command',
    breaks: 'no actor contradicts itself',
    within: 3,
    seams: () => {
      let commands = 0;
      return hearing('cursor', (command) => {
        if (++commands % 20 === 0) throw new Error('stumbled');
        return command;
      });
    },
  },
];

/** A world of keys: where some promises have most to say. */
function keyed(plan: Plan): Plan {
  const clients = plan.clients.map((client) => ({
    ...client,
    producers: client.producers.map((producer) => ({ ...producer, keys: 4 })),
    consumers: client.consumers.map((consumer) =>
      consumer.durable ? { ...consumer, type: 'Key_Shared' as const } : consumer,
    ),
  }));
  return { ...plan, clients };
}

/** Sends each entry by itself, the last one first. */
function reverse(now: readonly { readonly effect: Effect }[]): void {
  for (const each of now as { effect: Effect }[]) {
    const { effect } = each;
    if (effect.type !== 'deliver') continue;
    const single = effect.runs.flatMap((run) =>
      run.entries.map((entry, i) => ({
        ...run,
        firstEntryId: run.firstEntryId + i,
        entries: [entry],
      })),
    );
    each.effect = { ...effect, runs: single.reverse() };
  }
}

/** Reads from the disk, not from the cache, come back with a byte changed now and then. */
function damaging(open: OpenStorage): OpenStorage {
  let reads = 0;
  return async () => {
    const storage = await open();
    return replaceEntries(storage, {
      async read(...request) {
        const runs = await storage.entries.read(...request);
        return ++reads % 5 === 0 ? runs.map(damaged) : runs;
      },
    });
  };
}

function damaged(run: EntryRun): EntryRun {
  const entries = run.entries.map((entry) => Buffer.from(entry));
  const last = entries.at(-1)!;
  last[last.length - 1]! ^= 1;
  return { ...run, entries };
}

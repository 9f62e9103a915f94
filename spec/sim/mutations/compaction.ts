/** Deliberate bugs in compaction. */
import type { CompactionPlan } from '../../../src/actors/ports.ts';
import type { Plan } from '../plan.ts';
import { deciding, hearing, type Mutation, replying } from './mutation.ts';
import { operated, produced } from './worlds.ts';

const LAST_WORD = 'a compacted topic has the last word of each key';

export const ofCompaction: readonly Mutation[] = [
  {
    name: 'a compaction counts though what it keeps is not on the disk',
    breaks: LAST_WORD,
    within: 5,
    world: compacting,
    seams: () =>
      deciding('topic', (decision, { type }) => {
        if (type === 'store-compacted') decision.events = [];
      }),
  },
  {
    name: 'the older of two values is kept, where the newer one is near the horizon',
    breaks: LAST_WORD,
    within: 5,
    world: compacting,
    seams: () => planning((plan) => ({ ...plan, horizon: Math.max(plan.from, plan.horizon - 2) })),
  },
  {
    name: 'tombstones right behind the last horizon are forgotten',
    breaks: LAST_WORD,
    within: 8,
    world: compacting,
    seams: () => planning((plan) => ({ ...plan, from: Math.min(plan.horizon, plan.from + 2) })),
  },
  {
    name: 'a compaction forgets the one before it',
    breaks: LAST_WORD,
    within: 10,
    world: compacting,
    seams: () => planning(({ before: _, ...plan }) => ({ ...plan, before: undefined })),
  },
  {
    name: 'what is not compacted yet is trimmed',
    breaks: 'nothing leaves a backlog that nobody acknowledged',
    within: 5,
    world: compacting,
    seams: () =>
      hearing('cursor', (command) => {
        const { properties, cumulative } = command;
        const isOfCompaction = Object.hasOwn(Object(properties), 'CompactedTopicLedger');
        if (command.type !== 'ack' || !isOfCompaction) return command;
        return { ...command, cumulative: Number(cumulative) + 1 };
      }),
  },
  {
    name: 'who reads what is compacted gets the originals',
    breaks: LAST_WORD,
    within: 8,
    world: compacting,
    seams: () =>
      hearing('cursor', (command) =>
        command.type === 'read' ? { ...command, compacted: false } : command,
      ),
  },
];

/** What a compaction is told to do is changed. */
function planning(change: (plan: CompactionPlan) => CompactionPlan) {
  return replying('topic', (effect) =>
    effect.type === 'compaction-due' ? { ...effect, plan: change(effect.plan) } : effect,
  );
}

/** A world of keys and tombstones that is compacted all the time, and readers of that. */
function compacting(plan: Plan): Plan {
  const kept = { keys: 4, tombstones: 0.2, chunks: 0, delays: 0, entries: 100 };
  const clients = plan.clients.map((client) => ({
    ...client,
    consumers: client.consumers.map((consumer, i) =>
      consumer.type === 'Exclusive' || consumer.type === 'Failover'
        ? { ...consumer, readCompacted: true, leaves: i % 2 }
        : consumer,
    ),
  }));
  return { ...operated(produced({ ...plan, clients }, kept), 'compact'), partitioned: [] };
}

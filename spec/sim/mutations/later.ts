/** Deliberate bugs in what a broker does beyond the plainest publishing and consuming. */
import type { ConsumerPlan } from '../clients/consumer.ts';
import type { ProducerPlan } from '../clients/producer.ts';
import type { Deed } from '../operator.ts';
import type { Plan } from '../plan.ts';
import { deciding, folding, hearing, type Mutation, replying } from './mutation.ts';

export const later: readonly Mutation[] = [
  {
    name: 'chunks of a message go to whoever is next',
    breaks: 'all chunks of a message come to one consumer',
    within: 8,
    world: (plan) => produced(consumed(plan, { type: 'Shared' }), { chunks: 0.7, maxBytes: 200 }),
    seams: () =>
      hearing('topic', (command) =>
        command.type === 'publish' ? { ...command, chunked: false } : command,
      ),
  },
  {
    name: 'the last chunk of a message is stored again when it is sent again',
    breaks: 'a message that is sent again is not stored again',
    within: 10,
    world: (plan) => restless(produced(plan, { chunks: 0.7 })),
    seams: () =>
      folding('topic', (event) =>
        event.type === 'entries-stored' && event.data['chunked'] === true
          ? { ...event, data: { ...event.data, sequence: undefined } }
          : event,
      ),
  },
  {
    name: 'consumers that chose hashes get others',
    breaks: 'a key goes where its hash belongs',
    within: 5,
    world: (plan) => shared(plan, true),
    seams: () =>
      hearing('subscription', (command) => {
        const { keyShared } = command;
        if (command.type !== 'subscribe' || keyShared === undefined) return command;
        return { ...command, keyShared: { ...(keyShared as object), mode: 'AUTO_SPLIT' } };
      }),
  },
  {
    name: 'keys that may come in any order go to anybody',
    breaks: 'a key goes where its hash belongs',
    within: 8,
    world: (plan) => shared(plan, false),
    seams: () =>
      hearing('subscription', (command) =>
        command.type === 'subscribe' && command['subType'] === 'Key_Shared'
          ? { ...command, subType: 'Shared' }
          : command,
      ),
  },
  {
    name: 'a request for everything again keeps its number to itself',
    breaks: 'the acknowledged never comes again, the rest comes',
    within: 5,
    world: numbered,
    seams: () =>
      folding('subscription', (event) =>
        event.type === 'epoch-raised' ? { ...event, data: { key: -1, epoch: 0 } } : event,
      ),
  },
  {
    name: 'a request for everything again is noted, and what it asked for left out',
    breaks: 'messages say which request for everything they answer',
    within: 5,
    world: numbered,
    seams: () => {
      let asked = false;
      return folding('subscription', (event) => {
        if (event.type === 'epoch-raised') asked = true;
        const isLost = asked && event.type === 'rewound';
        if (isLost) asked = false;
        return isLost ? { type: 'epoch-raised', data: { key: -1 } } : event;
      });
    },
  },
  {
    name: 'what is to be delivered later comes a second early',
    breaks: 'no message comes before its time',
    within: 5,
    world: (plan) => produced(consumed(plan, { type: 'Shared' }), { delays: 0.8, batch: 1 }),
    seams: () =>
      hearing('topic', (command) => {
        const dueAtMs = command['dueAtMs'] as readonly number[] | undefined;
        if (command.type !== 'publish' || dueAtMs === undefined) return command;
        return { ...command, dueAtMs: dueAtMs.map((atMs) => Math.max(0, atMs - 1_000)) };
      }),
  },
  {
    name: 'what was passed over because it is to be delivered later is forgotten',
    breaks: 'the acknowledged never comes again, the rest comes',
    within: 5,
    world: (plan) => produced(consumed(plan, { type: 'Shared' }), { delays: 0.8, batch: 1 }),
    seams: () =>
      folding('subscription', (event) =>
        event.type === 'came-due' ? { ...event, data: { ...event.data, offsets: [] } } : event,
      ),
  },
  {
    name: 'messages of a topic that is not stored pass by twice',
    breaks: 'a message that is not stored comes once at most',
    within: 5,
    world: passed,
    seams: () =>
      deciding('topic', (decision, { type }) => {
        if (type === 'publish') decision.tells = [...decision.tells, ...decision.tells];
      }),
  },
  {
    name: 'messages go that are not old enough',
    breaks: 'nothing leaves a backlog that nobody acknowledged',
    within: 5,
    world: (plan) => ({
      ...consumed(plan, { thinkMs: 2_000, permits: 1 }),
      operations: [],
      config: { ...plan.config, ttlDurationDefaultInSeconds: 2 },
    }),
    seams: () =>
      hearing('cursor', (command) => {
        const expireBelowMs = command['expireBelowMs'];
        if (expireBelowMs === undefined) return command;
        return { ...command, expireBelowMs: Number(expireBelowMs) + 1_500 };
      }),
  },
  {
    name: 'an acknowledgement takes the next entry with it',
    breaks: 'nothing leaves a backlog that nobody acknowledged',
    within: 5,
    seams: () => {
      let acks = 0;
      return hearing('cursor', (command) => {
        const ranges = command['ranges'] as readonly number[] | undefined;
        if (command.type !== 'ack' || !ranges?.length || ++acks % 10 !== 0) return command;
        return { ...command, ranges: ranges.with(-1, ranges.at(-1)! + 1) };
      });
    },
  },
  {
    name: 'a policy is answered and not recorded',
    breaks: 'a policy is what it was set to last',
    within: 5,
    world: (plan) => {
      const set = operated(plan, 'set a policy').operations ?? [];
      const looks = operated(plan, 'look at a policy').operations ?? [];
      const later = looks.map((each) => ({ ...each, atMs: each.atMs + 400 }));
      return { ...plan, faults: [], partitioned: [], operations: [...set, ...later] };
    },
    seams: () =>
      deciding('topic-policies', (decision, { type }) => {
        if (type !== 'delete') decision.events = [];
      }),
  },
  {
    name: 'a termination is answered and not recorded',
    breaks: 'a terminated topic takes no more messages',
    within: 5,
    world: (plan) => operated(plan, 'terminate topic'),
    seams: () =>
      deciding('topic', (decision, { type }) => {
        if (type === 'terminate') decision.events = [];
      }),
  },
  {
    name: 'nobody is told that a topic has ended',
    breaks: 'a terminated topic takes no more messages, and its consumers hear',
    within: 8,
    world: (plan) => operated(plan, 'terminate topic'),
    seams: () =>
      replying('subscription', (effect) => (effect.type === 'end-of-topic' ? undefined : effect)),
  },
  {
    name: 'a deletion is answered and not recorded',
    breaks: 'a deleted topic is gone',
    within: 5,
    world: (plan) => operated(plan, 'delete topic by force'),
    seams: () =>
      deciding('topic', (decision, { type }) => {
        if (type === 'delete') decision.events = [];
      }),
  },
  {
    name: 'a topic is deleted though clients use it',
    breaks: 'none is deleted that is in use',
    within: 5,
    world: (plan) => operated(plan, 'delete topic'),
    seams: () =>
      hearing('topic', (command) =>
        command.type === 'delete' ? { ...command, force: true } : command,
      ),
  },
  {
    name: 'consumers of a deleted topic stay where they are',
    breaks: 'permits and backlog are exact',
    within: 8,
    world: (plan) => operated(plan, 'delete topic by force'),
    seams: () =>
      hearing('subscription', (command) =>
        command.type === 'drop' ? { type: 'release', mark: 0 } : command,
      ),
  },
  {
    name: 'added partitions are forgotten',
    breaks: 'partitions are as many as were asked for',
    within: 8,
    world: (plan) => operated(partitioned(plan), 'add partitions'),
    seams: () => {
      const first = new Map<unknown, number>();
      return folding('partitioned', (event) => {
        const { partitions, properties } = event.data as { partitions: number; properties: object };
        if (event.type !== 'written') return event;
        const least = first.get(properties) ?? partitions;
        first.set(properties, least);
        return { ...event, data: { ...event.data, partitions: Math.min(least, 1) } };
      });
    },
  },
  {
    name: 'some REST requests are not answered',
    breaks: 'every REST request is answered',
    within: 5,
    world: (plan) => operated(plan, 'skip all'),
    seams: () => replying('cursor', (effect) => (effect.type === 'done' ? undefined : effect)),
  },
];

/** All consumers with a subscription that lasts do this. */
function consumed(plan: Plan, change: Partial<ConsumerPlan>): Plan {
  const clients = plan.clients.map((client) => ({
    ...client,
    consumers: client.consumers.map((consumer) =>
      consumer.durable ? { ...consumer, ...change } : consumer,
    ),
  }));
  return { ...plan, clients };
}

function produced(plan: Plan, change: Partial<ProducerPlan>): Plan {
  const clients = plan.clients.map((client) => ({
    ...client,
    producers: client.producers.map((producer) => ({ ...producer, ...change })),
  }));
  return { ...plan, clients };
}

/** Links break all the time, and duplicates are looked for. */
function restless(plan: Plan): Plan {
  const faults = Array.from({ length: 30 }, (_, i) => ({
    kind: 'reset link' as const,
    atMs: 200 * (i + 1),
    forMs: 1,
    draw: i,
  }));
  return { ...plan, faults, config: { ...plan.config, brokerDeduplicationEnabled: true } };
}

/** Consumers that share keys in some other way than Pulsar's default, and stay. */
function shared(plan: Plan, isSticky: boolean): Plan {
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
function numbered(plan: Plan): Plan {
  const often = { epochs: true, redelivers: 0.8, thinkMs: 100 };
  return consumed(plan, { type: 'Exclusive', ...often });
}

/** Somebody does this again and again. */
function operated(plan: Plan, what: Deed): Plan {
  const operations = Array.from({ length: 6 }, (_, i) => ({ what, atMs: 800 * (i + 1), draw: i }));
  return { ...plan, operations };
}

/** A topic that is not stored, for all. */
function passed(plan: Plan): Plan {
  const topic = 'non-persistent://public/default/t0';
  const clients = plan.clients.map((client) => ({
    ...client,
    producers: client.producers.map((each) => ({ ...each, topic })),
    consumers: client.consumers.map((each) => ({ ...each, topic })),
  }));
  return { ...plan, clients, partitioned: [], operations: [], faults: [] };
}

function partitioned(plan: Plan): Plan {
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

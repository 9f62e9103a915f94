/** Deliberate bugs in what a broker does beyond the plainest publishing and consuming. */
import { deciding, folding, hearing, type Mutation, replying, wrap } from './mutation.ts';
import {
  consumed,
  noted,
  numbered,
  operated,
  partitioned,
  passed,
  produced,
  restless,
  shared,
  watched,
} from './worlds.ts';

export const later: readonly Mutation[] = [
  {
    name: 'who follows topics is not told that one is gone',
    breaks: 'who follows topics knows those that there are',
    within: 10,
    world: (plan) => operated(watched(plan), 'delete topic by force'),
    seams: () =>
      replying('topic', (effect) =>
        effect.type === 'topic-listed' && !effect.exists ? undefined : effect,
      ),
  },
  {
    name: 'who follows topics is told of every second new one',
    breaks: 'who follows topics knows those that there are',
    within: 10,
    world: (plan) => operated(watched(plan), 'delete topic by force'),
    seams: () => {
      let created = 0;
      return replying('topic', (effect) =>
        effect.type === 'topic-listed' && effect.exists && ++created % 2 === 0 ? undefined : effect,
      );
    },
  },
  {
    name: 'messages are numbered from the beginning with every block',
    breaks: 'an entry comes with the number of its last message',
    within: 5,
    world: noted,
    seams: () =>
      folding('topic', (event) =>
        event.type === 'entries-stored'
          ? { ...event, data: { ...event.data, index: undefined } }
          : event,
      ),
  },
  {
    name: 'the worst priority is taken for the best',
    breaks: 'the active consumer is one of the best priority',
    within: 10,
    world: (plan) => {
      let next = 0;
      const failover = consumed(plan, { type: 'Failover', leaves: 0 });
      return {
        ...failover,
        clients: failover.clients.map((client) => {
          const priority = next++ % 3;
          const consumers = client.consumers.map((each) => ({ ...each, priority }));
          return { ...client, consumers };
        }),
      };
    },
    seams: () =>
      hearing('subscription', (command) =>
        command.type === 'subscribe'
          ? { ...command, priorityLevel: 9 - (command['priorityLevel'] as number) }
          : command,
      ),
  },
  {
    name: 'consumers are not counted',
    breaks: 'no more producers, consumers and subscriptions',
    within: 10,
    world: (plan) => {
      const many = consumed(plan, { type: 'Shared', leaves: 0 });
      return { ...many, config: { ...many.config, maxConsumersPerTopic: 1 } };
    },
    seams: () =>
      wrap('topic', (behaviour) => ({
        decide(state, command, facts) {
          const exposed = (actor: string) => {
            const shown = facts.exposed(actor);
            const isUsed = typeof shown === 'object' && shown !== null && 'consumers' in shown;
            return isUsed ? { ...shown, consumers: new Map() } : shown;
          };
          return behaviour.decide(state, command, { ...facts, exposed });
        },
      })),
  },
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
    name: 'a reader goes on behind the entry that it asks for',
    breaks: 'a reader gets every entry',
    within: 20,
    seams: () =>
      hearing('topic', (command) => {
        const { startPosition: start } = command;
        if (command.type !== 'subscribe' || start === undefined) return command;
        const { ledgerId, entryId } = start as { ledgerId: number; entryId: number };
        return { ...command, startPosition: { ledgerId, entryId: entryId + 1 } };
      }),
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
    within: 8,
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
        if (type !== 'delete') return;
        decision.events = [];
        decision.tells = [];
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

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kindOf } from '../../src/actors/names.ts';
import type { AnyBehaviour } from '../../src/actors/runtime/cell.ts';
import type { AccessMode, ReplyTo } from '../../src/actors/topic/commands.ts';
import { LATEST } from '../../src/base/position.ts';
import type { JournalRecord } from '../../src/storage/journal.ts';
import type { TestProducer } from '../actors/clients.ts';
import type { TestConsumer } from '../actors/consumer.ts';
import { behavioursOf, Stage, type StageOptions } from '../actors/harness.ts';
import { runs } from './runs.ts';

const TYPES = ['Exclusive', 'Shared', 'Failover', 'Key_Shared'] as const;
const MODES: readonly AccessMode[] = [
  'Shared',
  'Exclusive',
  'WaitForExclusive',
  'ExclusiveWithFencing',
];

const index = fc.nat(9);

const operation = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('publish' as const), index }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('produce' as const), index, mode: fc.nat(3) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('consume' as const),
      index,
      type: fc.nat(3),
      durable: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('ack', 'ack-part', 'nack', 'seek', 'unsubscribe', 'leave'),
      index,
      which: index,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('terminate', 'delete', 'unload', 'skip', 'policy', 'own-policy', 'reset'),
      index,
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('settle' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('crash', 'restart') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(30_000) }) },
);

type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

class Run {
  readonly stage: Stage;
  #producers: TestProducer[] = [];
  #consumers: TestConsumer[] = [];

  constructor(stage: Stage) {
    this.stage = stage;
  }

  async act(operation: Operation): Promise<void> {
    const { stage } = this;
    switch (operation.do) {
      case 'produce': {
        const name = `p${operation.index % 4}`;
        const accessMode = MODES[operation.mode]!;
        this.#producers.push(await stage.producer(topicOf(operation.index), { name, accessMode }));
        break;
      }
      case 'publish': {
        const producer = this.#producers[operation.index % Math.max(1, this.#producers.length)];
        producer?.send('a', { value: 'b', messages: 3, key: 'k' }, { value: 'c', key: 'l' });
        break;
      }
      case 'consume': {
        const subType = TYPES[operation.type]!;
        const topic = topicOf(operation.index);
        const options = { subType, topic, durable: operation.durable, startPosition: LATEST };
        this.#consumers.push(await stage.consumer(`s${operation.index % 3}`, options));
        break;
      }
      case 'wait':
        await stage.advance(operation.ms);
        break;
      case 'settle':
        await stage.settle();
        break;
      case 'crash':
      case 'restart':
        this.#producers = [];
        this.#consumers = [];
        await stage[operation.do]();
        break;
      default:
        this.#tell(operation);
    }
    await stage.step();
  }

  #tell(operation: Extract<Operation, { readonly index: number }>): void {
    const which = 'which' in operation ? operation.which : 0;
    this.#administer(operation.do, operation.index);
    const consumer = this.#consumers[operation.index % Math.max(1, this.#consumers.length)];
    const received = consumer?.received.at(which % Math.max(1, consumer.received.length));
    if (consumer === undefined) return;
    if (operation.do === 'leave') consumer.drop();
    if (operation.do === 'unsubscribe') consumer.unsubscribe(this.stage.nextId(), which > 5);
    if (received === undefined) return;
    if (operation.do === 'ack') consumer.ack(received);
    if (operation.do === 'ack-part') consumer.ackIndexes(received, received.messages, which % 3);
    if (operation.do === 'nack') consumer.redeliver([received]);
    if (operation.do === 'seek') {
      consumer.seek({ kind: 'position', position: received }, this.stage.nextId());
    }
  }

  #administer(what: string, index: number): void {
    const { broker } = this.stage;
    const reply: ReplyTo = {
      recipient: { label: 'admin', receive() {}, flush() {} },
      requestId: 0,
    };
    const topic = `topic:persistent://public/default/${topicOf(index)}`;
    if (what === 'terminate' || what === 'unload') broker.ref(topic).tell({ type: what, reply });
    if (what === 'delete') broker.ref(topic).tell({ type: what, reply, force: index > 3 });
    if (what === 'policy') {
      const change = { deduplication: index % 2 === 0 };
      broker.ref('namespace:public/default').tell({ type: 'change', reply, change });
    }
    if (what === 'own-policy') {
      const scope = index % 3 === 0 ? 'global' : 'local';
      const change = { deduplication: index % 4 === 0 ? undefined : index % 2 === 0 };
      const actor = `topic-policies:persistent://public/default/${topicOf(index)}`;
      broker.ref(actor).tell({ type: 'change', reply, scope, change });
    }
    const subscription = `subscription:${(index % 3) + 1}/s${index % 2}`;
    if (what === 'skip') broker.ref(subscription).tell({ type: 'skip', reply, count: index });
    if (what === 'reset') {
      const target = { kind: 'time', publishTimeMs: this.stage.clock.nowMs() - index * 1_000 };
      broker.ref(subscription).tell({ type: 'seek', key: undefined, reply, target });
    }
  }
}

function topicOf(index: number): string {
  return `t${index % 3}`;
}

/** What the events alone say that every actor is. */
function foldOf(
  records: readonly JournalRecord[],
  behaviours: readonly AnyBehaviour[],
): Map<string, unknown> {
  const states = new Map<string, { behaviour: AnyBehaviour; state: unknown }>();
  for (const { actor, ...event } of structuredClone(records).flatMap(({ events }) => events)) {
    const behaviour = behaviours.find(({ kind }) => kind === kindOf(actor))!;
    const { state } = states.get(actor) ?? { state: behaviour.initial(actor) };
    states.set(actor, { behaviour, state: behaviour.evolve(state, event) });
  }
  const existing = [...states].filter(([, { behaviour, state }]) => behaviour.exists(state));
  return new Map(
    existing.map(([actor, { behaviour, state }]) => [actor, behaviour.snapshot(state)] as const),
  );
}

describe('what actors are', () => {
  it('is the fold of their events, by whatever way they were recovered', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(operation, { minLength: 5, maxLength: 60, size: 'max' }),
        fc.constantFrom(0, 2 ** 20),
        async (story, cacheBytes) => {
          const options: StageOptions = {
            cacheBytes,
            segmentRecords: 1_000_000,
            limits: { checkpointIntervalMs: 2_000, actorIdleMs: 5_000 },
            policies: { deduplication: true },
            topic: { maxEntriesPerLedger: 5 },
          };
          const stage = await Stage.open(options);
          const run = new Run(stage);
          for (const each of story) await run.act(each);
          await stage.settle();
          await stage.close();
          const saved = [...stage.disk.snapshots].map(
            ([actor, { state }]) => [actor, state] as const,
          );
          const folded = foldOf(stage.disk.records, behavioursOf(options));
          expect(new Map(saved.sort())).toEqual(new Map([...folded].sort()));
        },
      ),
      runs(100),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccessMode } from '../../src/actors/topic/commands.ts';
import { Connection, type TestProducer } from '../actors/clients.ts';
import { Stage } from '../actors/harness.ts';
import { runs } from './runs.ts';

const MODES: readonly AccessMode[] = [
  'Shared',
  'Exclusive',
  'WaitForExclusive',
  'ExclusiveWithFencing',
];

const operation = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('open' as const),
      mode: fc.constantFrom(...MODES),
      name: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
      /** On one of two connections, by one of two ids: the same again replaces itself. */
      place: fc.nat(3),
      topicEpoch: fc.option(fc.nat(3), { nil: undefined }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('leave' as const), which: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('crash', 'unload') }) },
);

type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

class Run {
  readonly #stage: Stage;
  #connections = [new Connection('x'), new Connection('y')];
  #all: TestProducer[] = [];
  #epoch = -1;
  #opened = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async act(operation: Operation): Promise<void> {
    if (operation.do === 'open') await this.#open(operation);
    else if (operation.do === 'leave') {
      this.#all[operation.which % Math.max(1, this.#all.length)]?.drop();
    } else if (operation.do === 'crash') {
      this.#all = [];
      this.#connections = [new Connection('x'), new Connection('y')];
      await this.#stage.crash();
      await this.#stage.producer('t').then((producer) => producer.drop());
    } else {
      await this.#stage.request('topic:persistent://public/default/t', (reply) => ({
        type: 'unload',
        reply,
      }));
    }
    await this.#stage.settle();
    this.#check();
  }

  async #open(operation: Extract<Operation, { readonly do: 'open' }>): Promise<void> {
    const { mode, name, place, topicEpoch } = operation;
    const producer = await this.#stage.producer('t', {
      accessMode: mode,
      connection: this.#connections[place % 2]!,
      producerId: place >> 1,
      epoch: this.#opened++,
      ...(name === undefined ? {} : { name }),
      ...(topicEpoch === undefined ? {} : { topicEpoch }),
    });
    this.#all.push(producer);
    expect(producer.refusal !== undefined || producer.opened.length > 0).toBe(true);
  }

  /** What must hold whoever came and went. */
  #check(): void {
    const view = this.#stage.broker.topicView(this.#all[0]?.topic ?? TOPIC);
    if (view === undefined) return;
    const exclusive = view.producers.filter(({ accessMode }) => accessMode !== 'Shared');
    if (exclusive.length > 0) expect(view.producers).toHaveLength(1);
    const names = view.producers.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    // Nobody waits for a topic that is free.
    if (view.producers.length === 0) expect(view.waitingProducers).toBe(0);
    const epoch = view.topicEpoch ?? -1;
    expect(epoch).toBeGreaterThanOrEqual(this.#epoch);
    this.#epoch = epoch;
    if (exclusive.length > 0) expect(epoch).toBeGreaterThanOrEqual(0);
  }
}

const TOPIC = { full: 'persistent://public/default/t' } as TestProducer['topic'];

describe('access to a topic', () => {
  it('is with one exclusive producer or with shared ones, and never with nobody', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 40, size: 'max' }), async (story) => {
        const run = new Run(await Stage.open());
        for (const each of story) await run.act(each);
      }),
      runs(100),
    );
  });
});

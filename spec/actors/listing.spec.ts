/** Namespaces with very many topics: listed whole, and no turn of the broker looks at many. */
import { describe, expect, it } from 'vitest';
import { parseTopicName } from '../../src/base/topic-name.ts';
import type { OpenStorage } from '../../src/storage/storage.ts';
import { Stage } from './harness.ts';

/** What one turn may look at. */
const SLICE = 1_000;
const TOPICS = 3_500;

const nameOf = (i: number) => `persistent://public/default/t${String(i).padStart(5, '0')}`;
const names = Array.from({ length: TOPICS }, (_, i) => nameOf(i));

/** What was asked of the state store, and how many turns had passed by then. */
interface Page {
  readonly names: number;
  readonly turn: number;
}

class Counted {
  readonly pages: Page[] = [];
  turns = 0;

  readonly wrapStorage =
    (open: OpenStorage): OpenStorage =>
    async () => {
      const storage = await open();
      const { state } = storage;
      const list: typeof state.list = (...request) => {
        const page = state.list(...request);
        this.pages.push({ names: page.length, turn: this.turns });
        return page;
      };
      const proxy = new Proxy(state, {
        get: (target, name) => {
          if (name === 'list') return list;
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
      return {
        journal: storage.journal,
        entries: storage.entries,
        state: proxy,
        failed: storage.failed,
        scratch: storage.scratch,
        isShort: storage.isShort,
        stats: () => storage.stats(),
        close: () => storage.close(),
      };
    };

  watch(stage: Stage): void {
    const { clock } = stage;
    const soon = clock.soon.bind(clock);
    clock.soon = (task) => {
      this.turns += 1;
      soon(task);
    };
    this.pages.length = 0;
    this.turns = 0;
  }
}

/** A namespace with many topics; `maxIdleActors` says how many of their actors stay in memory. */
async function stageWithTopics(maxIdleActors: number) {
  const counted = new Counted();
  const { wrapStorage } = counted;
  const stage = await Stage.open({ wrapStorage, limits: { maxIdleActors } });
  // In an order that is not the one they are listed in.
  const mixed = names.map((_, i) => names[(i * 1_999) % TOPICS]!);
  const created = mixed.map((name) => stage.broker.createTopic(parseTopicName(name)));
  await stage.until(Promise.all(created));
  return { stage, counted };
}

describe('a namespace with very many topics', () => {
  it.each([
    ['in memory', 1_000_000],
    ['saved', 1],
    ['of which some are in memory', 2_000],
  ])('whose topics are %s is listed whole and sorted', async (_, maxIdleActors) => {
    const { stage } = await stageWithTopics(maxIdleActors);
    await stage.advance(20_000);
    expect(await stage.until(stage.broker.topicsOf('public/default'))).toEqual(names);
    expect(await stage.until(stage.broker.topicsOf('public/other'))).toEqual([]);
  });

  it.each([
    ['in memory', 1_000_000],
    ['saved', 1],
  ])('whose topics are %s is looked at in slices', async (kind, maxIdleActors) => {
    const { stage, counted } = await stageWithTopics(maxIdleActors);
    if (kind === 'saved') await stage.advance(20_000);
    counted.watch(stage);
    await stage.until(stage.broker.topicsOf('public/default'));
    expect(Math.max(...counted.pages.map((page) => page.names))).toBeLessThanOrEqual(SLICE);
    const turns = counted.pages.map((page) => page.turn);
    expect(new Set(turns).size).toBe(turns.length);
    expect(counted.turns).toBeGreaterThanOrEqual(Math.floor(TOPICS / SLICE));
  });

  it('is listed whole while its topics leave memory', async () => {
    const { stage } = await stageWithTopics(1);
    const listed = stage.broker.topicsOf('public/default');
    // Between the slices of the listing, the sweep takes hundreds of them out of memory.
    for (let i = 0; i < 4; i++) {
      await stage.step();
      stage.clock.step(stage.clock.nowMs() + 1_000);
    }
    expect([...stage.broker.loadedTopics()].length).toBeLessThan(TOPICS);
    expect(await stage.until(listed)).toEqual(names);
  });

  it('does not list what was deleted before', async () => {
    const { stage } = await stageWithTopics(1);
    await stage.advance(20_000);
    const deleted = [nameOf(7), nameOf(2_000), nameOf(3_499)];
    for (const name of deleted) {
      await stage.until(stage.broker.deleteTopic(parseTopicName(name), false));
    }
    const listed = await stage.until(stage.broker.topicsOf('public/default'));
    expect(listed).toEqual(names.filter((name) => !deleted.includes(name)));
  });

  it('tells of those in memory once each, and not of those that leave meanwhile', async () => {
    const { stage } = await stageWithTopics(1_000_000);
    const seen: string[] = [];
    for (const name of stage.broker.loadedTopics()) {
      seen.push(name);
      if (seen.length > 1) continue;
      const last = parseTopicName(names[(1_999 * (TOPICS - 1)) % TOPICS]!);
      await stage.until(stage.broker.deleteTopic(last, false));
      await stage.until(stage.broker.createTopic(parseTopicName(nameOf(99_999))));
    }
    expect(seen).toHaveLength(TOPICS - 1);
    expect(new Set(seen).size).toBe(seen.length);
  });
});

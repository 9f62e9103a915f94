/** How fast tenants make topics: as they like while they are alone, else at a rate. */
import { beforeEach, describe, expect, it } from 'vitest';
import { parseTopicName } from '../../src/base/topic-name.ts';
import { Stage } from './harness.ts';

const RATE = 100;
/** A tenth of a second's worth is free. */
const BURST = RATE / 10;
/** Turns that come together are up to so much late. */
const LATE_MS = 32;

const TENANT = { adminRoles: [], allowedClusters: ['standalone'] };
const POLICIES = { replicationClusters: ['standalone'], bundles: 4 };

/** Both have published. */
async function openShared(topicCreationsPerSecond = RATE): Promise<Stage> {
  const stage = await openWithTwo(topicCreationsPerSecond);
  for (const tenant of ['public/default', 'greedy/a']) {
    const producer = await stage.producer(`persistent://${tenant}/there`);
    producer.send('x');
    await stage.settle();
  }
  return stage;
}

async function openWithTwo(topicCreationsPerSecond = RATE): Promise<Stage> {
  const stage = await Stage.open({ topicCreationsPerSecond });
  await stage.until(stage.broker.putTenant('greedy', TENANT, 'create'));
  await stage.until(stage.broker.createNamespace('greedy/a', POLICIES));
  await stage.advance(11_000);
  return stage;
}

/** Asks for so many topics; tells how many may be made by now. */
function ask(stage: Stage, count: number, namespace = 'greedy/a') {
  const ready: number[] = [];
  for (let i = 0; i < count; i++) {
    const turn = stage.broker.ready(parseTopicName(`persistent://${namespace}/new-${i}`));
    if (turn === undefined) ready.push(i);
    else turn.then(() => ready.push(i));
  }
  return ready;
}

describe('a tenant that makes topics while others are served', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openShared();
  });

  it('makes so many at once, and then waits for its rate', async () => {
    const ready = ask(stage, 3 * RATE);
    expect(ready).toHaveLength(BURST);
    await stage.advance(1_000);
    expect(ready.length).toBeGreaterThanOrEqual(BURST + RATE * (1 - LATE_MS / 1_000));
    expect(ready.length).toBeLessThanOrEqual(BURST + RATE);
    await stage.advance(2_000);
    expect(ready).toEqual(Array.from({ length: 3 * RATE }, (_, i) => i));
  });

  it('keeps no other tenant waiting', () => {
    expect(ask(stage, 3 * RATE)).toHaveLength(BURST);
    expect(ask(stage, 1, 'public/default')).toEqual([0]);
  });

  it('uses topics that are there, and those of the system, without waiting', () => {
    ask(stage, 3 * RATE);
    for (const local of ['there', '__change_events']) {
      expect(stage.broker.ready(parseTopicName(`persistent://greedy/a/${local}`))).toBeUndefined();
    }
  });

  it('waits for each of its partitions', async () => {
    const name = parseTopicName('persistent://greedy/a/wide');
    ask(stage, BURST);
    let isMade = false;
    const made = stage.broker.createPartitionedTopic(name, 8).then(() => {
      isMade = true;
    });
    // It has a turn itself.
    await stage.advance((9 / RATE) * 1_000 - 1);
    expect(isMade).toBe(false);
    await stage.advance(2 * LATE_MS);
    await made;
    expect(await stage.until(stage.broker.topicsOf('greedy/a'))).toHaveLength(1 + 8);
  });
});

describe('no rate keeps topics from a tenant', () => {
  it('that is alone', async () => {
    const stage = await openWithTwo();
    const producer = await stage.producer('persistent://greedy/a/there');
    producer.send('x');
    await stage.settle();
    expect(ask(stage, 3 * RATE)).toHaveLength(3 * RATE);
  });

  it('where it is 0', async () => {
    const stage = await openShared(0);
    expect(ask(stage, 3 * RATE)).toHaveLength(3 * RATE);
  });
});

/** Checkpoints while actors come and go: whatever has left memory is found again afterwards. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TestProducer } from './clients.ts';
import { Stage } from './harness.ts';

/** Each checkpoint gives up the journal below it: what it did not save is gone for good. */
const GIVES_UP_JOURNAL = { segmentRecords: 1 };

/** A checkpoint and a passivation are tried at every tick; one batch is with the disk at a time. */
const OFTEN = { maxIdleActors: 1, checkpointIntervalMs: 500, maxInFlight: 1 };

async function openStage(): Promise<Stage> {
  return Stage.open({ ...GIVES_UP_JOURNAL, limits: OFTEN });
}

/** Topic `t` with messages and a subscription that has acknowledged the first, used by nobody. */
async function leaveTopic(stage: Stage): Promise<void> {
  const producer = await stage.producer('t');
  const consumer = await stage.consumer('keeps', { topic: 't' });
  producer.send('0');
  producer.send('1');
  await stage.settle();
  consumer.ack(consumer.received[0]!);
  await stage.settle();
  producer.drop();
  consumer.drop();
}

/** A batch is with the disk, and the next one waits for it: nothing becomes durable meanwhile. */
async function occupyDisk(stage: Stage): Promise<TestProducer> {
  const busy = await stage.producer('busy');
  stage.holdsSyncs = true;
  busy.send('a');
  await stage.settle();
  busy.send('b');
  await stage.settle();
  return busy;
}

const isLoaded = (stage: Stage, topic: string) =>
  [...stage.broker.loadedTopics()].includes(`persistent://public/default/${topic}`);

/** What a subscription that has kept nothing waiting gives from its beginning. */
async function backlog(stage: Stage, topic: string): Promise<string[]> {
  const consumer = await stage.consumer('keeps', { topic });
  const { values } = consumer;
  consumer.drop();
  await stage.settle();
  return values;
}

describe('a checkpoint that waits for the disk', () => {
  it('loses nothing of an actor that leaves memory meanwhile', async () => {
    const stage = await openStage();
    await leaveTopic(stage);
    await occupyDisk(stage);
    const { checkpointSequence } = stage.disk;
    await stage.advance(500);
    expect(isLoaded(stage, 't')).toBe(false);
    expect(stage.disk.checkpointSequence).toBe(checkpointSequence);
    stage.holdsSyncs = false;
    await stage.settle();
    expect(stage.disk.firstSequence).toBeGreaterThan(checkpointSequence + 1);
    await stage.crash();
    expect(await backlog(stage, 't')).toEqual(['1']);
  });

  it('does not take an actor back that left, came again, changed and left again', async () => {
    const stage = await openStage();
    await leaveTopic(stage);
    const busy = await occupyDisk(stage);
    await stage.advance(500);
    // The disk goes on, but the checkpoint waits: the busy topic always has something gathered.
    const again = await stage.producer('t');
    again.send('2');
    for (const value of 'cdef') {
      busy.send(value);
      await stage.sync(1);
    }
    expect(again.receipts).toHaveLength(1);
    again.drop();
    await stage.settle();
    await stage.advance(500);
    expect(isLoaded(stage, 't')).toBe(false);
    stage.holdsSyncs = false;
    await stage.settle();
    expect(await backlog(stage, 't')).toEqual(['1', '2']);
    await stage.crash();
    expect(await backlog(stage, 't')).toEqual(['1', '2']);
  });

  it('finds everything that was confirmed, whoever left while whichever write waited', async () => {
    const actions = fc.array(
      fc.oneof(
        { weight: 4, arbitrary: fc.record({ send: fc.constantFrom('x', 'y', 'z') }) },
        { weight: 3, arbitrary: fc.record({ sync: fc.integer({ min: 1, max: 3 }) }) },
        { weight: 3, arbitrary: fc.record({ advanceMs: fc.constantFrom(500, 1_000) }) },
        { weight: 1, arbitrary: fc.constant({ crash: true }) },
      ),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(actions, async (all) => {
        const stage = await openStage();
        const sent = new Map<string, TestProducer[]>();
        for (const topic of ['x', 'y', 'z']) {
          (await stage.consumer('keeps', { topic, permits: 0 })).drop();
          sent.set(topic, []);
        }
        await stage.settle();
        for (const action of all) {
          stage.holdsSyncs = true;
          if ('send' in action) {
            // One that sends and leaves at once: its topic is free to leave memory, too.
            const producer = await stage.producer(action.send);
            const of = sent.get(action.send)!;
            producer.send(String(of.length));
            of.push(producer);
            await stage.settle();
            producer.drop();
            await stage.settle();
          } else if ('sync' in action) await stage.sync(action.sync);
          else if ('advanceMs' in action) await stage.advance(action.advanceMs);
          else await crash(stage);
        }
        stage.holdsSyncs = false;
        await stage.settle();
        await stage.crash();
        for (const [topic, producers] of sent) {
          const confirmed = producers.flatMap(({ receipts }, i) =>
            receipts.length > 0 ? [String(i)] : [],
          );
          const found = await backlog(stage, topic);
          expect(found.filter((value) => confirmed.includes(value))).toEqual(confirmed);
          expect(new Set(found).size).toBe(found.length);
        }
      }),
      { numRuns: 60 },
    );
  });
});

async function crash(stage: Stage): Promise<void> {
  stage.holdsSyncs = false;
  await stage.crash();
}

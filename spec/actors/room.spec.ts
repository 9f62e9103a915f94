/** A disk that is short of room: no messages are taken, and what gives room back goes on. */
import { describe, expect, it } from 'vitest';
import { Stage } from './harness.ts';

const SECOND_MS = 1_000;

async function shortStage() {
  const stage = await Stage.open();
  const producer = await stage.producer();
  const consumer = await stage.consumer('s');
  producer.send('1', '2');
  await stage.settle();
  stage.disk.isShort = true;
  return { stage, producer, consumer };
}

describe('on a disk that is short of room', () => {
  it('a message is not stored, and its producer is let go', async () => {
    const { stage, producer, consumer } = await shortStage();
    stage.disk.isShort = false;
    const other = await stage.producer();
    stage.disk.isShort = true;
    producer.send('3');
    await stage.settle();
    expect([producer.isClosed, other.isClosed]).toEqual([true, true]);
    expect(producer.receipts).toHaveLength(2);
    expect(consumer.values).toEqual(['1', '2']);
  });

  it('nobody is let in to publish until there is room again', async () => {
    const { stage, consumer } = await shortStage();
    const { refusal } = await stage.producer();
    expect(refusal?.code).toBe('service-not-ready');
    expect(refusal?.message).toMatch(/disk of the broker is short of room/);
    stage.disk.isShort = false;
    const again = await stage.producer();
    again.send('3');
    await stage.settle();
    expect(consumer.values).toEqual(['1', '2', '3']);
  });

  it('messages that are not stored anyhow pass', async () => {
    const { stage } = await shortStage();
    const topic = 'non-persistent://public/default/t';
    const consumer = await stage.consumer('s', { topic });
    const producer = await stage.producer(topic);
    producer.send('1');
    await stage.settle();
    expect(consumer.values).toEqual(['1']);
  });

  it('what is stored is delivered, and given up once it is acknowledged', async () => {
    const { stage, consumer } = await shortStage();
    const stored = () => stage.disk.topics.usage(1).liveEntries;
    await stage.advance(10 * SECOND_MS);
    expect(stored()).toBe(2);
    for (const received of consumer.received) consumer.ack(received);
    await stage.advance(SECOND_MS);
    expect(stored()).toBe(0);
  });

  it('checkpoints come soon, since they give segments back', async () => {
    const { stage, consumer } = await shortStage();
    for (const received of consumer.received) consumer.ack(received);
    await stage.advance(4 * SECOND_MS);
    expect(stage.disk.checkpointSequence).toBe(stage.disk.lastSequence);
  });
});

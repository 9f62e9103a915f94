import { describe, expect, it } from 'vitest';
import { Compacting, T, textsOf } from './compacting.ts';
import type { StageOptions } from './harness.ts';

/** Two entries a ledger, so that what is compacted is trimmed. */
const small: StageOptions = { topic: { maxEntriesPerLedger: 2 } };

describe('a compaction', () => {
  it('keeps the last value of each key, in the order of publishing, and no tombstone', async () => {
    const t = await Compacting.open();
    await t.publish('a=1', 'b=1', 'a=2', 'plain', 'c=1', 'b=', 'd=9');
    const { status, removed, ledger } = await t.compact();
    expect({ status, removed, entries: ledger?.entries }).toEqual({
      status: 'SUCCESS',
      removed: 3,
      entries: 3,
    });
    expect(await t.read()).toEqual(['a=2', 'c=1', 'd=9']);
  });

  it('leaves the topic as it is for everybody else', async () => {
    const t = await Compacting.open();
    const all = ['a=1', 'b=1', 'a=2'];
    await t.publish(...all);
    await t.compact();
    expect(await t.read({ readCompacted: false })).toEqual(all);
  });

  it('shows what comes after it uncompacted, and goes on from the ledger before', async () => {
    const t = await Compacting.open();
    await t.publish('a=1', 'b=1');
    await t.compact();
    await t.publish('a=2', 'a=3');
    expect(await t.read()).toEqual(['a=1', 'b=1', 'a=2', 'a=3']);
    expect((await t.compact()).removed).toBe(2);
    expect(await t.read()).toEqual(['b=1', 'a=3']);
  });

  it('counts how long each entry took to be durable', async () => {
    const t = await Compacting.open();
    await t.publish('a=1', 'b=1');
    const { writeLatency } = await t.compact();
    // The clock of the stage stands still meanwhile.
    expect(writeLatency).toEqual([2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    await t.publish('a=2');
    expect((await t.compact()).writeLatency[0]).toBe(4);
  });

  it('keeps messages without key where it is told to', async () => {
    const t = await Compacting.open({ compaction: { retainNullKey: true } });
    await t.publish('one', 'a=1', 'two', 'a=2');
    await t.compact();
    expect(await t.read()).toEqual(['one', 'two', 'a=2']);
  });

  it('takes messages out of batches and leaves the indexes of the others', async () => {
    const t = await Compacting.open();
    await t.publish('a=1,b=1,a=2', 'c=1,d=1', 'c=2,d=2');
    await t.compact();
    expect(await t.read()).toEqual(['_,b=1,a=2', 'c=2,d=2']);
    await t.publish('b=2');
    await t.compact();
    expect(await t.read()).toEqual(['_,_,a=2', 'c=2,d=2', 'b=2']);
  });

  it('keeps all parts of a larger message, or none', async () => {
    const t = await Compacting.open();
    const part = (uuid: string, index: number) => ({
      key: 'a',
      value: `${uuid}${index}`,
      chunk: { uuid, index, count: 3 },
    });
    t.producer.send(part('x', 0), part('y', 0), part('x', 1), part('y', 1), part('x', 2));
    t.producer.send(part('y', 2), part('z', 0));
    await t.stage.settle();
    await t.compact();
    expect(await t.read()).toEqual(['a=y0', 'a=y1', 'a=y2', 'a=z0']);
  });

  it('of what holds nothing, or nothing new, succeeds at once', async () => {
    const t = await Compacting.open();
    expect(await t.compact()).toMatchObject({ status: 'SUCCESS', ledger: undefined });
    await t.publish('a=1');
    const { ledger } = await t.compact();
    expect((await t.compact()).ledger).toEqual(ledger);
  });

  it('is refused while one is under way', async () => {
    const t = await Compacting.open();
    await t.publish('a=1');
    t.stage.holdsReads = true;
    expect((await t.compact()).status).toBe('RUNNING');
    const answer = await t.stage.request(T, (reply) => ({ type: 'compact', reply }));
    expect(answer).toMatchObject({
      refusal: { code: 'conflict', message: 'Compaction already in progress' },
    });
  });

  it('that cannot go on leaves the ledger before it, and says why', async () => {
    const t = await Compacting.open({ compaction: { memoryBytes: 2_048 } });
    await t.publish('a=1');
    await t.compact();
    // More keys in one part of the table than memory holds.
    const keys = Array.from({ length: 5_000 }, (_, i) => `k${i}=1`);
    for (let i = 0; i < keys.length; i += 100) await t.publish(keys.slice(i, i + 100).join(','));
    const { status, error } = await t.compact();
    expect(status).toBe('ERROR');
    expect(error).toContain('velamqCompactionMemoryMB');
    expect((await t.read()).slice(0, 2)).toEqual(['a=1', keys.slice(0, 100).join(',')]);
    expect(t.stored()).toBe(1);
  });
});

describe('the compacted ledger', () => {
  it('outlives the originals, which its subscription lets go', async () => {
    const t = await Compacting.open(small);
    await t.publish('a=1', 'b=1', 'a=2', 'c=1');
    expect(t.view.ledgers.map(({ entries }) => entries)).toEqual([2, 2]);
    await t.compact();
    await t.publish('d=1');
    expect(t.view.ledgers.map(({ entries }) => entries)).toEqual([1]);
    expect(await t.read()).toEqual(['b=1', 'a=2', 'c=1', 'd=1']);
    expect(await t.read({ readCompacted: false })).toEqual(['d=1']);
    await t.compact();
    expect(await t.read()).toEqual(['b=1', 'a=2', 'c=1', 'd=1']);
  });

  it('takes the place of the one before, which gives its room back', async () => {
    const t = await Compacting.open();
    for (const value of ['a=1', 'a=2', 'a=3']) {
      await t.publish(value, `${value.replace('=', 'x')}=1`);
      await t.compact();
    }
    expect(t.stored()).toBe(4);
  });

  it('survives a crash and a restart, and so does where its readers were', async () => {
    const t = await Compacting.open(small);
    await t.publish('a=1', 'b=1', 'a=2', 'c=1');
    await t.compact();
    for (const end of ['crash', 'restart'] as const) {
      await t.stage[end]();
      expect(await t.read()).toEqual(['b=1', 'a=2', 'c=1']);
    }
    await t.again();
    await t.publish('d=1');
    expect(await t.read()).toEqual(['b=1', 'a=2', 'c=1', 'd=1']);
  });

  it('goes with its subscription, and with its topic', async () => {
    const t = await Compacting.open();
    await t.publish('a=1', 'a=2');
    await t.compact();
    await t.stage.request(T, (reply) => ({
      type: 'delete-subscription',
      reply,
      name: '__compaction',
      force: false,
    }));
    expect(t.view.compaction.ledger).toBeUndefined();
    expect(await t.read()).toEqual(['a=1', 'a=2']);
    await t.compact();
    expect(t.stored()).toBe(1);
    await t.stage.request(T, (reply) => ({ type: 'delete', reply, force: true }));
    expect(t.stored()).toBe(0);
  });

  it('goes on being read where the next one takes its place', async () => {
    const t = await Compacting.open(small);
    await t.publish('a=1', 'b=1', 'c=1', 'd=1', 'e=1');
    await t.compact();
    const reader = await t.reader({ permits: 2 });
    await t.publish('c=2', 'd=');
    await t.compact();
    reader.flow(100);
    await t.stage.settle();
    expect(textsOf(reader.received)).toEqual(['a=1', 'b=1', 'e=1', 'c=2']);
  });
});

describe('a reader of the compacted topic', () => {
  async function trimmed() {
    const t = await Compacting.open(small);
    await t.publish('a=1', 'b=1', 'a=2', 'c=1', 'b=2', 'd=1');
    const ids = t.producer.receipts.map(({ ledgerId, entryId }) => ({ ledgerId, entryId }));
    await t.compact();
    await t.publish('e=1');
    expect(t.view.ledgers).toHaveLength(1);
    return { t, ids };
  }

  it('starts at an id, trimmed or compacted away, or behind it', async () => {
    const { t, ids } = await trimmed();
    const from = (startPosition: (typeof ids)[number] | undefined) => t.read({ startPosition });
    expect(await from(ids[0])).toEqual(['a=2', 'c=1', 'b=2', 'd=1', 'e=1']);
    expect(await from(ids[3])).toEqual(['c=1', 'b=2', 'd=1', 'e=1']);
    expect(await from(ids[5])).toEqual(['d=1', 'e=1']);
    expect(await t.read({ startPosition: undefined, initialPosition: 'Latest' })).toEqual([]);
  });

  it('seeks to an id and to a time among what is trimmed', async () => {
    const { t, ids } = await trimmed();
    const seek = async (target: Parameters<typeof reader.seek>[0]) => {
      const name = `s${t.stage.nextId()}`;
      const options = { readCompacted: true, initialPosition: 'Latest' } as const;
      const first = await t.stage.consumer(name, options);
      first.seek(target, t.stage.nextId());
      await t.stage.settle();
      const again = await t.stage.consumer(name, options);
      return textsOf(again.received);
    };
    const reader = await t.reader();
    expect(await seek({ kind: 'position', position: ids[3]! })).toEqual([
      'c=1',
      'b=2',
      'd=1',
      'e=1',
    ]);
    expect(await seek({ kind: 'time', publishTimeMs: 1 })).toHaveLength(5);
  });

  it('is not sent again what it has acknowledged, though it is trimmed', async () => {
    const { t } = await trimmed();
    const options = { readCompacted: true };
    const one = await t.stage.consumer('s', options);
    one.ackUpTo(one.received[1]!);
    await t.stage.settle();
    one.ack(one.received[3]!);
    await t.stage.settle();
    one.drop();
    await t.stage.crash();
    const other = await t.stage.consumer('s', options);
    expect(textsOf(other.received)).toEqual(['b=2', 'e=1']);
  });

  it('is told the last message that is left, and its index', async () => {
    const t = await Compacting.open();
    const last = async (readCompacted: boolean) =>
      t.stage.request(T, (reply) => ({
        type: 'get-last-message-id',
        reply,
        subscription: undefined,
        readCompacted,
      }));
    await t.publish('a=1,b=1,c=1', 'c=');
    expect(await last(true)).toMatchObject({ last: { entryId: 1 } });
    await t.compact();
    expect(await last(true)).toMatchObject({ last: { entryId: 0 }, batchIndex: 1 });
    expect(await last(false)).toMatchObject({ last: { entryId: 1 } });
    await t.publish('a=', 'b=');
    await t.compact();
    expect(await last(true)).toMatchObject({ last: { ledgerId: -1, entryId: -1 } });
  });

  it('gets no more than its permits, and waits for what comes', async () => {
    const t = await Compacting.open({ topic: small.topic!, subscription: { maxReadEntries: 2 } });
    await t.publish(...Array.from({ length: 9 }, (_, i) => `k${i}=1`));
    await t.compact();
    const reader = await t.reader({ permits: 0 });
    for (let i = 0; i < 5; i++) {
      reader.flow(1);
      await t.stage.settle();
      expect(reader.received).toHaveLength(i + 1);
    }
    reader.flow(100);
    await t.publish('z=1');
    expect(textsOf(reader.received).at(-1)).toBe('z=1');
    expect(reader.received).toHaveLength(10);
  });

  it('is refused on shared subscriptions', async () => {
    const t = await Compacting.open();
    const consumer = await t.stage.consumer('s', { readCompacted: true, subType: 'Shared' });
    expect(consumer.refusal?.code).toBe('not-allowed');
  });
});

describe('a topic with a threshold', () => {
  const options: StageOptions = { ...small, policies: { compactionThresholdBytes: 500 } };

  it('keeps its entries until they are compacted, and is compacted by itself', async () => {
    const t = await Compacting.open(options);
    expect(t.view.subscriptions).toEqual(['__compaction']);
    await t.publish('a=1', 'b=1', 'a=2');
    await t.stage.advance(60_000);
    expect(t.view.compaction.status).toBe('NOT_RUN');
    await t.publish(...Array.from({ length: 20 }, (_, i) => `a=${i}`));
    await t.stage.advance(60_000);
    expect(t.view.compaction.status).toBe('SUCCESS');
    expect(await t.read()).toEqual(['b=1', 'a=19']);
  });

  it('is not woken while it is below', async () => {
    const t = await Compacting.open(options);
    await t.publish('a=1');
    t.producer.drop();
    await t.stage.advance(10 * 60_000);
    expect([...t.stage.broker.loadedTopics()]).toEqual([]);
  });
});

describe('a crash in the middle of a compaction', () => {
  it('leaves the ledger before it whole, and its own bytes go', async () => {
    const t = await Compacting.open({ ...small, cacheBytes: 0 });
    await t.publish('a=1', 'b=1');
    await t.compact();
    await t.publish('a=2', 'c=1');
    t.stage.holdsReads = true;
    await t.compact();
    t.stage.letRead();
    await t.stage.settle();
    t.stage.holdsReads = false;
    await t.stage.crash();
    expect(await t.read()).toEqual(['a=1', 'b=1', 'a=2', 'c=1']);
    expect(t.view.compaction.status).toBe('RUNNING');
    await t.stage.advance(60_000);
    expect(t.view.compaction.status).toBe('NOT_RUN');
    expect(t.stored()).toBe(2);
    expect((await t.compact()).status).toBe('SUCCESS');
    expect(await t.read()).toEqual(['b=1', 'a=2', 'c=1']);
  });
});

describe('a topic that contradicts itself while it is compacted', () => {
  it('is recovered, and the compaction ends without result', async () => {
    const t = await Compacting.open({ cacheBytes: 0, fragile: true, expectsErrors: true });
    await t.publish('a=1', 'a=2');
    t.stage.holdsReads = true;
    await t.compact();
    t.stage.broker.ref(T).tell({ type: 'poison' });
    t.stage.holdsReads = false;
    t.stage.letRead();
    await t.stage.advance(1_000);
    expect(t.view.compaction.status).not.toBe('RUNNING');
    expect((await t.compact()).status).toBe('SUCCESS');
    expect(await t.read()).toEqual(['a=2']);
  });
});

/** Transactions that begin without waiting for the disk, and what a crash makes of them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partsOf, type TxnId, txnId } from '../../src/actors/txn-id.ts';
import type { Stage } from './harness.ts';
import { begin, end, full, MINUTE_MS, openStage } from './transacting.ts';

/** With a coordinator that has begun one, so that it has promised numbers. */
async function openPromising(): Promise<Stage> {
  const stage = await openStage();
  await end(stage, await begin(stage), true);
  return stage;
}

/** Begins, while nothing becomes durable; undefined: it waits for that. */
async function beginNow(stage: Stage, timeoutMs = MINUTE_MS): Promise<TxnId | undefined> {
  let begun: TxnId | undefined;
  stage.broker.transactions.begin(0, timeoutMs).then(
    (txn) => {
      begun = txn;
    },
    // Its broker died.
    () => undefined,
  );
  await stage.settle();
  return begun;
}

/** After a crash that came between a beginning that was answered and the disk. */
async function crashed(): Promise<{ readonly stage: Stage; readonly adrift: TxnId }> {
  const stage = await openPromising();
  stage.holdsSyncs = true;
  const adrift = (await beginNow(stage))!;
  await stage.crash();
  stage.holdsSyncs = false;
  return { stage, adrift };
}

/** Asks for it, and does not wait for the disk. */
async function released(stage: Stage): Promise<void> {
  stage.broker.transactions.release().catch(() => undefined);
  await stage.settle();
}

/** Its answer waits for the disk. */
function commit(stage: Stage, txn: TxnId): void {
  stage.broker.transactions.end(txn, true).then(
    () => undefined,
    () => undefined,
  );
}

async function join(stage: Stage, txn: TxnId): Promise<void> {
  await stage.until(stage.broker.transactions.join(txn, [{ topic: full('t') }]));
}

describe('a transaction that begins', () => {
  it('waits for the disk the first time, then for as long as numbers are promised', async () => {
    const stage = await openStage({ coordinator: { maxTransactions: 1_000 } });
    stage.holdsSyncs = true;
    expect(await beginNow(stage)).toBeUndefined();
    stage.holdsSyncs = false;
    await stage.settle();
    stage.holdsSyncs = true;
    commit(stage, txnId(0, 0));
    let begun = 0;
    for (let txn = await beginNow(stage); txn !== undefined; txn = await beginNow(stage)) {
      begun++;
      commit(stage, txn);
    }
    expect(begun).toBe(127);
  });

  it('waits where another is open, so that the disk paces who opens many', async () => {
    const stage = await openPromising();
    stage.holdsSyncs = true;
    expect(await beginNow(stage)).toBeDefined();
    expect(await beginNow(stage)).toBeUndefined();
  });

  it('waits where it may stay open for another time than the last one', async () => {
    const stage = await openPromising();
    stage.holdsSyncs = true;
    expect(await beginNow(stage, 5_000)).toBeUndefined();
    commit(stage, txnId(0, 1));
    expect(await beginNow(stage, 5_000)).toBeUndefined();
    commit(stage, txnId(0, 2));
    stage.holdsSyncs = false;
    await stage.settle();
    stage.holdsSyncs = true;
    expect(await beginNow(stage, 5_000)).toBeDefined();
  });

  it('is open after a crash that came before it was on disk', async () => {
    const { stage, adrift: txn } = await crashed();
    const other = await begin(stage);
    expect(other).not.toBe(txn);
    await join(stage, txn);
    const consumer = await stage.consumer('s');
    const producer = await stage.producer();
    producer.sendIn(txn, 'a');
    await stage.settle();
    await end(stage, txn, true);
    expect(consumer.values).toEqual(['a']);
    await expect(end(stage, txn, true)).rejects.toMatchObject({ code: 'transaction-not-found' });
  });

  it('is said to be open after such a crash, until somebody ends it', async () => {
    const { stage, adrift: txn } = await crashed();
    const { sequence } = partsOf(txn);
    const leftMs = () => stage.broker.transactions.view(0).adriftTimeoutMs(sequence);
    expect(leftMs()).toBe(MINUTE_MS);
    await begin(stage);
    expect(leftMs()).toBe(MINUTE_MS);
    await end(stage, txn, false);
    expect(leftMs()).toBeUndefined();
  });

  it('may end after such a crash though nothing was done in it', async () => {
    const { stage, adrift: txn } = await crashed();
    await end(stage, txn, false);
    await expect(end(stage, txn, false)).rejects.toMatchObject({ code: 'transaction-not-found' });
  });

  it('is over when its time is, whether anybody has come back to it or not', async () => {
    const { stage, adrift: idle } = await crashed();
    const used = txnId(0, partsOf(idle).sequence + 1);
    await join(stage, used);
    await stage.crash();
    await stage.advance(MINUTE_MS + 1_000);
    for (const txn of [idle, used]) {
      await expect(end(stage, txn, true)).rejects.toMatchObject({ code: 'transaction-not-found' });
    }
  });
});

describe('the numbers after an orderly end', () => {
  it('go on where they were, and none of them is said to be open', async () => {
    const stage = await openPromising();
    await stage.until(stage.broker.transactions.release());
    await stage.crash();
    expect(stage.broker.transactions.view(0).adriftTimeoutMs(1)).toBeUndefined();
    expect(await begin(stage)).toBe(txnId(0, 1));
  });

  it('wait for the disk while the broker still works', async () => {
    const stage = await openPromising();
    await stage.until(stage.broker.transactions.release());
    stage.holdsSyncs = true;
    expect(await beginNow(stage)).toBeUndefined();
    stage.holdsSyncs = false;
    await stage.settle();
    stage.holdsSyncs = true;
    commit(stage, txnId(0, 1));
    expect(await beginNow(stage)).toBeUndefined();
  });
});

type Act = 'begin' | 'begin-other' | 'sync' | 'crash' | 'idle' | 'end' | 'release' | 'stop';

describe('numbers of transactions', () => {
  it('are given once, and who was given one can use it, over any crashes', async () => {
    const act = fc.constantFrom<Act>(
      'begin',
      'begin',
      'begin-other',
      'sync',
      'crash',
      'idle',
      'end',
      'release',
      'stop',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 40 }), async (acts) => {
        const stage = await openStage();
        const open = new Set<TxnId>();
        const given = new Set<TxnId>();
        const take = (txn: TxnId | undefined) => {
          if (txn === undefined) return;
          expect(given.has(txn)).toBe(false);
          given.add(txn);
          open.add(txn);
        };
        const durably = async (task: () => Promise<unknown>) => {
          stage.holdsSyncs = false;
          await task();
          stage.holdsSyncs = true;
        };
        await durably(() => stage.settle());
        for (const each of acts) {
          const [oldest] = open;
          if (each === 'begin') take(await beginNow(stage));
          else if (each === 'begin-other') take(await beginNow(stage, 2 * MINUTE_MS));
          else if (each === 'sync') await durably(() => stage.settle());
          else if (each === 'idle') await durably(() => stage.advance(2_000));
          else if (each === 'release') await released(stage);
          else if (each === 'stop') await durably(() => released(stage).then(() => stage.crash()));
          else if (each === 'crash') {
            await stage.crash();
          } else if (oldest !== undefined) {
            open.delete(oldest);
            await durably(() => end(stage, oldest, true));
          }
        }
        stage.holdsSyncs = false;
        for (const txn of open) await end(stage, txn, true);
      }),
      { numRuns: 150 },
    );
  });
});

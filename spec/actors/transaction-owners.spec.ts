/** A transaction that has an owner is that role's alone, also after a crash. */
import { expect, it } from 'vitest';
import type { BrokerError } from '../../src/base/errors.ts';
import { full, MINUTE_MS, openStage } from './transacting.ts';

async function story() {
  const stage = await openStage();
  const topic = [{ topic: full('t') }];
  const said = (promise: Promise<unknown>) =>
    stage.until(
      promise.then(
        () => 'ok',
        ({ code, message }: BrokerError) => `${code}: ${message}`,
      ),
    );
  const begin = (owner?: string) =>
    stage.until(stage.broker.transactions.begin(0, MINUTE_MS, owner));
  const join = (txn: string, by?: string) => said(stage.broker.transactions.join(txn, topic, by));
  const end = (txn: string, by?: string) => said(stage.broker.transactions.end(txn, true, by));
  return { stage, begin, join, end };
}

const refusal = (role: string, txn: string) =>
  `transaction-not-found: Client (${role}) is neither the owner of the transaction ${txn} nor a ` +
  'super user';

it('is joined and ended by its owner, and by who need not be it', async () => {
  const { begin, join, end } = await story();
  const [first, second] = [await begin('a'), await begin('a')];
  expect(await join(first, 'b')).toBe(refusal('b', first));
  expect(await end(first, 'b')).toBe(refusal('b', first));
  expect(await join(first, 'a')).toBe('ok');
  expect(await end(first, 'a')).toBe('ok');
  expect(await end(second)).toBe('ok');
});

it('belongs to nobody where nobody said whose it is', async () => {
  const { begin, join, end } = await story();
  const txn = await begin();
  expect(await join(txn, 'a')).toBe('ok');
  expect(await end(txn, 'b')).toBe('ok');
});

it.each(['crash', 'restart'] as const)('stays its owner’s after a %s', async (how) => {
  const { stage, begin, join } = await story();
  const txn = await begin('a');
  expect(await join(txn, 'a')).toBe('ok');
  await stage[how]();
  expect(await join(txn, 'b')).toBe(refusal('b', txn));
  expect(await join(txn, 'a')).toBe('ok');
});

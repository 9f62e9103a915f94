/** Long bodies of requests come in a piece in each turn of the event loop, whoever sends them. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import { type BrokerConfig, configWith } from '../../../src/base/options.ts';
import { startAdmin } from '../../../src/transport/admin/server.ts';
import { silentRates } from '../../../src/transport/metrics/rates.ts';
import { FakeBroker } from './fake-broker.ts';
import { counts } from './rest.ts';

/** What a socket gives at once. */
const PIECE_BYTES = 64 * 1024;
const LONG = JSON.stringify({ allowedClusters: ['standalone'], other: 'x'.repeat(400 * 1024) });

/** A server whose event loop, as its clock has it, turns when it is told to. */
function startTurning() {
  const turns: (() => void)[] = [];
  const clock = { ...systemClock, soon: (task: () => void) => void turns.push(task) };
  return startRest(clock).then((put) => ({ turns, put }));
}

async function startRest(clock: Clock, values: Partial<BrokerConfig> = {}) {
  const admin = await startAdmin({
    broker: new FakeBroker(),
    options: configWith(values),
    clock,
    log: silentLog,
    rates: silentRates,
    ...counts,
    brokerPorts: { pulsar: 1 },
    host: '127.0.0.1',
    port: 0,
  });
  onTestFinished(() => admin.close());
  const url = `http://127.0.0.1:${admin.addresses.http?.port ?? 0}/admin/v2/tenants/`;
  return async (tenant: string, body: string) =>
    (await fetch(`${url}${tenant}`, { method: 'PUT', body })).status;
}

describe('bodies of requests', () => {
  it('that are long come in by turns, one piece of all of them in each', async () => {
    const { turns, put } = await startTurning();
    const answers: number[] = [];
    for (const tenant of ['a', 'b']) put(tenant, LONG).then((status) => answers.push(status));
    let taken = 0;
    while (answers.length < 2) {
      await vi.waitUntil(() => turns.length > 0 || answers.length === 2, { interval: 1 });
      expect(turns.length).toBeLessThanOrEqual(1);
      turns.shift()?.();
      taken += 1;
    }
    expect(answers).toEqual([204, 204]);
    // Two may come at once: what was read when it was told to pause is handed on as well.
    expect(taken).toBeGreaterThanOrEqual((2 * LONG.length) / (2 * PIECE_BYTES));
  });

  it('that are short wait for no turn', async () => {
    const { turns, put } = await startTurning();
    expect(await put('a', JSON.stringify({ allowedClusters: ['standalone'] }))).toBe(204);
    expect(turns).toEqual([]);
  });

  it('of a host come in at its rate, however many connections they come by', async () => {
    let nowMs = 0;
    const clock: Clock = {
      ...systemClock,
      monotonicMs: () => nowMs,
      after: (ms, task) => {
        nowMs += ms;
        return systemClock.after(0, task);
      },
    };
    const put = await startRest(clock, { velamqHttpBodyMBPerSecond: 1 });
    const tenants = ['a', 'b', 'c', 'd'];
    const answers = await Promise.all(tenants.map((tenant) => put(tenant, LONG)));
    expect(answers).toEqual([204, 204, 204, 204]);
    // A tenth of a second's worth is free at first, and the last pieces are not waited for.
    const waitedFor = tenants.length * (LONG.length - 2 * PIECE_BYTES) - 2 ** 20 / 10;
    expect(nowMs).toBeGreaterThanOrEqual((waitedFor / 2 ** 20) * 1_000);
  });
});

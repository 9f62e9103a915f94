/** Long bodies come in a piece in each turn of the event loop; they and long answers at a rate. */
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
/** A tenth of a second's worth at 1 MiB a second: free at first. */
const BURST_BYTES = 2 ** 20 / 10;
const LONG = JSON.stringify({ allowedClusters: ['standalone'], other: 'x'.repeat(400 * 1024) });

/** A server whose event loop, as its clock has it, turns when it is told to. */
function startTurning() {
  const turns: (() => void)[] = [];
  const clock = { ...systemClock, soon: (task: () => void) => void turns.push(task) };
  return startRest(clock).then(({ put }) => ({ turns, put }));
}

/** One whose time passes where somebody waits for it, and only there. */
function waitingClock() {
  const waited = { ms: 0 };
  const clock: Clock = {
    ...systemClock,
    monotonicMs: () => waited.ms,
    after: (ms, task) => {
      waited.ms += ms;
      return systemClock.after(0, task);
    },
  };
  return { waited, clock };
}

async function startRest(clock: Clock, values: Partial<BrokerConfig> = {}) {
  const broker = new FakeBroker();
  const admin = await startAdmin({
    broker,
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
  const url = `http://127.0.0.1:${admin.addresses.http?.port ?? 0}/admin/v2/`;
  return {
    broker,
    put: async (tenant: string, body: string) =>
      (await fetch(`${url}tenants/${tenant}`, { method: 'PUT', body })).status,
    list: async (namespace: string) => (await fetch(`${url}persistent/${namespace}`)).text(),
  };
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
    const { waited, clock } = waitingClock();
    const { put } = await startRest(clock, { velamqHttpMBPerSecond: 1 });
    const tenants = ['a', 'b', 'c', 'd'];
    const answers = await Promise.all(tenants.map((tenant) => put(tenant, LONG)));
    expect(answers).toEqual([204, 204, 204, 204]);
    // The last pieces are not waited for.
    const bytes = tenants.length * (LONG.length - 2 * PIECE_BYTES) - BURST_BYTES;
    expect(waited.ms).toBeGreaterThanOrEqual((bytes / 2 ** 20) * 1_000);
  });
});

describe('long answers', () => {
  it('to a host go out at its rate, however many connections ask', async () => {
    const { waited, clock } = waitingClock();
    const { broker, list } = await startRest(clock, { velamqHttpMBPerSecond: 1 });
    const names = Array.from({ length: 10_000 }, (_, i) => `persistent://public/default/t${i}`);
    for (const name of names) broker.add(name);
    const answers = await Promise.all([1, 2, 3].map(() => list('public/default')));
    for (const answer of answers) expect(JSON.parse(answer)).toHaveLength(names.length);
    // Nobody waits for the end of a list.
    const written = answers.length * (JSON.stringify(names).length * 0.9) - BURST_BYTES;
    expect(waited.ms).toBeGreaterThanOrEqual((written / 2 ** 20) * 1_000);
  });

  it('go out as fast as they are read where there is no rate', async () => {
    const { waited, clock } = waitingClock();
    const { broker, list } = await startRest(clock, { velamqHttpMBPerSecond: 0 });
    for (let i = 0; i < 10_000; i++) broker.add(`persistent://public/default/t${i}`);
    expect(JSON.parse(await list('public/default'))).toHaveLength(10_000);
    expect(waited.ms).toBe(0);
  });
});

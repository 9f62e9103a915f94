/** Backups of a running broker, from the command line, and what starts on them. */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runBackup, runRestore } from '../../src/cli/backup-command.ts';
import { startVelaMQ, type VelaMQ } from '../../src/embedded.ts';
import { runCommand } from './terminal.ts';

let folder: string;
const brokers: VelaMQ[] = [];
const at = (...names: string[]) => join(folder, ...names);
const backup = (...argv: string[]) => runCommand(runBackup, argv, { HOME: folder });
const restore = (...argv: string[]) => runCommand(runRestore, argv, { HOME: folder });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'velamq-backup-'));
});
afterEach(async () => {
  for (const broker of brokers.splice(0)) await broker.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(dataDir: string): Promise<VelaMQ> {
  const broker = await startVelaMQ({ dataDir });
  brokers.push(broker);
  return broker;
}

async function createTenant(broker: VelaMQ, name: string): Promise<void> {
  const { status } = await fetch(`${broker.webServiceUrl}/admin/v2/tenants/${name}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ adminRoles: [], allowedClusters: ['standalone'] }),
  });
  expect(status).toBe(204);
}

const tenantsOf = async (broker: VelaMQ) =>
  (await fetch(`${broker.webServiceUrl}/admin/v2/tenants`)).json();

describe('velamq backup', () => {
  it('copies a broker that goes on, and another one starts on what it was', async () => {
    const broker = await start(at('data'));
    await createTenant(broker, 'early');
    const done = await backup(at('backup'), '--url', broker.webServiceUrl, '--json');
    expect(done).toMatchObject({ code: 0, err: '' });
    const { position, since } = JSON.parse(done.out);
    await createTenant(broker, 'late');
    // A backup leaves nothing in the folder that it copied.
    expect(await readdir(at('data', 'journal'))).not.toContain('backup.new');

    expect(await restore(at('backup'), '--data', at('second'))).toMatchObject({ code: 0 });
    const second = await start(at('second'));
    expect(await tenantsOf(second)).toEqual(['early', 'public', 'pulsar']);
    expect(await tenantsOf(broker)).toEqual(['early', 'late', 'public', 'pulsar']);

    expect(since).toBe(0);
    const earlier = ['--data', at('third'), '--position', String(position - 1)];
    expect(await restore(at('backup'), ...earlier)).toMatchObject({ code: 0 });
    const third = await start(at('third'));
    expect(await tenantsOf(third)).toEqual(['public', 'pulsar']);
  });

  it('copies a folder that no broker uses, and says so where one does', async () => {
    const broker = await start(at('data'));
    await createTenant(broker, 'mine');
    const refused = await backup(at('backup'), '--data', at('data'));
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('in use');
    await broker.close();
    expect(await backup(at('backup'), '--data', at('data'))).toMatchObject({ code: 0 });
    await restore(at('backup'), '--data', at('second'));
    expect(await tenantsOf(await start(at('second')))).toContain('mine');
  });

  it('leaves nothing where no broker answers', async () => {
    const refused = await backup(at('backup'), '--url', 'http://127.0.0.1:1');
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/^velamq: http:\/\/127.0.0.1:1 does not answer: .*\n$/);
    expect(existsSync(at('backup'))).toBe(false);
  });

  it('ends with what it holds when its reader leaves', async () => {
    const broker = await start(at('data'));
    const url = `${broker.webServiceUrl}/admin/v2/velamq/backup`;
    const leaving = new AbortController();
    const response = await fetch(url, { signal: leaving.signal });
    expect(response.headers.get('content-type')).toBe('application/x-tar');
    leaving.abort();
    await expect.poll(async () => (await fetch(url, { method: 'GET' })).status).toBe(200);
  });

  it('is not restored over anything', async () => {
    const broker = await start(at('data'));
    await backup(at('backup'), '--url', broker.webServiceUrl);
    const refused = await restore(at('backup'), '--data', at('data'));
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('is not empty');
  });
});

/** Brokers by name, in a file of the user's own. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runContext } from '../../src/cli/context-command.ts';
import { chooseContext, contextsFile } from '../../src/cli/contexts.ts';
import { runCommand } from './terminal.ts';

let folder: string;
let env: Record<string, string>;
const context = (...argv: string[]) => runCommand(runContext, argv, env);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'velamq-contexts-'));
  env = { HOME: folder };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('velamq context', () => {
  it('keeps brokers by name, the first one in use', async () => {
    await context('set', 'here', '--url', 'http://localhost:8080');
    await context('set', 'there', '--url', 'https://there:8443', '--token', 'sesame');
    expect((await context('list')).out).toBe(
      '* here  http://localhost:8080  none\n  there  https://there:8443  token\n',
    );
    await context('use', 'there');
    expect(chooseContext(env)).toEqual({ url: 'https://there:8443', token: 'sesame' });
    expect(chooseContext({ ...env, VELAMQ_CONTEXT: 'here' }).url).toBe('http://localhost:8080');
    await context('remove', 'there');
    expect(chooseContext(env).url).toBe('http://localhost:8080');
  });

  it('changes what is given and keeps the rest', async () => {
    await context('set', 'b', '--url', 'https://b:8443', '--token', 'one');
    await context('set', 'b', '--token', 'two', '--insecure');
    expect(chooseContext(env)).toEqual({ url: 'https://b:8443', token: 'two', insecure: true });
  });

  it('lets nobody else read the file, whatever could be read before', async () => {
    await context('set', 'b', '--url', 'https://b:8443', '--token', 'sesame');
    const file = contextsFile(env);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    writeFileSync(`${file}.new`, '', { mode: 0o644 });
    await context('set', 'c', '--url', 'https://c:8443');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toContain('sesame');
  });

  it('never shows a secret', async () => {
    await context('set', 'b', '--url', 'https://b:8443', '--basic', 'me:sesame');
    expect((await context('list', '--json')).out).toBe(
      '[{"name":"b","current":true,"url":"https://b:8443","login":"basic"}]\n',
    );
  });

  it.each([
    [['use', 'nobody'], 'There is no context nobody'],
    [['remove', 'constructor'], 'There is no context constructor'],
    [['set', 'b'], '--url is needed'],
    [['set', 'b', '--url', 'no url'], '--url is needed'],
  ])('refuses %j', async (argv, reason) => {
    const said = await context(...argv);
    expect(said.code).toBe(1);
    expect(said.err).toContain(reason);
  });

  it('says which file it cannot understand', async () => {
    await context('set', 'b', '--url', 'https://b:8443');
    writeFileSync(contextsFile(env), 'mine');
    const said = await context('list');
    expect(said.code).toBe(1);
    expect(said.err).toContain(contextsFile(env));
  });
});

/** Completion scripts, run by the shells where they are installed. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { completion } from '../../src/cli/completion-command.ts';
import { runCommand } from './terminal.ts';

const scriptOf = async (shell: string) =>
  (await runCommand(completion(['standalone', 'admin', 'completion']), [shell], {})).out;

/** What bash offers behind these words, of which the last is being typed. */
async function offers(...words: string[]): Promise<string[]> {
  const line = words.map((word) => `'${word}'`).join(' ');
  const typed = `COMP_WORDS=(velamq ${line}); COMP_CWORD=${words.length}; _velamq`;
  const script = `${await scriptOf('bash')}${typed}; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, status, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  return stdout.trim().split('\n');
}

describe('velamq completion', () => {
  it('offers commands, nouns, verbs and flags', async () => {
    expect(await offers('st')).toEqual(['standalone']);
    expect(await offers('admin', 'tena')).toEqual(['tenants']);
    expect(await offers('admin', 'tenants', 'c')).toEqual(['create']);
    expect(await offers('admin', 'tenants', 'create', '--a')).toEqual([
      '--admin-roles',
      '--allowed-clusters',
    ]);
    expect(await offers('admin', 'tenants', 'create', 'mine', '--he')).toEqual(['--help']);
    expect(await offers('completion', 'f')).toEqual(['fish']);
  });

  it('is a script for every shell that is named', async () => {
    expect(await scriptOf('zsh')).toMatch(/^#compdef velamq\n/);
    expect(await scriptOf('fish')).toContain(`__velamq_at "admin tenants" 2' -a 'list get create`);
    const refused = await runCommand(completion([]), ['csh'], {});
    expect(refused).toMatchObject({ code: 1, err: 'Usage: velamq completion bash|zsh|fish\n' });
  });
});

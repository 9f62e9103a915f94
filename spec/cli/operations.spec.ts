/** The unit, the image and the guide name nothing that is not there. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configWith, schema } from '../../src/base/options.ts';
import { runAdmin } from '../../src/cli/admin-command.ts';
import { runBackup, runRestore } from '../../src/cli/backup-command.ts';
import type { RunCommand } from '../../src/cli/command.ts';
import { runContext } from '../../src/cli/context-command.ts';
import { runDoctor } from '../../src/cli/doctor-command.ts';
import { runStandalone } from '../../src/cli/standalone-command.ts';
import { startVelaMQ } from '../../src/embedded.ts';
import { runCommand } from './terminal.ts';

const textOf = (path: string) => readFileSync(path, 'utf8');
const defaults = configWith();

const COMMANDS: Readonly<Record<string, RunCommand>> = {
  admin: runAdmin,
  backup: runBackup,
  context: runContext,
  doctor: runDoctor,
  restore: runRestore,
  standalone: runStandalone,
};

/** The help behind the first words of a command line, up to its first flag or value. */
async function helpOf([command = '', ...words]: readonly string[]): Promise<string> {
  const run = COMMANDS[command];
  if (run === undefined) return '';
  const own = command === 'admin' || command === 'context' ? words.filter(isWord) : [];
  const depth = command === 'admin' ? 2 : 1;
  const [sub, root] = await Promise.all([
    runCommand(run, [...own.slice(0, depth), '--help'], {}),
    runCommand(run, ['--help'], {}),
  ]);
  return sub.out + root.out;
}

const isWord = (word: string) => /^[a-z][a-z-]*$/.test(word);

/** Flags of a command line that its help does not know. */
async function unknownFlags(words: readonly string[]): Promise<string[]> {
  const help = await helpOf(words);
  if (help === '') return [`there is no ${words[0]}`];
  const flags = words.filter((word) => word.startsWith('-')).map((flag) => flag.split('=')[0]!);
  return flags.filter((flag) => !new RegExp(`(^|[\\s[,])${flag}\\b`, 'm').test(help));
}

describe('the systemd unit', () => {
  const lines = textOf('deploy/velamq.service').split('\n');
  const setting = (key: string) =>
    lines.find((line) => line.startsWith(`${key}=`))?.slice(key.length + 1) ?? '';

  it('starts the command with flags that there are, as a user of its own', async () => {
    const [node, program, ...words] = setting('ExecStart').split(' ');
    expect(node).toBe('/usr/bin/node');
    expect(existsSync(program!.replace('/opt/velamq/', ''))).toBe(true);
    expect(await unknownFlags(words)).toEqual([]);
    expect(words.at(-1)).toBe(`/var/lib/${setting('StateDirectory')}`);
    expect(setting('User')).not.toMatch(/^(root)?$/);
  });

  it('waits longer than the broker takes to end', () => {
    expect(Number(setting('TimeoutStopSec')) * 1_000).toBeGreaterThan(
      defaults.brokerShutdownTimeoutMs,
    );
  });
});

describe('the image', () => {
  const steps = textOf('Dockerfile')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const of = (name: string) =>
    steps.filter((step) => step.startsWith(`${name} `)).map((step) => step.slice(name.length + 1));

  it('is built in one stage, and holds only what runs in another', () => {
    expect(of('FROM')).toHaveLength(2);
    const last = steps.findLastIndex((step) => step.startsWith('FROM '));
    expect(steps.slice(last).some((step) => /npm (ci|install)/.test(step))).toBe(false);
    const { engines } = JSON.parse(textOf('package.json')) as { engines: { node: string } };
    for (const from of of('FROM')) {
      expect(Number(/^node:(\d+)/.exec(from)?.[1])).toBeGreaterThanOrEqual(
        Number(/\d+/.exec(engines.node)?.[0]),
      );
    }
  });

  it('copies what is there and is not ignored', () => {
    const allowed = textOf('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const sources = of('COPY')
      .filter((copy) => !copy.startsWith('--from='))
      .flatMap((copy) => copy.split(' ').slice(0, -1));
    expect(sources.length).toBeGreaterThan(5);
    expect(sources.filter((source) => !existsSync(source))).toEqual([]);
    expect([...new Set(sources)].sort()).toEqual([...allowed].sort());
  });

  it('runs as nobody special, with flags that there are, on the ports that it opens', async () => {
    expect(of('USER')).toEqual(['node']);
    const [entry = []] = of('ENTRYPOINT').map((list) => JSON.parse(list) as string[]);
    expect(existsSync(entry[1]!)).toBe(true);
    const [words = []] = of('CMD').map((list) => JSON.parse(list) as string[]);
    expect(await unknownFlags(words)).toEqual([]);
    expect(words.at(-1)).toBe(of('VOLUME')[0]);
    expect(of('EXPOSE')[0]?.split(' ').map(Number)).toEqual([
      defaults.brokerServicePort,
      defaults.webServicePort,
    ]);
  });

  it('asks for its health where the broker answers', async () => {
    const [check = ''] = of('HEALTHCHECK');
    const [, port, path] = /http:\/\/127\.0\.0\.1:(\d+)(\/[\w.]+)/.exec(check) ?? [];
    expect(Number(port)).toBe(defaults.webServicePort);
    const broker = await startVelaMQ();
    expect((await fetch(`${broker.webServiceUrl}${path}`)).status).toBe(200);
    await broker.close();
  });
});

describe('docs/operations.md', () => {
  const text = textOf('docs/operations.md');

  it('gives only commands that there are', async () => {
    const lines = text
      .replace(/\\\n\s*/g, '')
      .split('\n')
      .filter((line) => /^ {4}(velamq|node bin\/velamq\.js) /.test(line));
    expect(lines.length).toBeGreaterThan(8);
    for (const line of lines) {
      const words = line
        .trim()
        .replace(/\s+#.*/, '')
        .split(' ');
      const command = words.slice(words[0] === 'node' ? 2 : 1);
      expect([line, await unknownFlags(command)]).toEqual([line, []]);
    }
  });

  it('names only options that there are, with the defaults that they have', () => {
    const rows = text.matchAll(/^\| ((?:`\w+`(?:, )?)+) \| ([^|]*) \|/gm);
    const keys = [...rows].flatMap(([, names = '']) => [...names.matchAll(/`(\w+)`/g)]);
    const named = keys.map(([, key]) => key!).filter((key) => /[a-z][A-Z]/.test(key));
    expect(named.length).toBeGreaterThan(12);
    expect(named.filter((key) => !(key in schema))).toEqual([]);
    for (const [, key, shown] of text.matchAll(/^\| `(\w+)` \| ([\d,]+) \|/gm)) {
      expect([key, Number(shown!.replaceAll(',', ''))]).toEqual([
        key,
        (defaults as unknown as Record<string, unknown>)[key!],
      ]);
    }
  });

  it('links only to files that there are', () => {
    const links = [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, target]) => target!);
    expect(links.filter((target) => !existsSync(join(dirname('docs/x'), target)))).toEqual([]);
  });
});

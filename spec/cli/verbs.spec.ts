/**
 * `velamq admin` has what pulsar-admin has: `spec/data/cli/verbs.txt` lists the nouns, verbs and
 * flags of Pulsar's tool.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findNoun, type Noun, verbsOf } from '../../src/cli/admin/nouns.ts';
import type { Verb } from '../../src/cli/admin/table.ts';
import { runAdmin } from '../../src/cli/admin-command.ts';
import { startVelaMQ } from '../../src/embedded.ts';
import { runCommand } from './terminal.ts';

const lines = readFileSync('spec/data/cli/verbs.txt', 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

/** Where the verb of a noun that Pulsar hides (`persistent`) is here that of the visible one. */
const OTHERWISE: Readonly<Record<string, string>> = {
  'topics expire-messages -t,--expireTime=!': 'the visible one takes a position in its place',
};

/** What of a line we lack. */
async function lackedOf(noun: Noun, line: string): Promise<string[]> {
  const [names = '', ...flags] = line.trim().split(' ');
  const [name = '', ...aliases] = names.split('|');
  const verb = (await verbsOf(noun)).find(
    (each) => each.name === name || each.aliases.includes(name),
  );
  if (verb === undefined) return [`${noun.name} ${name}`];
  const missing = aliases.filter((alias) => !verb.aliases.includes(alias));
  return [...missing, ...flags.filter((flag) => !has(verb, flag))].map(
    (what) => `${noun.name} ${name} ${what}`,
  );
}

function has(verb: Verb, text: string): boolean {
  const names = text.replace(/=?!?$/, '').split(',');
  return verb.flags.some(
    (flag) =>
      names.every((name) => flag.names.includes(name)) &&
      (flag.type === 'bool') === !/=!?$/.test(text) &&
      flag.isRequired === text.endsWith('!'),
  );
}

describe('velamq admin', () => {
  it('has the nouns, verbs, aliases and flags of pulsar-admin', async () => {
    const lacked: string[] = [];
    let noun: Noun | undefined;
    for (const line of lines) {
      const [name = '', ...aliases] = line.trim().split('|');
      if (line.startsWith(' ')) lacked.push(...(await lackedOf(noun!, line)));
      else {
        noun = findNoun(name);
        lacked.push(...[name, ...aliases].filter((each) => findNoun(each) !== noun || !noun));
      }
    }
    expect(lines.length).toBeGreaterThan(400);
    expect(lacked.filter((what) => !isKnown(what))).toEqual([]);
    expect(lacked).toHaveLength(Object.keys(OTHERWISE).length);
  });

  it('says what the broker says where it has nothing of a noun', async () => {
    const broker = await startVelaMQ();
    const run = (...words: string[]) =>
      runCommand(runAdmin, ['--admin-url', broker.webServiceUrl, ...words], {});
    const refusals: Readonly<Record<string, RegExp>> = {
      'functions list --tenant a': /^Functions, connectors and packages are not part of this/,
      'sink create --name x': /^Functions, connectors and packages are not part of this version/,
      'proxy-stats topics': /^This broker is no proxy/,
      'functions-worker get-cluster': /^Functions, connectors and packages are not part of this/,
      'schemas extract t -j a.jar -t json -c A':
        /^A schema is extracted from a Java class by a JVM/,
    };
    for (const [words, reason] of Object.entries(refusals)) {
      const said = await run(...words.split(' '));
      expect([words, said.code, said.out]).toEqual([words, 1, '']);
      expect(said.err).toMatch(reason);
    }
    await broker.close();
  });

  it('offloads nothing below the threshold, and says that it never did', async () => {
    const broker = await startVelaMQ();
    const run = (...words: string[]) =>
      runCommand(runAdmin, ['--admin-url', broker.webServiceUrl, ...words], {});
    await run('topics', 'create', 'data');
    expect(await run('topics', 'offload', 'data', '-s', '10M')).toMatchObject({
      code: 0,
      out: 'Nothing to offload\n',
    });
    const compaction = await run('topics', 'compaction-status', 'data', '-w');
    expect(compaction.out).toMatch(/^Compaction has not been run for data/);
    const offload = await run('topics', 'offload-status', 'data', '-w');
    expect(offload.out).toMatch(/^Offload has not been run for data/);
    await broker.close();
  });

  it('creates a shadow topic with the partitions of its source', async () => {
    const broker = await startVelaMQ();
    const run = (...words: string[]) =>
      runCommand(runAdmin, ['--admin-url', broker.webServiceUrl, ...words], {});
    await run('topics', 'create', 'one');
    await run('topics', 'create-partitioned-topic', 'many', '-p', '3');
    for (const name of ['one', 'many']) {
      const made = await run('topics', 'create-shadow-topic', `${name}-shadow`, '-s', name);
      expect(made).toEqual({ code: 0, out: '', err: '' });
      const source = await run('topics', 'get-shadow-source', `${name}-shadow`);
      expect(source.out).toBe(`persistent://public/default/${name}\n`);
    }
    const { out } = await run('topics', 'get-partitioned-topic-metadata', 'many-shadow');
    expect(JSON.parse(out)).toMatchObject({ partitions: 3 });
    await broker.close();
  });

  it('lists the non-persistent topics of a bundle', async () => {
    const broker = await startVelaMQ();
    const run = (...words: string[]) =>
      runCommand(runAdmin, ['--admin-url', broker.webServiceUrl, ...words], {});
    const said = await run(
      ...['non-persistent', 'list-in-bundle', 'public/default', '-b', '0x00000000_0x40000000'],
    );
    expect(said).toEqual({ code: 0, out: '', err: '' });
    await broker.close();
  });

  it('tells its version wherever it is asked', async () => {
    for (const words of ['-v', 'topics --version', 'topics list -v', 'functions -v']) {
      const { code, out } = await runCommand(runAdmin, words.split(' '), {});
      expect([words, code, out]).toEqual([
        words,
        0,
        expect.stringMatching(/^Current version of velamq admin is: \d+\./),
      ]);
    }
  });
});

const isKnown = (what: string) => what in OTHERWISE;

/**
 * `velamq admin` beside pulsar-admin: `spec/data/cli/pulsar-admin.json` holds what the commands of
 * Pulsar's own tool said, one after the other, of a fresh VelaMQ; ours say the same of another one.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NOUNS, verbsOf } from '../../src/cli/admin/nouns.ts';
import { SPECIALS } from '../../src/cli/admin/verbs.ts';
import { runAdmin } from '../../src/cli/admin-command.ts';
import { startVelaMQ } from '../../src/embedded.ts';
import { runCommand, type Said } from './terminal.ts';

interface Recorded {
  readonly args: string;
  readonly ok: boolean;
  readonly out: string;
  /** 'usage' where the tool printed its usage. */
  readonly err: string;
}

const recorded = JSON.parse(readFileSync('spec/data/cli/pulsar-admin.json', 'utf8')) as Recorded[];

/** Java keeps these in sets without an order. */
const UNORDERED = /^(tenants get|topics list |namespaces get-subscription-types|namespaces topics)/;

/** What we say otherwise, and why. */
const DIFFERENT: Readonly<Record<string, string>> = {
  'namespaces policies acme/shop': 'pulsar-admin adds members that the broker did not send',
  'transactions coordinators-list': 'pulsar-admin gives the name of a Java class as the reason',
  'topics delete persistent://acme/shop/orders':
    'pulsar-admin says on its output that it failed, and ends with 0',
};

function comparable(text: string, args: string): string {
  const shown = text.replaceAll(/(localhost|127\.0\.0\.1):\d+/g, 'BROKER').trimEnd();
  return UNORDERED.test(args)
    ? shown
        .split(/[\s,]+/)
        .sort()
        .join(' ')
    : shown;
}

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'velamq-admin-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const admin = (argv: readonly string[]): Promise<Said> =>
  runCommand(runAdmin, argv, { HOME: home });

describe('velamq admin', () => {
  it('says what pulsar-admin says, command by command', async () => {
    const broker = await startVelaMQ();
    const others: string[] = [];
    for (const { args, ok, out, err } of recorded) {
      const said = await admin(['--admin-url', broker.webServiceUrl, ...args.split(' ')]);
      const isSame =
        (said.code === 0) === ok &&
        comparable(said.out, args) === comparable(out, args) &&
        (ok || err === 'usage' || comparable(said.err, args) === comparable(err, args));
      if (!isSame) others.push(`${args}\n${said.out}${said.err}\n--- pulsar-admin:\n${out}${err}`);
    }
    await broker.close();
    expect(others.filter((line) => !(line.split('\n')[0]! in DIFFERENT))).toEqual([]);
    expect(others).toHaveLength(Object.keys(DIFFERENT).length);
  }, 60_000);

  it('deletes the topics that a pattern matches or a file names, and no others', async () => {
    const broker = await startVelaMQ();
    const run = (...argv: string[]) => admin(['--admin-url', broker.webServiceUrl, ...argv]);
    for (const name of ['a1', 'a2', 'ba1', 'c', 'd']) await run('topics', 'create', name);
    const left = async () =>
      (await run('topics', 'list', 'public/default')).out.replaceAll(
        'persistent://public/default/',
        '',
      );
    expect(await run('topics', 'delete', 'public/default/a.', '-r')).toMatchObject({ code: 0 });
    expect(await left()).toBe('ba1\nc\nd\n');
    await writeFile(join(home, 'topics'), 'c\npersistent://public/default/d\n');
    await run('topics', 'delete', join(home, 'topics'), '--from-file', '-d');
    expect(await left()).toBe('ba1\n');
    await broker.close();
  });

  it('sends the name of a group as it is', async () => {
    const broker = await startVelaMQ();
    const run = (...argv: string[]) => admin(['--admin-url', broker.webServiceUrl, ...argv]);
    await run('namespaces', 'set-anti-affinity-group', 'public/default', '-g', 'two words');
    const shown = await run('namespaces', 'get-anti-affinity-group', 'public/default');
    expect(shown.out).toBe('two words\n');
    await broker.close();
  });

  it('knows every verb that its tables name', async () => {
    const broken: string[] = [];
    for (const noun of NOUNS) {
      for (const { name, requests, special, flags, positionals } of await verbsOf(noun)) {
        const line = `${noun.name} ${name}`;
        if (special !== undefined && SPECIALS[special] === undefined) broken.push(line);
        if (special === undefined && requests.length === 0) broken.push(line);
        const known = new Set([
          ...flags.map((flag) => flag.names.at(-1)!),
          ...positionals.map((positional) => positional.name),
        ]);
        if (known.has('topic')) known.add('tnt');
        for (const { path } of requests) {
          for (const [, inside = ''] of path.matchAll(/\{([^}]*)\}/g)) {
            const names = inside
              .replace(/=.*/, '')
              .split('|')
              .filter((part) => !/^(ns|tnt|time)$/.test(part));
            const missing = (names.length === 0 ? [inside] : names).filter((n) => !known.has(n));
            if (missing.length > 0) broken.push(`${line}: ${missing}`);
          }
        }
      }
    }
    expect(broken).toEqual([]);
  });

  it('lists nouns, verbs and flags, and ends with 0 only where it was asked to', async () => {
    const root = await admin(['--help']);
    expect(root).toMatchObject({ code: 0, err: '' });
    expect(root.out).toContain('  namespaces');
    expect((await admin([])).code).toBe(1);
    expect((await admin(['topics', '--help'])).out).toContain('get-partitioned-topic-metadata');
    const verb = await admin(['namespaces', 'set-retention', '-h']);
    expect(verb.out).toMatch(/^Usage: velamq admin namespaces set-retention --time=<time>/);
    expect(verb.out).toContain('-s, --size=<size>');
  });

  it.each([
    [['nothing'], "Unmatched argument: 'nothing'"],
    [['topics', 'nothing'], "Unmatched argument: 'nothing'"],
    [['topics', 'create'], "Missing required parameter: '<topic>'"],
    [['topics', 'create', 'a', 'b'], "Unmatched argument: 'b'"],
    [['namespaces', 'create', 'alone'], 'Parameter format is incorrect'],
    [['namespaces', 'set-message-ttl', 'a/b', '-ttl', 'soon'], 'Invalid value for option'],
    [['--nothing', 'tenants', 'list'], "Unknown option: '--nothing'"],
    [['--context', 'nobody', 'tenants', 'list'], 'There is no context nobody'],
  ])('refuses %j', async (argv, reason) => {
    const said = await admin(argv);
    expect(said.code).toBe(1);
    expect(said.err).toContain(reason);
  });
});

describe('what velamq admin sends', () => {
  async function headersOf(...argv: string[]): Promise<Record<string, unknown>> {
    let seen: Record<string, unknown> = {};
    const server = createServer((request, response) => {
      seen = { ...request.headers, url: request.url };
      response.end('["a"]');
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const said = await admin(['--admin-url', url, ...argv]);
    server.close();
    expect(said.code).toBe(0);
    return seen;
  }

  it('is the token of the plugin, or of a file', async () => {
    const plugin = 'org.apache.pulsar.client.impl.auth.AuthenticationToken';
    const token = ['--auth-plugin', plugin, '--auth-params'];
    expect(await headersOf(...token, 'token:abc', 'tenants', 'list')).toMatchObject({
      authorization: 'Bearer abc',
    });
    await writeFile(join(home, 'token'), 'def\n');
    const file = `file://${join(home, 'token')}`;
    expect(await headersOf(...token, file, 'tenants', 'list')).toMatchObject({
      authorization: 'Bearer def',
    });
  });

  it('is name and password', async () => {
    const plugin = 'org.apache.pulsar.client.impl.auth.AuthenticationBasic';
    const params = '{"userId":"me","password":"s:same"}';
    const argv = ['--auth-plugin', plugin, '--auth-params', params, 'tenants', 'list'];
    expect(await headersOf(...argv)).toMatchObject({
      authorization: `Basic ${Buffer.from('me:s:same').toString('base64')}`,
    });
  });

  it('is encoded where a name needs it', async () => {
    expect(await headersOf('topics', 'subscriptions', 'persistent://a/b/d%2Fé')).toMatchObject({
      url: '/admin/v2/persistent/a/b/d%252F%C3%A9/subscriptions',
    });
  });
});

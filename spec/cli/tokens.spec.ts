import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runTokens } from '../../src/cli/tokens-command.ts';
import { runCommand } from './terminal.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'velamq-tokens-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const tokens = (...argv: string[]) => runCommand(runTokens, argv, {});
const at = (name: string) => join(folder, name);
const modeOf = (name: string) => statSync(at(name)).mode & 0o777;

/** What a command says that goes well, without the line break. */
async function said(...argv: string[]): Promise<string> {
  const { code, out, err } = await tokens(...argv);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out.trim();
}

describe('velamq tokens', () => {
  it('makes a secret, a token by it, and finds the token good', async () => {
    await said('create-secret-key', '--output', at('s.key'));
    expect(readFileSync(at('s.key')).length).toBe(32);
    expect(modeOf('s.key')).toBe(0o600);
    const key = `file://${at('s.key')}`;
    const token = await said('create', '-sk', key, '-s', 'alice', '-e', '1h', '-hs', 'kid=7');
    const { exp, ...claims } = JSON.parse(await said('validate', '-sk', key, token));
    expect(claims).toEqual({ sub: 'alice' });
    expect(exp).toBeGreaterThan(1_700_000_000);
    writeFileSync(at('t'), `${token}\n`);
    const [header, line, shown] = (await said('show', '-f', at('t'))).split('\n');
    expect(JSON.parse(header ?? '')).toEqual({ kid: '7', alg: 'HS256' });
    expect([line, JSON.parse(shown ?? '')]).toEqual(['---', { sub: 'alice', exp }]);
  });

  it.each([
    ['HS256', 32],
    ['HS384', 48],
    ['HS512', 64],
  ])('makes a secret for %s, which signs by it', async (algorithm, bytes) => {
    const key = await said('create-secret-key', '-a', algorithm, '--base64');
    expect(Buffer.from(key, 'base64').length).toBe(bytes);
    const shown = await said('show', await said('create', '--secret-key', key, '-s', 'x'));
    expect(shown).toContain(`"alg":"${algorithm}"`);
  });

  it.each(['RS256', 'PS512', 'ES256', 'ES384', 'ES512'])(
    'makes a pair of keys for %s, one for each side',
    async (algorithm) => {
      const [own, open] = [at('own.key'), at('open.key')];
      const files = ['--output-private-key', own, '--output-public-key', open];
      await said('create-key-pair', '-a', algorithm, ...files);
      expect(modeOf('own.key')).toBe(0o600);
      const token = await said('create', '-pk', own, '-a', algorithm, '--subject', 'bob');
      expect(await said('validate', '-a', algorithm, '-pk', open, token)).toBe('{"sub":"bob"}');
      expect(await said('show', token)).toContain(`"alg":"${algorithm}"`);
    },
  );

  it('finds a token bad that another key has signed, or that has expired', async () => {
    const [own, other] = [
      await said('create-secret-key', '-b'),
      await said('create-secret-key', '-b'),
    ];
    const token = await said('create', '-sk', own, '-s', 'alice');
    const late = await said('create', '-sk', own, '-s', 'alice', '-e', '0s');
    for (const [key, bad] of [
      [other, token],
      [own, late],
      [own, 'nonsense'],
    ] as const) {
      const { code, out, err } = await tokens('validate', '-sk', key, bad);
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toContain('Failed to authentication token');
    }
  });

  it.each([
    [['create', '-s', 'x'], 'give a --secret-key or a --private-key'],
    [['create', '-sk', 'c2VjcmV0'], "required option '-s, --subject <role>'"],
    [['create', '-sk', 'c2VjcmV0', '-s', 'x'], '--secret-key: holds too little'],
    [['create', '-pk', 'c2VjcmV0', '-s', 'x'], '--private-key: must be a private key'],
    [['create-secret-key', '-a', 'RS256'], 'no secret signs so'],
    [['create-key-pair', '-a', 'HS256', '--output-private-key', 'x'], '--output-public-key'],
    [['show', 'nonsense'], 'this is no token'],
    [['show'], 'give a token, --stdin or --token-file'],
    [['validate', 'x'], 'give a --secret-key or a --public-key'],
  ])('says what is wrong with %j, and shows no key', async (argv, reason) => {
    const { code, err } = await tokens(...argv);
    expect(code).not.toBe(0);
    expect(err).toContain(reason);
    expect(err).not.toContain('c2VjcmV0');
  });
});

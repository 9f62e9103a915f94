import { type KeyObject, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BrokerConfig } from '../../../src/base/options.ts';
import { ManualClock } from '../pulsar/manual-clock.ts';
import {
  authenticationOf,
  byToken,
  credentials,
  ecPair,
  inBase64,
  rsaPair,
  secret,
  TOKENS,
  token,
} from './tokens.ts';

const config = (values: Partial<BrokerConfig>): Partial<BrokerConfig> => ({
  authenticationEnabled: true,
  authenticationProviders: [TOKENS],
  ...values,
});

async function roleOf(data: string, values: Partial<BrokerConfig> = byToken): Promise<string> {
  const authentication = await authenticationOf(values);
  return (await authentication.ofCommand('token', credentials(data))).role;
}

const der = (key: KeyObject) => key.export({ type: 'spki', format: 'der' });

describe('a token', () => {
  it('proves the role in its subject, until it expires', async () => {
    const authentication = await authenticationOf();
    const good = credentials(await token({ sub: 'alice', exp: 1_800_000_000 }));
    expect(await authentication.ofCommand('token', good)).toEqual({
      role: 'alice',
      method: 'token',
      expiresAtMs: 1_800_000_000_000,
    });
    const forEver = credentials(await token({ sub: 'bob' }));
    expect(await authentication.ofCommand('token', forEver)).toMatchObject({
      expiresAtMs: Number.POSITIVE_INFINITY,
    });
  });

  it.each([
    ['expired', { sub: 'x', exp: 1_600_000_000 }],
    ['is not valid yet', { sub: 'x', nbf: 1_800_000_000 }],
    ['names nobody', {}],
    ['names nobody, with an empty name', { sub: '' }],
  ])('that %s proves nothing', async (_, claims) => {
    await expect(roleOf(await token(claims))).rejects.toMatchObject({ code: 'authentication' });
  });

  it.each(['', 'nonsense', 'a.b.c', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.'])(
    'such as "%s" proves nothing',
    async (data) => {
      await expect(roleOf(data)).rejects.toMatchObject({ code: 'authentication' });
    },
  );

  it('signed with another secret proves nothing', async () => {
    const foreign = await token({ sub: 'x' }, randomBytes(32));
    await expect(roleOf(foreign)).rejects.toMatchObject({ code: 'authentication' });
  });

  it('may expire a little ago where clocks differ', async () => {
    const late = await token({ sub: 'x', exp: 1_700_000_000 - 5 });
    await expect(roleOf(late)).rejects.toMatchObject({ code: 'authentication' });
    expect(await roleOf(late, { ...byToken, tokenAllowedClockSkewSeconds: 10 })).toBe('x');
  });

  it('holds the role in another claim, as a text or the first of a list', async () => {
    const values = { ...byToken, tokenAuthClaim: 'roles' };
    expect(await roleOf(await token({ sub: 'x', roles: 'ops' }), values)).toBe('ops');
    expect(await roleOf(await token({ roles: ['dev', 'ops'] }), values)).toBe('dev');
    for (const roles of [[], [7], 7, {}]) {
      const bad = await token({ sub: 'x', roles });
      await expect(roleOf(bad, values)).rejects.toMatchObject({ code: 'authentication' });
    }
  });

  it('must name the audience where one is asked for', async () => {
    const values = { ...byToken, tokenAudienceClaim: 'aud', tokenAudience: 'here' };
    expect(await roleOf(await token({ sub: 'x', aud: 'here' }), values)).toBe('x');
    expect(await roleOf(await token({ sub: 'x', aud: ['there', 'here'] }), values)).toBe('x');
    for (const claims of [{ sub: 'x' }, { sub: 'x', aud: 'there' }, { sub: 'x', aud: [] }]) {
      const refused = roleOf(await token(claims), values);
      await expect(refused).rejects.toMatchObject({ code: 'authentication' });
    }
  });
});

describe('signatures', () => {
  const rsa = rsaPair();

  it.each(['HS256', 'HS384', 'HS512'])('by a secret: %s', async (alg) => {
    const key = randomBytes(64);
    const values = config({ tokenSecretKey: inBase64(key) });
    expect(await roleOf(await token({ sub: 'x' }, key, alg), values)).toBe('x');
  });

  it.each(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'])(
    'by an RSA key: %s',
    async (alg) => {
      const values = config({ tokenPublicKey: inBase64(der(rsa.publicKey)) });
      expect(await roleOf(await token({ sub: 'x' }, rsa.privateKey, alg), values)).toBe('x');
    },
  );

  it.each([
    ['ES256', 'P-256'],
    ['ES384', 'P-384'],
    ['ES512', 'P-521'],
  ])('by an elliptic key: %s', async (alg, curve) => {
    const { publicKey, privateKey } = ecPair(curve);
    const tokenPublicKey = inBase64(der(publicKey));
    const values = config({ tokenPublicKey, tokenPublicAlg: alg });
    expect(await roleOf(await token({ sub: 'x' }, privateKey, alg), values)).toBe('x');
  });

  it('are never made with a public key as the secret', async () => {
    const bytes = der(rsa.publicKey);
    const values = config({ tokenPublicKey: inBase64(bytes) });
    const forged = await token({ sub: 'admin' }, bytes);
    await expect(roleOf(forged, values)).rejects.toMatchObject({ code: 'authentication' });
  });
});

describe('a key', () => {
  let folder: string;
  const rsa = rsaPair();
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'velamq-keys-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('stands in a file, by URL or by path, in a data URL, or in the option itself', async () => {
    const path = join(folder, 'a secret');
    writeFileSync(path, secret);
    const good = await token({ sub: 'x' });
    const forms = [
      pathToFileURL(path).href,
      `file:${path}`,
      path,
      `data:;base64,${inBase64(secret)}`,
      `data:application/octet-stream;base64,${inBase64(secret)}`,
      inBase64(secret),
      secret.toString('base64url'),
    ];
    for (const form of forms) {
      expect(await roleOf(good, config({ tokenSecretKey: form }))).toBe('x');
    }
  });

  it('that is public may be PEM as well', async () => {
    const pem = String(rsa.publicKey.export({ type: 'spki', format: 'pem' }));
    const path = join(folder, 'public.pem');
    writeFileSync(path, pem);
    const good = await token({ sub: 'x' }, rsa.privateKey, 'RS256');
    expect(await roleOf(good, config({ tokenPublicKey: `file://${path}` }))).toBe('x');
    expect(await roleOf(good, config({ tokenPublicKey: `data:,${encodeURI(pem)}` }))).toBe('x');
  });

  it('counts as a secret where both are given, as in Pulsar', async () => {
    const both = { ...byToken, tokenPublicKey: inBase64(der(rsa.publicKey)) };
    expect(await roleOf(await token({ sub: 'x' }), both)).toBe('x');
  });

  it.each<[string, Partial<BrokerConfig>, string]>([
    ['is missing', {}, 'tokens need a tokenSecretKey or a tokenPublicKey'],
    ['is no file', { tokenSecretKey: 'file:///nowhere/key' }, 'cannot read /nowhere/key (ENOENT)'],
    ['is nothing', { tokenSecretKey: '/nowhere/k-e-y!' }, 'neither a file that exists nor base64'],
    ['is cut off', { tokenSecretKey: 'data:base64' }, 'a data: URL needs a comma'],
    ['is too short', { tokenSecretKey: 'c2VjcmV0' }, 'must hold 32 bytes or more'],
    ['is no key', { tokenPublicKey: 'c2VjcmV0' }, 'must be an RSA or an elliptic public key'],
    [
      'is for other signatures',
      { tokenPublicKey: inBase64(der(rsa.publicKey)), tokenPublicAlg: 'ES256' },
      'tokenPublicAlg=ES256: must be one of RS256,',
    ],
    [
      'comes with half an audience',
      { ...byToken, tokenAudienceClaim: 'aud' },
      'tokenAudienceClaim: needs a tokenAudience',
    ],
  ])('that %s stops the start and is not shown', async (_, values, reason) => {
    const started = authenticationOf(config(values));
    await expect(started).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringContaining(reason),
    });
    await expect(started).rejects.not.toMatchObject({
      message: expect.stringContaining('c2VjcmV0'),
    });
  });
});

describe('without providers', () => {
  it('a configuration says who everybody is, or does not start', async () => {
    const values = { authenticationEnabled: true };
    await expect(authenticationOf(values)).rejects.toMatchObject({ code: 'bad-option' });
    const open = await authenticationOf({ ...values, anonymousUserRole: 'guest' });
    expect(await open.ofCommand('none', credentials(''))).toMatchObject({ role: 'guest' });
  });
});

describe('credentials that were good', () => {
  it('are not good any more once they have expired', async () => {
    const clock = new ManualClock();
    const authentication = await authenticationOf(byToken, clock);
    const brief = credentials(await token({ sub: 'x', exp: 1_700_000_010 }));
    await authentication.ofCommand('token', brief);
    clock.advance(9_000);
    await authentication.ofCommand('token', brief);
    clock.advance(1_000);
    const late = authentication.ofCommand('token', brief);
    await expect(late).rejects.toMatchObject({ code: 'authentication' });
  });
});

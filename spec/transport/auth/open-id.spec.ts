import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BrokerConfig } from '../../../src/base/options.ts';
import { ManualClock } from '../pulsar/manual-clock.ts';
import { Issuer } from './issuer.ts';
import { authenticationOf, byToken, credentials, TOKENS, token } from './tokens.ts';

const OPEN_ID = 'org.apache.pulsar.broker.authentication.oidc.AuthenticationProviderOpenID';

let [issuer, other] = [new Issuer(), new Issuer()];
beforeEach(async () => {
  [issuer, other] = [new Issuer(), new Issuer()];
  await Promise.all([issuer.start(), other.start()]);
});
afterEach(() => {
  issuer.close();
  other.close();
});

const config = (values: Partial<BrokerConfig> = {}): Partial<BrokerConfig> => ({
  authenticationEnabled: true,
  authenticationProviders: [OPEN_ID],
  openIDAllowedTokenIssuers: `${issuer.url}, ${other.url}`,
  openIDAllowedAudiences: 'velamq,another',
  openIDRequireIssuersUseHttps: false,
  ...values,
});

async function opened(values?: Partial<BrokerConfig>, clock = new ManualClock()) {
  const authentication = await authenticationOf(config(values), clock);
  return (data: string) => authentication.ofCommand('token', credentials(data));
}

const REFUSED = { code: 'authentication' };

describe('OpenID Connect', () => {
  it('takes tokens of each issuer that is named', async () => {
    const prove = await opened();
    expect(await prove(await issuer.sign({ sub: 'alice' }))).toEqual({
      role: 'alice',
      method: 'token',
      expiresAtMs: 1_700_000_600_000,
    });
    expect(await prove(await other.sign({ sub: 'bob', aud: ['another'] }))).toMatchObject({
      role: 'bob',
    });
    await prove(await issuer.sign({ sub: 'carl' }));
    expect([issuer.fetches, other.fetches]).toEqual([1, 1]);
  });

  it('takes none that is for others, too old, of somebody else, or half said', async () => {
    const prove = await opened();
    const claims = [
      { aud: 'elsewhere' },
      { exp: 1_600_000_000 },
      { iss: 'http://elsewhere' },
      { iss: other.url },
      { sub: '' },
      { exp: undefined },
      { aud: undefined },
    ];
    for (const wrong of claims) {
      const data = await issuer.sign({ sub: 'alice', ...wrong } as never);
      await expect(prove(data), JSON.stringify(wrong)).rejects.toMatchObject(REFUSED);
    }
    for (const data of ['', 'nonsense', await token({ sub: 'alice', iss: issuer.url })]) {
      await expect(prove(data)).rejects.toMatchObject(REFUSED);
    }
  });

  it('says what each provider of tokens has against one, where there are several', async () => {
    const prove = await opened({ ...byToken, authenticationProviders: [TOKENS, OPEN_ID] });
    const forged = await token({ sub: 'alice' }, Buffer.alloc(32, 1));
    await expect(prove(forged)).rejects.toThrow(
      'AuthenticationProviderToken: Failed to authentication token: signature verification ' +
        'failed; AuthenticationProviderOpenID: Failed to authentication token: unknown issuer',
    );
    const old = await issuer.sign({ sub: 'alice', exp: 1_600_000_000 } as never);
    await expect(prove(old)).rejects.toThrow(/OpenID: .*"exp" claim timestamp check failed/);
  });

  it('fetches keys again when a token is signed by a new one, but not at each', async () => {
    const prove = await opened({ openIDKeyIdCacheMissRefreshSeconds: 1 });
    await prove(await issuer.sign({ sub: 'alice' }));
    issuer.rotate('second');
    const next = await issuer.sign({ sub: 'alice' });
    const deadline = Date.now() + 10_000;
    let renewed = false;
    while (!renewed && Date.now() < deadline) {
      renewed = await prove(next).then(
        () => true,
        () => false,
      );
    }
    expect(renewed).toBe(true);
    expect(issuer.fetches).toBe(2);
  });

  it('refuses while an issuer does not answer, and comes back to it', async () => {
    const clock = new ManualClock();
    const prove = await opened({}, clock);
    issuer.isUp = false;
    const data = await issuer.sign({ sub: 'alice' });
    await expect(prove(data)).rejects.toMatchObject(REFUSED);
    issuer.isUp = true;
    await expect(prove(data)).rejects.toMatchObject(REFUSED);
    clock.advance(1_000);
    expect(await prove(data)).toMatchObject({ role: 'alice' });
  });

  it('stands beside tokens of one’s own', async () => {
    const authenticationProviders = [OPEN_ID, TOKENS] as const;
    const { tokenSecretKey = '' } = byToken;
    const prove = await opened({ authenticationProviders, tokenSecretKey });
    expect(await prove(await token({ sub: 'own' }))).toMatchObject({ role: 'own' });
    expect(await prove(await issuer.sign({ sub: 'theirs' }))).toMatchObject({ role: 'theirs' });
  });

  it.each<[Partial<BrokerConfig>, string]>([
    [{ openIDAllowedTokenIssuers: '' }, 'needs an issuer'],
    [{ openIDAllowedAudiences: '' }, 'needs an audience'],
    [{ openIDRequireIssuersUseHttps: true }, 'is not https'],
  ])('does not start with %o', async (values, reason) => {
    await expect(opened(values)).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringContaining(reason),
    });
  });
});

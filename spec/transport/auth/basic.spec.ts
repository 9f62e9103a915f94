import { describe, expect, it } from 'vitest';
import { configWith } from '../../../src/base/options.ts';
import { basicProvider } from '../../../src/transport/auth/basic.ts';
import { ManualClock } from '../pulsar/manual-clock.ts';
import { authenticationOf, credentials, inBase64 } from './tokens.ts';

/** Hashes that htpasswd, openssl and crypt(3) made. */
const FILE = `# of the spec
bob:$apr1$abcdefgh$paCto.rW8wn6thJ8b0QQY.
carl:ARcxrak8kxgGs

dora:$2b$05$UNDhdt6mOs9eJ2NdGzKYqeoaFbM6Zw.EfagEd14J6wWwgIQwUx8HG
erik:$2y$05$UNDhdt6mOs9eJ2NdGzKYqeoaFbM6Zw.EfagEd14J6wWwgIQwUx8HG
zoë:$apr1$pepper$JM./CFiH.70d.vZxXYvOA/
`;

/** Rests are over at once, and are noted. */
class HastyClock extends ManualClock {
  rests = 0;

  override after(_delayMs: number, task: () => void) {
    this.rests += 1;
    setImmediate(task);
    return () => {};
  }
}

function provider(lines = FILE, clock = new HastyClock()) {
  return basicProvider(configWith({ basicAuthConf: inBase64(Buffer.from(lines)) }), clock);
}

describe('a user', () => {
  it.each(['bob:secret1', 'carl:secret2', 'dora:secret3', 'erik:secret3', 'zoë:pässwörd'])(
    'is known by a password: %s',
    async (data) => {
      expect(await provider().authenticate(credentials(data))).toEqual({
        role: data.split(':')[0],
        method: 'basic',
        expiresAtMs: Number.POSITIVE_INFINITY,
      });
    },
  );

  it.each([
    'bob:secret2',
    'carl:secret1',
    'dora:secret',
    'nobody:secret1',
    'bob:',
    ':secret1',
    'bob',
    '',
    'bob:secret1:',
    'bob:sec:ret1',
  ])('is not known by "%s"', async (data) => {
    const refused = provider().authenticate(credentials(data));
    await expect(refused).rejects.toMatchObject({
      code: 'authentication',
      message: 'Unknown user or invalid password',
    });
  });

  it('is checked one after the other, with rests between what holds the thread', async () => {
    const clock = new HastyClock();
    const checks = Array.from({ length: 5 }, (_, n) =>
      provider(FILE, clock)
        .authenticate(credentials(`bob:wrong${n}`))
        .catch(() => 'refused'),
    );
    expect(await Promise.all(checks)).toEqual(Array(5).fill('refused'));
    expect(clock.rests).toBe(5);
  });
});

describe('basicAuthConf', () => {
  it.each([
    ['bob', 'line 1'],
    ['# x\nbob:{SHA}abc', 'line 2'],
    ['bob:$2y$05$short', 'line 1'],
    [':ARcxrak8kxgGs', 'line 1'],
    ['bob:ARcxrak8kxgGs:x', 'line 1'],
  ])('that holds %j is refused, and not shown', (lines, place) => {
    expect(() => provider(lines)).toThrow(`basicAuthConf, ${place}: must be user:hash`);
    expect(() => provider(lines)).not.toThrow('bob');
  });

  it('has to be there', async () => {
    const name = 'org.apache.pulsar.broker.authentication.AuthenticationProviderBasic';
    const values = { authenticationEnabled: true, authenticationProviders: [name] } as const;
    await expect(authenticationOf(values)).rejects.toMatchObject({ code: 'bad-option' });
  });
});

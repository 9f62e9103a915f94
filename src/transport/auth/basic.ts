/**
 * Users and passwords (Pulsar's AuthenticationProviderBasic): `user:password` against the lines of
 * `basicAuthConf`. A check is slow on purpose: they are made one after the other, with rests
 * between them, so that who guesses takes a part of the thread, and no more.
 */
import type { Clock } from '../../base/clock.ts';
import { BrokerError } from '../../base/errors.ts';
import type { BrokerConfig } from '../../base/options.ts';
import { readSource } from './key-source.ts';
import { type KeptPassword, keptPassword } from './passwords.ts';
import { failed, type Provider } from './provider.ts';

/** Rests are so many times as long as the checks that hold up everything else. */
const REST_FACTOR = 4;

/** Throws `bad-option` for a file that is missing or holds something else. */
export function basicProvider({ basicAuthConf }: BrokerConfig, clock: Clock): Provider {
  if (basicAuthConf === '') {
    throw new BrokerError('bad-option', 'authenticationProviders: passwords need a basicAuthConf');
  }
  const users = usersOf(readSource('basicAuthConf', basicAuthConf).toString());
  let last: Promise<unknown> = Promise.resolve();
  /** Of a user that is not there: guessing takes as long as with one that is. */
  const [anybody] = users.values();
  const check = async (user: string, password: string): Promise<boolean> => {
    const kept = users.get(user);
    const tried = kept ?? anybody;
    if (tried === undefined) return false;
    const began = clock.monotonicMs();
    const isRight = (await tried.matches(password)) && kept !== undefined;
    if (tried.holdsThread) await rest(clock, (clock.monotonicMs() - began) * REST_FACTOR);
    return isRight;
  };
  return {
    name: 'AuthenticationProviderBasic',
    method: 'basic',
    scheme: 'Basic',
    async authenticate({ data }) {
      const [user = '', password = '', ...more] = data.toString().split(':');
      if (user === '' || password === '' || more.length > 0) {
        throw failed(UNKNOWN, 'INVALID_AUTH_DATA');
      }
      const turn = last.then(() => check(user, password));
      last = turn.catch(() => undefined);
      if (!(await turn)) throw failed(UNKNOWN, 'INVALID_AUTH_DATA');
      return { role: user, method: 'basic', expiresAtMs: Number.POSITIVE_INFINITY };
    },
  };
}

const UNKNOWN = 'Unknown user or invalid password';

function rest(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}

/** Lines of `user:hash`. The message names a line by its number, as the line is a secret. */
function usersOf(text: string): ReadonlyMap<string, KeptPassword> {
  const users = new Map<string, KeptPassword>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [user = '', hash = '', ...more] = line.trim().split(':');
    const kept = keptPassword(hash);
    if (user === '' || kept === undefined || more.length > 0) {
      const what = 'must be user:hash, with a hash of bcrypt, apr1 or crypt';
      throw new BrokerError('bad-option', `basicAuthConf, line ${index + 1}: ${what}`);
    }
    users.set(user, kept);
  }
  return users;
}

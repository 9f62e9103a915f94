/**
 * Passwords as files of Apache's htpasswd keep them. Pulsar knows `$apr1$` and crypt; bcrypt, which
 * is what one should use, is ours.
 */
/// <reference path="./unix-crypt.d.ts" />
import { timingSafeEqual } from 'node:crypto';
import { verify } from '@node-rs/bcrypt';
import apacheMd5 from 'apache-md5';
import unixCrypt from 'unix-crypt-td-js';

/** A password that is kept, and what it costs to try another one against it. */
export interface KeptPassword {
  /** Checks in this thread cost so much of it that others have to get their turns between them. */
  readonly holdsThread: boolean;
  matches(password: string): Promise<boolean>;
}

/** Undefined for a form that nobody knows. */
export function keptPassword(hash: string): KeptPassword | undefined {
  if (/^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/.test(hash)) {
    return { holdsThread: false, matches: (password) => verify(password, hash) };
  }
  if (/^\$apr1\$[^$]{1,8}\$[./A-Za-z0-9]{22}$/.test(hash)) {
    return here(hash, (password) => apr1(bytesOf(password), hash));
  }
  if (/^[./A-Za-z0-9]{13}$/.test(hash)) {
    return here(hash, (password) => unixCrypt(bytesOf(password), hash.slice(0, 2)));
  }
  return undefined;
}

/** Its types speak of a default export, which it does not have. */
const apr1 = apacheMd5 as unknown as (password: string, hash: string) => string;

function here(hash: string, hashed: (password: string) => string): KeptPassword {
  return {
    holdsThread: true,
    matches: async (password) => {
      const [one, other] = [Buffer.from(hashed(password)), Buffer.from(hash)];
      return one.length === other.length && timingSafeEqual(one, other);
    },
  };
}

/** A character for each byte, which is how both libraries read a text. */
function bytesOf(password: string): string {
  return Buffer.from(password).toString('latin1');
}

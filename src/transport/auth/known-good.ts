/**
 * Credentials that were found good, so that a client which connects often, or sends a REST call a
 * millisecond, is not checked each time. Keeps no credentials, only a keyed digest of them.
 */
import { createHmac, generateKeySync } from 'node:crypto';
import type { Identity } from './identity.ts';

export class KnownGood {
  readonly #most: number;
  readonly #identities = new Map<string, Identity>();
  /** Of this process alone: a digest says nothing to who reads its memory elsewhere. */
  readonly #key = generateKeySync('hmac', { length: 256 });

  /** `most`: beyond, what was not used for longest is forgotten. */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#identities.size;
  }

  keyOf(method: string, data: Buffer): string {
    return createHmac('sha256', this.#key).update(`${method}\n`).update(data).digest('base64');
  }

  find(key: string, nowMs: number): Identity | undefined {
    const identity = this.#identities.get(key);
    if (identity === undefined) return undefined;
    this.#identities.delete(key);
    if (nowMs >= identity.expiresAtMs) return undefined;
    this.#identities.set(key, identity);
    return identity;
  }

  keep(key: string, identity: Identity): void {
    this.#identities.delete(key);
    this.#identities.set(key, identity);
    if (this.#identities.size <= this.#most) return;
    const [oldest] = this.#identities.keys();
    if (oldest !== undefined) this.#identities.delete(oldest);
  }
}

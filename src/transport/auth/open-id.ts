/**
 * OpenID Connect (Pulsar's AuthenticationProviderOpenID): tokens of the issuers that the
 * configuration names, whose keys are fetched from them, kept a while, and fetched again when a
 * token is signed by one that is not among them.
 */
import { createRemoteJWKSet, decodeJwt, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Clock } from '../../base/clock.ts';
import { BrokerError } from '../../base/errors.ts';
import type { BrokerConfig } from '../../base/options.ts';
import { failed, type Provider } from './provider.ts';
import { identityOf, reasonOf } from './token.ts';

/** Throws `bad-option`. Issuers are asked when the first token of theirs comes. */
export function openIdProvider(config: BrokerConfig, clock: Clock): Provider {
  const issuers = listOf(config.openIDAllowedTokenIssuers);
  const audience = listOf(config.openIDAllowedAudiences);
  check('openIDAllowedTokenIssuers', issuers.length > 0, 'OpenID Connect needs an issuer');
  check('openIDAllowedAudiences', audience.length > 0, 'OpenID Connect needs an audience');
  const plain = issuers.find((issuer) => !issuer.startsWith('https://'));
  const why = `${plain} is not https; openIDRequireIssuersUseHttps=false takes it`;
  const isSafe = plain === undefined || !config.openIDRequireIssuersUseHttps;
  check('openIDAllowedTokenIssuers', isSafe, why);
  const keys = new Map(issuers.map((issuer) => [issuer, new IssuerKeys(issuer, config, clock)]));
  return {
    name: 'AuthenticationProviderOpenID',
    method: 'token',
    scheme: 'Bearer',
    async authenticate({ data }) {
      const token = data.toString();
      try {
        const { iss: issuer = '' } = decodeJwt(token);
        const known = keys.get(issuer);
        if (known === undefined) throw failed('Failed to authentication token: unknown issuer');
        const { payload } = await jwtVerify(token, await known.get(), {
          issuer,
          audience,
          algorithms: [...ALGORITHMS],
          clockTolerance: config.openIDAcceptedTimeLeewaySeconds,
          currentDate: new Date(clock.nowMs()),
          requiredClaims: ['exp', 'iat'],
        });
        return identityOf(payload, config.openIDRoleClaim);
      } catch (error) {
        throw reasonOf(error);
      }
    },
  };
}

/** Never a shared secret: the issuer's keys are public. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'] as const;

/** Where an issuer's keys are, which it says itself, and the keys. One fetch at a time. */
class IssuerKeys {
  readonly #issuer: string;
  readonly #config: BrokerConfig;
  readonly #clock: Clock;
  #found: Promise<JWTVerifyGetKey> | undefined;
  #failedAtMs = Number.NEGATIVE_INFINITY;

  constructor(issuer: string, config: BrokerConfig, clock: Clock) {
    this.#issuer = issuer;
    this.#config = config;
    this.#clock = clock;
  }

  /** Rejects with `authentication`; an issuer that did not answer is left alone for a second. */
  get(): Promise<JWTVerifyGetKey> {
    if (this.#found !== undefined) return this.#found;
    if (this.#clock.monotonicMs() - this.#failedAtMs < PAUSE_MS) {
      return Promise.reject(failed('the issuer did not answer'));
    }
    this.#found = this.#discover().catch((error: unknown) => {
      this.#found = undefined;
      this.#failedAtMs = this.#clock.monotonicMs();
      throw error instanceof BrokerError ? error : failed('the issuer did not answer');
    });
    return this.#found;
  }

  async #discover(): Promise<JWTVerifyGetKey> {
    const timeoutMs = this.#config.openIDHttpReadTimeoutMillis;
    const url = `${this.#issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' });
    const { issuer, jwks_uri: keys } = (await answer.json()) as Record<string, unknown>;
    if (issuer !== this.#issuer) throw failed('the issuer names itself differently');
    if (typeof keys !== 'string') throw failed('the issuer does not say where its keys are');
    return createRemoteJWKSet(new URL(keys), {
      timeoutDuration: timeoutMs,
      cooldownDuration: this.#config.openIDKeyIdCacheMissRefreshSeconds * 1_000,
      cacheMaxAge: this.#config.openIDCacheRefreshAfterWriteSeconds * 1_000,
    });
  }
}

const PAUSE_MS = 1_000;

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function check(option: string, holds: boolean, why: string): void {
  if (!holds) throw new BrokerError('bad-option', `${option}: ${why}`);
}

/**
 * JSON web tokens (Pulsar's AuthenticationProviderToken): signed with a secret or a private key,
 * the role in a claim. The kind of the configured key says which signatures count, never the token:
 * otherwise a public key could be used as a secret.
 */
import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import type { Clock } from '../../base/clock.ts';
import { BrokerError } from '../../base/errors.ts';
import type { BrokerConfig } from '../../base/options.ts';
import type { Identity } from './identity.ts';
import { readSource } from './key-source.ts';
import { AuthenticationFailure, type Credentials, failed, type Provider } from './provider.ts';

/** Throws `bad-option` for a key that is missing or cannot be read. */
export function tokenProvider(config: BrokerConfig, clock: Clock): Provider {
  const { tokenAuthClaim: roleClaim, tokenAudience, tokenAudienceClaim } = config;
  const { key, algorithms } = validationKey(config);
  const audience = tokenAudienceClaim === '' ? undefined : tokenAudience;
  if (audience === '') {
    throw new BrokerError('bad-option', 'tokenAudienceClaim: needs a tokenAudience beside it');
  }
  const clockTolerance = config.tokenAllowedClockSkewSeconds;
  return {
    name: 'AuthenticationProviderToken',
    method: 'token',
    scheme: 'Bearer',
    async authenticate({ data }: Credentials): Promise<Identity> {
      const currentDate = new Date(clock.nowMs());
      const payload = await verify(data.toString(), key, {
        algorithms,
        clockTolerance,
        currentDate,
      });
      if (audience !== undefined) checkAudience(payload[tokenAudienceClaim], audience);
      return identityOf(payload, roleClaim);
    },
  };
}

/** Who a token's claims speak of. Throws `authentication` where the claim holds no name. */
export function identityOf(payload: JWTPayload, roleClaim: string): Identity {
  const claim = payload[roleClaim];
  const role = Array.isArray(claim) ? (claim[0] as unknown) : claim;
  if (typeof role !== 'string' || role === '') {
    throw failed(`no role in claim ${roleClaim}`, 'INVALID_TOKEN');
  }
  const expiresAtMs = payload.exp === undefined ? Number.POSITIVE_INFINITY : payload.exp * 1_000;
  return { role, method: 'token', expiresAtMs };
}

/** The reasons of `jose` name claims and algorithms; none holds a part of the token. */
export function reasonOf(error: unknown): BrokerError {
  if (error instanceof BrokerError) return error;
  const why = error instanceof errors.JOSEError ? error.message : 'it cannot be checked';
  const isExpired = error instanceof errors.JWTExpired;
  const said = `Failed to authentication token: ${why}`;
  return new AuthenticationFailure(said, 'INVALID_TOKEN', isExpired);
}

async function verify(token: string, key: KeyObject, options: JWTVerifyOptions) {
  try {
    return (await jwtVerify(token, key, options)).payload;
  } catch (error) {
    throw reasonOf(error);
  }
}

function checkAudience(claim: unknown, audience: string): void {
  const named = Array.isArray(claim) ? claim.includes(audience) : claim === audience;
  if (!named) throw failed('the token is for another audience', 'INVALID_AUDIENCES');
}

interface ValidationKey {
  readonly key: KeyObject;
  readonly algorithms: string[];
}

/** A secret counts before a public key, as in Pulsar. */
function validationKey(config: BrokerConfig): ValidationKey {
  const { tokenSecretKey, tokenPublicKey, tokenPublicAlg } = config;
  if (tokenSecretKey !== '') {
    const secret = readSource('tokenSecretKey', tokenSecretKey);
    if (secret.length < MIN_SECRET_BYTES) {
      const least = `must hold ${MIN_SECRET_BYTES} bytes or more`;
      throw new BrokerError('bad-option', `tokenSecretKey: ${least}`);
    }
    return { key: createSecretKey(secret), algorithms: ['HS256', 'HS384', 'HS512'] };
  }
  if (tokenPublicKey !== '') {
    const key = publicKeyOf(readSource('tokenPublicKey', tokenPublicKey));
    const algorithms = ALGORITHMS[key.asymmetricKeyType ?? ''] ?? [];
    if (algorithms.includes(tokenPublicAlg)) return { key, algorithms };
    const kind = `one of ${algorithms.join(', ')} for this tokenPublicKey`;
    throw new BrokerError('bad-option', `tokenPublicAlg=${tokenPublicAlg}: must be ${kind}`);
  }
  throw new BrokerError(
    'bad-option',
    'authenticationProviders: tokens need a tokenSecretKey or a tokenPublicKey',
  );
}

/** RFC 7518: a key of the size of the hash at least. */
const MIN_SECRET_BYTES = 32;

const ALGORITHMS: Readonly<Record<string, string[]>> = {
  rsa: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ec: ['ES256', 'ES384', 'ES512'],
};

/** As `tokens create-key-pair` writes it (DER), or as PEM. */
function publicKeyOf(bytes: Buffer): KeyObject {
  try {
    const key = bytes.includes('-----BEGIN')
      ? createPublicKey(bytes)
      : createPublicKey({ key: bytes, format: 'der', type: 'spki' });
    if (key.asymmetricKeyType !== undefined && key.asymmetricKeyType in ALGORITHMS) return key;
  } catch {
    // What a parser says of a key may quote it.
  }
  const forms = 'an RSA or an elliptic public key, as DER or PEM';
  throw new BrokerError('bad-option', `tokenPublicKey: must be ${forms}`);
}

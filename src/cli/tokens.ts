/** Tokens as `velamq tokens` makes and reads them; Pulsar's own are the same. */
import { createPrivateKey, createSecretKey, type KeyObject } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import { systemClock } from '../base/clock.ts';
import { BrokerError } from '../base/errors.ts';
import { configWith } from '../base/options.ts';
import { readSource } from '../transport/auth/key-source.ts';
import { tokenProvider } from '../transport/auth/token.ts';
import type { CreateFlags, ValidateFlags } from './tokens-command.ts';

/** Signed, with the subject and when it expires. Rejects with `bad-option`. */
export async function createToken(flags: CreateFlags): Promise<string> {
  const { key, alg } = signingKey(flags);
  const headers = (flags.headers ?? []).map((pair) => {
    const at = pair.indexOf('=');
    if (at < 1) throw new BrokerError('bad-option', `--headers=${pair}: must be key=value`);
    return [pair.slice(0, at), pair.slice(at + 1)] as const;
  });
  const token = new SignJWT({ sub: flags.subject });
  token.setProtectedHeader({ ...Object.fromEntries(headers), alg });
  if (flags.expiryTime !== undefined) {
    const seconds = systemClock.nowMs() / 1_000 + secondsOf(flags.expiryTime);
    token.setExpirationTime(Math.floor(seconds));
  }
  return token.sign(key);
}

/** Header and claims, without a look at who signed them. Throws `bad-option`. */
export function shownToken(token: string): string {
  try {
    const [header, claims] = [decodeProtectedHeader(token), decodeJwt(token)];
    return `${JSON.stringify(header)}\n---\n${JSON.stringify(claims)}`;
  } catch {
    throw new BrokerError('bad-option', 'this is no token');
  }
}

/** The claims of a token that a broker with this key would take; rejects otherwise. */
export async function claimsOf(token: string, flags: ValidateFlags): Promise<string> {
  const config = configWith({
    tokenSecretKey: flags.secretKey ?? '',
    tokenPublicKey: flags.publicKey ?? '',
    tokenPublicAlg: flags.signatureAlgorithm,
  });
  if (flags.secretKey === undefined && flags.publicKey === undefined) {
    throw new BrokerError('bad-option', 'give a --secret-key or a --public-key');
  }
  await tokenProvider(config, systemClock).authenticate({
    data: Buffer.from(token),
    certificate: undefined,
    address: '',
    isWanted: () => true,
  });
  return JSON.stringify(decodeJwt(token));
}

function signingKey(flags: CreateFlags): { readonly key: KeyObject; readonly alg: string } {
  const { secretKey, privateKey, signatureAlgorithm } = flags;
  if (secretKey !== undefined && privateKey === undefined) {
    const bytes = readSource('--secret-key', secretKey);
    if (bytes.length < 32) throw new BrokerError('bad-option', '--secret-key: holds too little');
    return { key: createSecretKey(bytes), alg: secretAlgorithm(bytes.length) };
  }
  if (privateKey !== undefined && secretKey === undefined) {
    const key = privateKeyOf(readSource('--private-key', privateKey));
    return { key, alg: signatureAlgorithm ?? algorithmOf(key) };
  }
  throw new BrokerError('bad-option', 'give a --secret-key or a --private-key, and not both');
}

/** The longest hash that the secret is long enough for, as Pulsar's tool chooses. */
function secretAlgorithm(bytes: number): string {
  if (bytes >= 64) return 'HS512';
  return bytes >= 48 ? 'HS384' : 'HS256';
}

/** DER, as `create-key-pair` writes it, or PEM. */
function privateKeyOf(bytes: Buffer): KeyObject {
  try {
    if (bytes.includes('-----BEGIN')) return createPrivateKey(bytes);
    return createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' });
  } catch {
    // What a parser says of a key may quote it.
    throw new BrokerError('bad-option', '--private-key: must be a private key, as DER or PEM');
  }
}

function algorithmOf(key: KeyObject): string {
  const curve = key.asymmetricKeyDetails?.namedCurve ?? '';
  return { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }[curve] ?? 'RS256';
}

const SECONDS: Readonly<Record<string, number>> = {
  '': 1,
  s: 1,
  m: 60,
  h: 3_600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
};

function secondsOf(time: string): number {
  const [, count, unit = ''] = /^(\d+)([smhdwy]?)$/.exec(time) ?? [];
  const seconds = Number(count) * (SECONDS[unit] ?? Number.NaN);
  if (Number.isSafeInteger(seconds)) return seconds;
  throw new BrokerError('bad-option', `--expiry-time=${time}: must be such as 90s, 1h, 3d or 10y`);
}

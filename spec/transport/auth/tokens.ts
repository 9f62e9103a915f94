/** Tokens, and keys to sign them with. */
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import { type BrokerConfig, configWith } from '../../../src/base/options.ts';
import type { Authentication } from '../../../src/transport/auth/authentication.ts';
import { openAuthentication } from '../../../src/transport/auth/open.ts';
import type { Credentials } from '../../../src/transport/auth/provider.ts';
import { ManualClock } from '../pulsar/manual-clock.ts';

export const TOKENS = 'org.apache.pulsar.broker.authentication.AuthenticationProviderToken';

export const secret = randomBytes(32);

export const inBase64 = (bytes: Buffer) => bytes.toString('base64');

/** Signed with `secret`, unless the caller says otherwise. */
export function token(
  claims: JWTPayload,
  key: Uint8Array | KeyObject = secret,
  alg = 'HS256',
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg }).sign(key);
}

/** A configuration that takes tokens of `secret`. */
export const byToken: Partial<BrokerConfig> = {
  authenticationEnabled: true,
  authenticationProviders: [TOKENS],
  tokenSecretKey: inBase64(secret),
};

export async function authenticationOf(
  values: Partial<BrokerConfig> = byToken,
  clock = new ManualClock(),
): Promise<Authentication> {
  const opened = await openAuthentication(configWith(values), clock);
  if (opened === undefined) throw new Error('authentication is off');
  return opened;
}

export function credentials(data: string, over: Partial<Credentials> = {}): Credentials {
  const isWanted = () => true;
  return { data: Buffer.from(data), certificate: undefined, address: '::1', isWanted, ...over };
}

export function rsaPair() {
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}

export function ecPair(namedCurve = 'P-256') {
  return generateKeyPairSync('ec', { namedCurve });
}

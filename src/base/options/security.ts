/** Options of authentication. Keys and defaults are Pulsar 4.2's. */
import { choices, flag, secret, text, whole } from './option.ts';

/** Pulsar's names of the ways to prove who one is. */
export const authenticationProviders = [
  'org.apache.pulsar.broker.authentication.AuthenticationProviderToken',
  'org.apache.pulsar.broker.authentication.AuthenticationProviderTls',
] as const;

export const securityOptions = {
  authenticationEnabled: flag(false, 'Whether clients have to prove who they are'),
  authenticationProviders: choices(
    [],
    authenticationProviders,
    'How they may do so, as the names of classes that Pulsar has for it',
  ),
  authenticationRefreshCheckSeconds: whole(
    60,
    { min: 1, max: 86_400, unit: 'seconds' },
    'Time between looks at whether credentials have expired, and for an answer when they have',
  ),
  anonymousUserRole: text('', 'Role of clients that show no credentials; empty turns them away'),
  authenticateOriginalAuthData: flag(
    false,
    'Whether credentials that a proxy passes on are checked, not only its own',
  ),
  authenticateMetricsEndpoint: flag(false, 'Whether /metrics asks for credentials as well'),
  tokenSecretKey: secret('Secret that signs tokens: file:, data: or base64'),
  tokenPublicKey: text('', 'Public key of those that sign tokens: file:, data: or base64'),
  tokenPublicAlg: text('RS256', 'Accepted; the kind of the key decides which signatures count'),
  tokenAuthClaim: text('sub', 'Claim of a token that holds the role'),
  tokenAudienceClaim: text('', 'Claim that must name tokenAudience; empty asks for none'),
  tokenAudience: text('', 'Name of this broker, or of its cluster, in tokenAudienceClaim'),
  tokenAllowedClockSkewSeconds: whole(
    0,
    { unit: 'seconds' },
    'How far the clocks of who signs tokens and of this broker may differ',
  ),
  velamqMaxConcurrentAuthentications: whole(
    8,
    { min: 1, max: 1024 },
    'Credentials checked at the same time; addresses take turns',
  ),
  velamqMaxWaitingAuthentications: whole(
    10_000,
    { min: 1 },
    'Credentials that wait to be checked; beyond, clients are turned away',
  ),
  velamqAuthenticationCacheSize: whole(
    10_000,
    {},
    'Credentials known to be good, which are not checked again until they expire; 0 keeps none',
  ),
};

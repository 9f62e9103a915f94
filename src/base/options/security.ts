/** Options of authentication. Keys and defaults are Pulsar 4.2's. */
import { choices, flag, secret, text, whole } from './option.ts';

/** Pulsar's names of the ways to prove who one is. */
export const authenticationProviders = [
  'org.apache.pulsar.broker.authentication.AuthenticationProviderToken',
  'org.apache.pulsar.broker.authentication.AuthenticationProviderTls',
  'org.apache.pulsar.broker.authentication.AuthenticationProviderBasic',
  'org.apache.pulsar.broker.authentication.oidc.AuthenticationProviderOpenID',
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
  basicAuthConf: secret('Lines of user:hash as htpasswd writes them: file:, data: or base64'),
  openIDAllowedTokenIssuers: text('', 'URLs of the issuers of OpenID Connect, with commas between'),
  openIDAllowedAudiences: text('', 'Audiences of which a token must name one, likewise'),
  openIDRoleClaim: text('sub', 'Claim of such a token that holds the role'),
  openIDRequireIssuersUseHttps: flag(true, 'Whether issuers must be asked over https'),
  openIDAcceptedTimeLeewaySeconds: whole(
    0,
    { unit: 'seconds' },
    'How far the clocks of issuers and of this broker may differ',
  ),
  openIDHttpReadTimeoutMillis: whole(
    10_000,
    { min: 1, unit: 'milliseconds' },
    'How long an issuer may take to answer',
  ),
  openIDCacheRefreshAfterWriteSeconds: whole(
    64_800,
    { min: 1, unit: 'seconds' },
    "How long an issuer's keys are used before they are fetched again",
  ),
  openIDKeyIdCacheMissRefreshSeconds: whole(
    300,
    { min: 1, unit: 'seconds' },
    'How often they are fetched at most because a token is signed by a key that is not there',
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

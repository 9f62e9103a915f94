/** Makes what a configuration asks for; each provider is loaded only where it is configured. */
import type { Clock } from '../../base/clock.ts';
import { BrokerError } from '../../base/errors.ts';
import type { authenticationProviders } from '../../base/options/security.ts';
import type { BrokerConfig } from '../../base/options.ts';
import { Authentication } from './authentication.ts';
import { certificateProvider } from './certificate.ts';
import type { Provider } from './provider.ts';

/** Undefined where authentication is off. Rejects with `bad-option`. */
export async function openAuthentication(
  config: BrokerConfig,
  clock: Clock,
): Promise<Authentication | undefined> {
  if (!config.authenticationEnabled) return undefined;
  const { authenticationProviders: names, anonymousUserRole } = config;
  if (names.length === 0 && anonymousUserRole === '') {
    const what = 'needs authenticationProviders, or an anonymousUserRole for everybody';
    throw new BrokerError('bad-option', `authenticationEnabled: ${what}`);
  }
  const providers = await Promise.all(names.map((name) => LOADERS[name](config, clock)));
  return new Authentication({
    providers,
    anonymousRole: anonymousUserRole === '' ? undefined : anonymousUserRole,
    clock,
    limits: {
      running: config.velamqMaxConcurrentAuthentications,
      waiting: config.velamqMaxWaitingAuthentications,
      known: config.velamqAuthenticationCacheSize,
    },
  });
}

type Loader = (config: BrokerConfig, clock: Clock) => Promise<Provider>;

const PREFIX = 'org.apache.pulsar.broker.authentication.';

const LOADERS: Readonly<Record<(typeof authenticationProviders)[number], Loader>> = {
  [`${PREFIX}AuthenticationProviderToken`]: async (config, clock) =>
    (await import('./token.ts')).tokenProvider(config, clock),
  [`${PREFIX}AuthenticationProviderBasic`]: async (config, clock) =>
    (await import('./basic.ts')).basicProvider(config, clock),
  [`${PREFIX}oidc.AuthenticationProviderOpenID`]: async (config, clock) =>
    (await import('./open-id.ts')).openIdProvider(config, clock),
  [`${PREFIX}AuthenticationProviderTls`]: async () => certificateProvider(),
};

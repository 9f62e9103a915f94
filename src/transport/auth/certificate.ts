/**
 * Certificates of TLS clients (Pulsar's AuthenticationProviderTls): the role is the common name of
 * one that is trusted. Whether it is was found out when the connection was made.
 */
import { failed, type Provider } from './provider.ts';

export function certificateProvider(): Provider {
  return {
    name: 'AuthenticationProviderTls',
    method: 'tls',
    scheme: undefined,
    async authenticate({ certificate }) {
      const role = certificate?.commonNames.findLast((name) => name !== '');
      if (role === undefined) {
        throw failed('Client unable to authenticate with TLS certificate', 'INVALID_CN');
      }
      return { role, method: 'tls', expiresAtMs: Number.POSITIVE_INFINITY };
    },
  };
}

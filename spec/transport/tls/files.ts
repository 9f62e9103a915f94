/** The certificates of specs, and TLS connections that show them. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import type { BrokerConfig } from '../../../src/base/options.ts';

export const pemFile = (name: string) =>
  fileURLToPath(new URL(`../../data/tls/${name}`, import.meta.url));

export const pem = (name: string) => readFileSync(pemFile(name));

/** What a client of this name shows. */
export const shownBy = (name: string) => ({ cert: pem(`${name}.pem`), key: pem(`${name}.key`) });

export const TLS_CLASS = 'org.apache.pulsar.broker.authentication.AuthenticationProviderTls';

/** Both TLS ports beside the plain ones, on any port that is free. */
export const withTls: Partial<BrokerConfig> = {
  brokerServicePortTls: 0,
  webServicePortTls: 0,
  tlsCertificateFilePath: pemFile('server.pem'),
  tlsKeyFilePath: pemFile('server.key'),
  tlsTrustCertsFilePath: pemFile('ca.pem'),
};

/** Connected, and through the handshake; rejects where the broker turns it away. */
export async function connectTls(
  port: number,
  options: ConnectionOptions = {},
): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, ca: pem('ca.pem'), ...options });
  await once(socket, 'secureConnect');
  return socket;
}

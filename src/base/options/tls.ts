/** Options of TLS, on both protocols. Keys and defaults are Pulsar 4.2's. */
import { choices, flag, limitedText, notYet, text, whole } from './option.ts';

/** Older ones are not safe any more, and OpenSSL leaves them out by itself. */
const PROTOCOLS = ['TLSv1.3', 'TLSv1.2'] as const;

const CIPHERS = /^[A-Za-z0-9_-]+(\s*,\s*[A-Za-z0-9_-]+)*$/;

const ciphers = (where: string) =>
  limitedText(
    '',
    CIPHERS,
    'names of cipher suites, separated by commas',
    `Cipher suites of ${where}, by the names of Java or OpenSSL; empty takes those of OpenSSL`,
  );

export const tlsOptions = {
  tlsEnabledWithKeyStore: notYet('key stores of Java; convert them to PEM'),
  tlsCertificateFilePath: text('', 'PEM file of the certificate, and those up to the root'),
  tlsKeyFilePath: text('', 'PEM file of its private key'),
  tlsTrustCertsFilePath: text('', 'PEM file of who may sign certificates of clients'),
  tlsRequireTrustedClientCertOnConnect: flag(
    false,
    'Whether clients need a certificate that is trusted',
  ),
  tlsAllowInsecureConnection: flag(
    false,
    'Whether clients may show a certificate that is not trusted; it proves nothing',
  ),
  tlsCertRefreshCheckDurationSec: whole(
    300,
    { max: 86_400, unit: 'seconds' },
    'Time between looks at whether the files have changed; 0 never looks',
  ),
  tlsProtocols: choices(PROTOCOLS, PROTOCOLS, 'Versions of TLS on the binary protocol'),
  tlsCiphers: ciphers('the binary protocol'),
  webServiceTlsProtocols: choices(PROTOCOLS, PROTOCOLS, 'Versions of TLS on HTTPS'),
  webServiceTlsCiphers: ciphers('HTTPS'),
};

/** Cipher suites have two names each: of the standard, which Java uses, and of OpenSSL. */
import { getCiphers } from 'node:tls';
import { BrokerError } from '../../base/errors.ts';

/** For `createServer`. Throws `bad-option` for a name that nobody knows. */
export function openSslCiphers(option: string, names: string): string {
  const known = new Set(getCiphers().map((name) => name.toUpperCase()));
  const asked = names.split(',').map((name) => name.trim());
  return asked
    .map((name) => {
      const own = known.has(name.toUpperCase()) ? name : ofStandard(name);
      if (known.has(own.toUpperCase())) return own;
      throw new BrokerError('bad-option', `${option}=${name}: no cipher suite has this name`);
    })
    .join(':');
}

/** `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256` is `ECDHE-RSA-AES128-GCM-SHA256`. */
function ofStandard(name: string): string {
  const [, exchange = '', cipher = ''] = /^TLS_(\w+)_WITH_(\w+)$/.exec(name) ?? [];
  const parts = cipher
    .replace(/^AES_(\d+)_CBC/, 'AES$1')
    .replace(/^AES_(\d+)/, 'AES$1')
    .replace(/^(CHACHA20_POLY1305)_SHA256$/, '$1');
  const before = exchange === 'RSA' ? '' : `${exchange}_`;
  return `${before}${parts}`.replaceAll('_', '-');
}

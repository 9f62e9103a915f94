/**
 * The broker's certificate, its key and whom it trusts, read from PEM files and again when they
 * change: connections made from then on see the new ones, those that are open stay.
 */
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions, type TlsOptions } from 'node:tls';
import type { Cancel, Clock } from '../../base/clock.ts';
import { BrokerError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { BrokerConfig } from '../../base/options.ts';
import { openSslCiphers } from './cipher-names.ts';

/** A TLS server, as far as it learns of other certificates. */
interface Renewable {
  setSecureContext(options: SecureContextOptions): void;
}

/** One TLS port: how it is made, and how it hears of new certificates. */
export interface TlsPort {
  readonly options: TlsOptions;
  /** Whether a client may show a certificate that nobody trusts. */
  readonly takesUntrusted: boolean;
  follow(server: Renewable): void;
}

/** Which versions and ciphers a port takes. */
interface TlsRules {
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly maxVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly ciphers?: string;
}

type Files = Pick<SecureContextOptions, 'cert' | 'key' | 'ca'>;

export class Certificates {
  readonly #config: BrokerConfig;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #servers: { readonly server: Renewable; readonly rules: TlsRules }[] = [];
  #files: Files;
  #cancel: Cancel = () => {};
  #isClosed = false;

  private constructor(config: BrokerConfig, clock: Clock, log: Log, files: Files) {
    this.#config = config;
    this.#clock = clock;
    this.#log = log;
    this.#files = files;
  }

  /** Rejects with `bad-option`, which names the file that cannot be used. */
  static async open(config: BrokerConfig, clock: Clock, log: Log): Promise<Certificates> {
    const certificates = new Certificates(config, clock, log, await read(config));
    certificates.#lookLater();
    return certificates;
  }

  /** Throws `bad-option` for ciphers that nobody knows. */
  port(protocol: 'binary' | 'http'): TlsPort {
    const rules = rulesOf(this.#config, protocol);
    const takesUntrusted = this.#config.tlsAllowInsecureConnection;
    const required = this.#config.tlsRequireTrustedClientCertOnConnect;
    return {
      options: {
        ...rules,
        ...this.#files,
        requestCert: true,
        rejectUnauthorized: required && !takesUntrusted,
        handshakeTimeout: HANDSHAKE_MS,
      },
      takesUntrusted,
      follow: (server) => this.#servers.push({ server, rules }),
    };
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  #lookLater(): void {
    const everyMs = this.#config.tlsCertRefreshCheckDurationSec * 1_000;
    if (everyMs === 0 || this.#isClosed) return;
    this.#cancel = this.#clock.after(everyMs, () => {
      this.#look().finally(() => this.#lookLater());
    });
  }

  async #look(): Promise<void> {
    try {
      const files = await read(this.#config);
      if (areSame(files, this.#files)) return;
      this.#files = files;
      for (const { server, rules } of this.#servers)
        server.setSecureContext({ ...rules, ...files });
      this.#log.info('TLS certificates were read again');
    } catch (error) {
      // Half of them may be written; the next look finds all.
      this.#log.error('new TLS certificates cannot be used, the old ones stay', { error });
    }
  }
}

/** How long a client may take for a TLS handshake, in milliseconds. */
const HANDSHAKE_MS = 30_000;

function rulesOf(config: BrokerConfig, protocol: 'binary' | 'http'): TlsRules {
  const isBinary = protocol === 'binary';
  const protocols = isBinary ? config.tlsProtocols : config.webServiceTlsProtocols;
  const ciphers = isBinary ? config.tlsCiphers : config.webServiceTlsCiphers;
  const option = isBinary ? 'tlsCiphers' : 'webServiceTlsCiphers';
  return {
    minVersion: protocols.includes('TLSv1.2') ? 'TLSv1.2' : 'TLSv1.3',
    maxVersion: protocols.includes('TLSv1.3') ? 'TLSv1.3' : 'TLSv1.2',
    ...(ciphers === '' ? {} : { ciphers: openSslCiphers(option, ciphers) }),
  };
}

async function read(config: BrokerConfig): Promise<Files> {
  const { tlsCertificateFilePath, tlsKeyFilePath, tlsTrustCertsFilePath } = config;
  const [cert, key, ca] = await Promise.all([
    readPem('tlsCertificateFilePath', tlsCertificateFilePath),
    readPem('tlsKeyFilePath', tlsKeyFilePath),
    tlsTrustCertsFilePath === ''
      ? undefined
      : readPem('tlsTrustCertsFilePath', tlsTrustCertsFilePath),
  ]);
  const files = { cert, key, ...(ca === undefined ? {} : { ca }) };
  try {
    createSecureContext(files);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const what = 'no certificate and key that belong together';
    throw new BrokerError('bad-option', `tlsCertificateFilePath, tlsKeyFilePath: ${what} (${why})`);
  }
  return files;
}

async function readPem(option: string, path: string): Promise<Buffer> {
  if (path === '') throw new BrokerError('bad-option', `${option}: TLS ports need this file`);
  try {
    return await readFile(path.replace(/^file:(\/\/)?/, ''));
  } catch (error) {
    const { code = 'no file' } = error as NodeJS.ErrnoException;
    throw new BrokerError('bad-option', `${option}: cannot read ${path} (${code})`);
  }
}

function areSame(one: Files, other: Files): boolean {
  const names = ['cert', 'key', 'ca'] as const;
  return names.every((name) => String(one[name]) === String(other[name]));
}

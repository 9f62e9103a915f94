// A second broker, beside the one that asks nobody who he is: with TLS, all ways to prove who one is, and
// roles that count. It starts when the first scenario wants it and is shared by all, each with roles and
// names of its own. The issuer of its tokens by OpenID Connect runs here, too.

import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import passwordHash from 'apache-md5';
import { SignJWT } from 'jose';
import { freePorts, startBroker } from './broker.mjs';
import { startIssuer } from './issuer.mjs';

const certificates = resolve(import.meta.dirname, '../data/tls');

const PROVIDERS = ['Token', 'Tls', 'Basic'].map(
  (name) => `org.apache.pulsar.broker.authentication.AuthenticationProvider${name}`,
);
const OPEN_ID = 'org.apache.pulsar.broker.authentication.oidc.AuthenticationProviderOpenID';

/** Who may do everything, and whom everybody else is made by. */
const OPERATOR = 'operator';

export class GuardedBroker {
  #kind;
  #logFile;
  #keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  #started;
  #running;

  constructor(kind, logFile) {
    this.#kind = kind;
    this.#logFile = logFile;
  }

  /** Where it is and what it takes, for the suites; it is started once. */
  description() {
    this.#started ??= this.#start();
    return this.#started;
  }

  /** A token of a role, for so many seconds (a text; below 0 it has expired) or for ever. */
  token(role, seconds = '') {
    const token = new SignJWT({ sub: role }).setProtectedHeader({ alg: 'RS256' });
    const now = Math.floor(Date.now() / 1000);
    if (seconds !== '') token.setExpirationTime(now + Number(seconds));
    return token.sign(this.#keys.privateKey);
  }

  killNow() {
    this.#running?.broker.killNow();
  }

  async close() {
    await this.#started?.catch(() => {});
    if (this.#running === undefined) return;
    const { broker, issuer, folder } = this.#running;
    await broker.close();
    await issuer.close();
    await rm(folder, { recursive: true });
  }

  async #start() {
    const folder = await mkdtemp(join(tmpdir(), 'interop-guarded-'));
    const [tlsPort, httpsPort] = await freePorts(2);
    const issuer = await startIssuer(this.#keysOfIssuer);
    const token = await this.token(OPERATOR);
    const passwords = join(folder, 'passwords');
    await writeFile(passwords, `carol:${passwordHash("carol's password")}\n`);
    const login = join(folder, 'login.json');
    await writeFile(login, JSON.stringify({ type: 'client_credentials', ...issuer.client }));
    const broker = await startBroker(this.#kind, this.#logFile, {
      headers: { authorization: `Bearer ${token}` },
      own: {
        ...this.#credentials(passwords, issuer),
        ...TLS,
        brokerServicePortTls: tlsPort,
        webServicePortTls: httpsPort,
        authorizationEnabled: true,
        superUserRoles: OPERATOR,
        // Pulsar talks to itself as a client.
        brokerClientAuthenticationPlugin: 'org.apache.pulsar.client.impl.auth.AuthenticationToken',
        brokerClientAuthenticationParameters: `token:${token}`,
      },
    });
    this.#running = { broker, issuer, folder };
    return {
      serviceUrl: broker.serviceUrl.replace('127.0.0.1', 'localhost'),
      serviceUrlTls: `pulsar+ssl://localhost:${tlsPort}`,
      adminUrl: broker.adminUrl.replace('127.0.0.1', 'localhost'),
      adminUrlTls: `https://localhost:${httpsPort}`,
      /** The folder of spec/data/tls. */
      certificates,
      operator: token,
      issuer: issuer.url,
      audience: issuer.audience,
      /** What an OAuth2 client logs in with, as a file. */
      login,
    };
  }

  #credentials(passwords, issuer) {
    const publicKey = this.#keys.publicKey.export({ type: 'spki', format: 'der' });
    return {
      authenticationEnabled: true,
      authenticationProviders: PROVIDERS.join(),
      authenticationRefreshCheckSeconds: 2,
      tokenPublicKey: `data:;base64,${publicKey.toString('base64')}`,
      basicAuthConf: passwords,
      ...(this.#kind === 'velamq' && {
        authenticationProviders: [...PROVIDERS, OPEN_ID].join(),
        openIDAllowedTokenIssuers: issuer.url,
        openIDAllowedAudiences: issuer.audience,
        openIDRequireIssuersUseHttps: false,
      }),
    };
  }

  /** The oracle is without Pulsar's module for OpenID; it takes the issuer for whoever signs tokens. */
  get #keysOfIssuer() {
    return this.#kind === 'oracle'
      ? this.#keys
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  }
}

const TLS = {
  tlsCertificateFilePath: join(certificates, 'server.pem'),
  tlsKeyFilePath: join(certificates, 'server.key'),
  tlsTrustCertsFilePath: join(certificates, 'ca.pem'),
};

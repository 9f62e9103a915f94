/** An issuer of tokens, as small as OpenID Connect and OAuth2 let it be. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, type JWTPayload, SignJWT } from 'jose';

export class Issuer {
  readonly #server: Server;
  #keys: { readonly id: string; readonly pair: { publicKey: KeyObject; privateKey: KeyObject } }[] =
    [];
  /** How often its keys were fetched. */
  fetches = 0;
  /** Whether it answers at all. */
  isUp = true;

  constructor() {
    this.rotate('first');
    this.#server = createServer((request, response) => {
      this.#answer(request).then(
        (body) => response.end(JSON.stringify(body)),
        () => response.writeHead(400).end('{}'),
      );
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  start(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Signs with another key from now on, and shows that one alone. */
  rotate(id: string): void {
    this.#keys = [{ id, pair: generateKeyPairSync('rsa', { modulusLength: 2048 }) }];
  }

  sign(claims: JWTPayload): Promise<string> {
    const [key] = this.#keys;
    if (key === undefined) throw new Error('no key');
    const soon = 1_700_000_000;
    return new SignJWT({ iss: this.url, aud: 'velamq', iat: soon, exp: soon + 600, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: key.id })
      .sign(key.pair.privateKey);
  }

  async #answer({ url = '', method }: IncomingMessage): Promise<unknown> {
    if (!this.isUp) throw new Error('down');
    if (url === '/keys') {
      this.fetches += 1;
      return { keys: await Promise.all(this.#keys.map(jwkOf)) };
    }
    if (url === '/token' && method === 'POST') {
      return { access_token: await this.sign({ sub: 'client' }), expires_in: 600 };
    }
    const issuer = this.url;
    return { issuer, jwks_uri: `${issuer}/keys`, token_endpoint: `${issuer}/token` };
  }
}

async function jwkOf({ id, pair }: { id: string; pair: { publicKey: KeyObject } }) {
  return { ...(await exportJWK(pair.publicKey)), kid: id, alg: 'RS256', use: 'sig' };
}

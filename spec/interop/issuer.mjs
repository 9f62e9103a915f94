// An issuer of tokens, as small as OpenID Connect and OAuth2 let it be: it says where its keys are, and gives
// a token to the one client that it knows.

import { createServer } from 'node:http';
import { exportJWK, SignJWT } from 'jose';

const CLIENT = { client_id: 'dave', client_secret: 'what only dave knows' };
const AUDIENCE = 'urn:velamq:interop';
const lifetimeSeconds = 600;

/** Starts it on a free port, with a pair of RSA keys; `client` are the credentials that it takes. */
export async function startIssuer({ publicKey, privateKey }) {
  const key = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  let url = '';

  const token = async (form) => {
    const { client_id: id, client_secret: secret } = Object.fromEntries(new URLSearchParams(form));
    if (id !== CLIENT.client_id || secret !== CLIENT.client_secret) return;
    return await new SignJWT({ sub: id })
      .setProtectedHeader({ alg: 'RS256', kid: key.kid })
      .setIssuer(url)
      .setAudience(AUDIENCE)
      .setIssuedAt()
      .setExpirationTime(`${lifetimeSeconds} s`)
      .sign(privateKey);
  };

  const server = createServer(async (request, response) => {
    const answer = (body, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.url === '/keys') return answer({ keys: [key] });
    if (request.url !== '/token') {
      return answer({ issuer: url, jwks_uri: `${url}/keys`, token_endpoint: `${url}/token` });
    }
    const given = await token((await request.toArray()).join(''));
    if (given === undefined) return answer({ error: 'invalid_client' }, 401);
    return answer({ access_token: given, token_type: 'Bearer', expires_in: lifetimeSeconds });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://localhost:${server.address().port}`;
  return {
    url,
    audience: AUDIENCE,
    client: CLIENT,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

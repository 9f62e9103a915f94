/** For brokers that ask who one is: what they are configured with, and what fits or not. */
import { createHmac, randomBytes } from 'node:crypto';
import { hashSync } from '@node-rs/bcrypt';

const SECRET = Buffer.alloc(32, 'k');
const PROVIDERS = 'org.apache.pulsar.broker.authentication.AuthenticationProvider';
/** What `htpasswd -B` makes. */
const BCRYPT_COST = 5;

export const ASKS_FOR_CREDENTIALS = [
  'authenticationEnabled=true',
  `authenticationProviders=${PROVIDERS}Token,${PROVIDERS}Basic`,
  `tokenSecretKey=data:;base64,${SECRET.toString('base64')}`,
  `basicAuthConf=data:;base64,${base64(`somebody:${hashSync('secret', BCRYPT_COST)}`)}`,
];

/** Of the neighbour. */
export const TOKEN = tokenOf('neighbour', SECRET);

/** Another one each time. */
export function wrongToken(): string {
  return tokenOf('hostile', randomBytes(SECRET.length));
}

export function wrongPassword(): string {
  return `somebody:${randomBytes(8).toString('hex')}`;
}

function tokenOf(sub: string, secret: Buffer): string {
  const said = `${base64(JSON.stringify({ alg: 'HS256' }))}.${base64(JSON.stringify({ sub }))}`;
  return `${said}.${createHmac('sha256', secret).update(said).digest('base64url')}`;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64url');
}

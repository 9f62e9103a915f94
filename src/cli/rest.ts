/** Requests to a broker's REST interface, with the login of a context. */
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request as plainRequest } from 'node:http';
import { BrokerError } from '../base/errors.ts';
import type { Context } from './contexts.ts';

export interface RestRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** With its query, percent-encoded. */
  readonly path: string;
  readonly body?: Buffer | string | undefined;
  readonly contentType?: string;
  /** Nothing heard for so long ends it. Default one minute. */
  readonly timeoutMs?: number;
}

/** By their names in small letters. */
export type Headers = IncomingMessage['headers'];

const TIMEOUT_MS = 60_000;
/** As in Pulsar's own tools. */
const MAX_REDIRECTS = 20;

/** Sends a request; resolves once the answer begins. Rejects with `service-not-ready` without. */
export async function open(context: Context, request: RestRequest): Promise<IncomingMessage> {
  let url = new URL(request.path, withSlash(context.url));
  for (let left = MAX_REDIRECTS; ; left -= 1) {
    const response = await once(context, request, url);
    const { statusCode = 0, headers } = response;
    const isRedirect = statusCode === 307 || statusCode === 302 || statusCode === 308;
    if (!isRedirect || headers.location === undefined || left === 0) return response;
    response.resume();
    url = new URL(headers.location, url);
  }
}

export async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The reason that an answer gives for refusing. */
export function reasonIn(status: number, body: Buffer): string {
  const text = body.toString('utf8');
  try {
    const { reason } = JSON.parse(text) as { reason?: unknown };
    if (typeof reason === 'string') return reason;
  } catch {
    // Some answers are no JSON.
  }
  return text === '' || text.startsWith('<') ? `HTTP ${status}` : text;
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}

async function once(context: Context, request: RestRequest, url: URL): Promise<IncomingMessage> {
  const { method, body, contentType = 'application/json', timeoutMs = TIMEOUT_MS } = request;
  const isSecure = url.protocol === 'https:';
  // Loaded only where it is needed: most calls go to this machine.
  const begin = isSecure ? (await import('node:https')).request : plainRequest;
  const headers = {
    accept: 'application/json',
    ...(body === undefined ? {} : { 'content-type': contentType }),
    ...(body === undefined && method !== 'GET' ? { 'content-length': '0' } : {}),
    ...login(context),
  };
  const options = { method, headers, timeout: timeoutMs, ...(isSecure ? tlsOf(context) : {}) };
  return await new Promise((resolve, reject) => {
    const sent = begin(url, options, resolve);
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    sent.on('error', (cause) => {
      const message = `${url.origin} does not answer: ${messageOf(cause)}`;
      reject(new BrokerError('service-not-ready', message, { cause }));
    });
    sent.end(body);
  });
}

/** Node names every address that it tried, and leaves the message itself empty. */
function messageOf(error: Error): string {
  return error.message || ((error as NodeJS.ErrnoException).code ?? error.name);
}

function login({ token, tokenFile, basic }: Context): Record<string, string> {
  const given = token ?? (tokenFile === undefined ? undefined : readFileSync(tokenFile, 'utf8'));
  if (given !== undefined) return { authorization: `Bearer ${given.trim()}` };
  if (basic === undefined) return {};
  return { authorization: `Basic ${Buffer.from(basic).toString('base64')}` };
}

function tlsOf({ caFile, certFile, keyFile, insecure }: Context) {
  return {
    ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }),
    ...(certFile === undefined ? {} : { cert: readFileSync(certFile) }),
    ...(keyFile === undefined ? {} : { key: readFileSync(keyFile) }),
    rejectUnauthorized: insecure !== true,
  };
}

/**
 * The HTTP framework: routes to handlers, bodies to values, errors to `{"reason": "..."}`. Loaded
 * with the first request that needs it, since it costs a quarter of an idle broker's memory.
 */
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { AssertionError } from '../../base/assert.ts';
import { BrokerError } from '../../base/errors.ts';
import { limitsOf } from '../../base/limits.ts';
import type { Log } from '../../base/log.ts';
import { MAX_TOPIC_NAME_BYTES } from '../../base/topic-name.ts';
import type { Identity } from '../auth/identity.ts';
import {
  Accepted,
  type AdminContext,
  Archive,
  type Call,
  Content,
  EMPTY,
  NO_CONTENT,
  Page,
  Pieces,
  Text,
} from './call.ts';
import { HttpTurns, partyOf } from './http-turns.ts';
import { formOf, reasonFor } from './later.ts';
import { isTooDeep } from './nesting.ts';
import { factsOf } from './request-ids.ts';
import { registerRoutes } from './routes.ts';
import type { Serve } from './who-asks.ts';

/** A percent-encoded byte takes three characters. */
const MAX_PARAM_LENGTH = MAX_TOPIC_NAME_BYTES * 3;

export async function buildApp(context: AdminContext, log: Log): Promise<Serve> {
  const { maxHttpBodyBytes, httpBytesPerSecond } = limitsOf(context.options);
  const app = fastify({
    bodyLimit: maxHttpBodyBytes,
    exposeHeadRoutes: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_PARAM_LENGTH },
    // No schemas are used: without these, two compilers of schemas would be loaded.
    schemaController: {
      compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas },
    },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  const patterns: RegExp[] = [];
  const identities: Identities = new WeakMap();
  const turns = new HttpTurns(context.clock, httpBytesPerSecond);
  app.addHook('preParsing', ({ raw }, _reply, body, done) => {
    if (raw.method !== 'GET') turns.read(raw, partyOf(raw, identities.get(raw)));
    done(null, body);
  });
  registerRoutes(
    {
      on(method, path, handler) {
        patterns.push(formOf(path));
        app.route({
          method,
          url: path,
          handler: async (request, reply) => {
            const value = await handler(callOf(request, identities));
            if (!(value instanceof Pieces)) return answer(reply, value);
            const party = partyOf(request.raw, identities.get(request.raw));
            return inPieces(reply, turns.write(value.texts, party));
          },
        });
      },
    },
    context,
  );
  refusals(app, patterns, log);
  await app.ready();
  return (request, response, identity) => {
    if (identity !== undefined) identities.set(request, identity);
    app.routing(request, response);
  };
}

function noSchemas(): never {
  throw new AssertionError('no route has a schema');
}

/** Who sent each request that is under way. */
type Identities = WeakMap<IncomingMessage, Identity>;

function callOf(request: FastifyRequest, identities: Identities): Call {
  const params = request.params as Readonly<Record<string, string>>;
  const query = request.query as Readonly<Record<string, string | string[]>>;
  return {
    identity: identities.get(request.raw),
    param: (name) => params[name] ?? '',
    query: (name) => [query[name]].flat()[0],
    queries: (name) => [query[name] ?? []].flat(),
    header: (name) => [request.headers[name]].flat()[0],
    json: () => jsonOf(request.body),
    text: () => bytesOf(request.body).toString(),
  };
}

const NO_BYTES = Buffer.alloc(0);

function bytesOf(body: unknown): Buffer {
  return Buffer.isBuffer(body) ? body : NO_BYTES;
}

function jsonOf(body: unknown): unknown {
  const bytes = bytesOf(body);
  if (isTooDeep(bytes)) throw new BrokerError('invalid-argument', 'The body is nested too deep');
  const text = bytes.toString().trim();
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new BrokerError('invalid-argument', `The body is not JSON: ${text.slice(0, 80)}`);
  }
}

function inPieces(reply: FastifyReply, texts: AsyncIterable<string>): FastifyReply {
  return reply.code(200).type('application/json').send(Readable.from(texts));
}

function answer(reply: FastifyReply, value: unknown): FastifyReply {
  if (value === NO_CONTENT) return reply.code(204).send();
  if (value === EMPTY) return reply.code(200).send();
  if (value instanceof Archive) {
    reply.raw.once('close', value.close);
    return reply.code(200).type('application/x-tar').send(Readable.from(value.chunks));
  }
  if (value instanceof Accepted) {
    return reply.code(202).type('application/json').send(JSON.stringify(value.value));
  }
  if (value instanceof Content) {
    // Not through the framework, which would write the names in lower case.
    for (const [name, one] of Object.entries(value.headers)) reply.raw.setHeader(name, one);
    return reply.code(200).type('application/json').send(value.bytes);
  }
  if (value instanceof Page) return reply.code(200).type('text/html').send(value.html);
  const content = value instanceof Text ? value.content : JSON.stringify(value);
  return reply.code(200).type('application/json').send(content);
}

/** Answers of what no handler answered, or what one threw. */
function refusals(app: FastifyInstance, patterns: readonly RegExp[], log: Log): void {
  const refuse = (reply: FastifyReply, status: number, reason: string) =>
    reply.code(status).type('application/json').send(JSON.stringify({ reason }));

  app.setErrorHandler((error, request, reply) => {
    if (error instanceof BrokerError && error.message === '') {
      return reply.code(error.httpStatus).send();
    }
    if (error instanceof BrokerError) return refuse(reply, error.httpStatus, error.message);
    const { statusCode: status, message = String(error) } = error as Partial<HttpError>;
    if (status !== undefined && status < 500) return refuse(reply, status, message);
    log.error('a REST request failed', { ...factsOf(request.raw, reply.raw), error });
    return refuse(reply, 500, message);
  });

  app.setNotFoundHandler((request, reply) => {
    const [path = ''] = request.url.split('?');
    const reason = reasonFor(request.method, path);
    if (reason !== undefined) return refuse(reply, 501, reason);
    const served = patterns.some((pattern) => pattern.test(path));
    if (served) return refuse(reply, 405, 'HTTP 405 Method Not Allowed');
    return refuse(reply, 404, 'HTTP 404 Not Found');
  });
}

interface HttpError {
  readonly statusCode: number;
  readonly message: string;
}

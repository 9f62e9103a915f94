/**
 * REST in the simulation: production's resources, asked by method and path, without HTTP under
 * them. What production's framework makes of a thrown error is done here once more.
 */
import { BrokerError } from '../../../src/base/errors.ts';
import type { Log } from '../../../src/base/log.ts';
import type { AdminContext, Call, Handler, Method } from '../../../src/transport/admin/call.ts';
import { NO_CONTENT } from '../../../src/transport/admin/call.ts';
import { registerRoutes } from '../../../src/transport/admin/routes.ts';

export interface AdminRequest {
  readonly method: Method;
  /** With its query, as in a URL. */
  readonly path: string;
  readonly body?: unknown;
}

export interface AdminAnswer {
  readonly status: number;
  readonly value: unknown;
}

interface Route {
  readonly method: Method;
  readonly parts: readonly string[];
  readonly handler: Handler;
}

export class Admin {
  readonly #context: AdminContext;
  readonly #log: Log;
  #made: readonly Route[] | undefined;

  constructor(context: AdminContext, log: Log) {
    this.#context = context;
    this.#log = log;
  }

  async ask({ method, path, body }: AdminRequest): Promise<AdminAnswer> {
    const { pathname, searchParams } = new URL(path, 'http://broker');
    const parts = pathname.split('/').map(decodeURIComponent);
    const route = this.#routes.find((each) => each.method === method && fits(each.parts, parts));
    if (route === undefined) throw new Error(`nothing answers ${method} ${path}`);
    const call: Call = {
      identity: undefined,
      param: (name) => parts[route.parts.indexOf(`:${name}`)] ?? '',
      query: (name) => searchParams.get(name) ?? undefined,
      queries: () => [],
      header: () => undefined,
      json: () => body,
      text: () => JSON.stringify(body),
    };
    try {
      const value = await route.handler(call);
      return { status: value === NO_CONTENT ? 204 : 200, value };
    } catch (error) {
      if (error instanceof BrokerError) return { status: error.httpStatus, value: error.message };
      this.#log.error('a REST request failed', { method, url: path, error });
      return { status: 500, value: String(error) };
    }
  }

  /** Made when the first one asks: many brokers are asked nothing. */
  get #routes(): readonly Route[] {
    this.#made ??= routesOf(this.#context);
    return this.#made;
  }
}

function routesOf(context: AdminContext): Route[] {
  const routes: Route[] = [];
  const on = (method: Method, path: string, handler: Handler) => {
    routes.push({ method, parts: path.split('/'), handler });
  };
  registerRoutes({ on }, context);
  return routes;
}

function fits(pattern: readonly string[], parts: readonly string[]): boolean {
  if (pattern.length !== parts.length) return false;
  return pattern.every((part, i) => part.startsWith(':') || part === parts[i]);
}

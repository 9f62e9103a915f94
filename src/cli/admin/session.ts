/** One call of `velamq admin`: the words that were given, and the broker that they are for. */
import { BrokerError } from '../../base/errors.ts';
import type { Context } from '../contexts.ts';
import { type Headers, open, bodyOf as readBody, reasonIn } from '../rest.ts';
import { bodyOf, jsonOf } from './bodies.ts';
import { namespacePath, topicPath } from './names.ts';
import { show } from './show.ts';
import type { Request, Verb } from './table.ts';
import { UsageError, type Words } from './words.ts';

/** The broker refused. */
export class Refused extends BrokerError {
  /** Of HTTP. */
  readonly status: number;

  constructor(reason: string, status: number) {
    super('unknown', reason);
    this.status = status;
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof Refused && error.status === 404;
}

export interface Received {
  readonly headers: Headers;
  readonly bytes: Buffer;
}

export class Session {
  readonly words: Words;
  readonly #context: Context;
  readonly #timeoutMs: number;
  /** Answers are shown as the broker gives them. */
  readonly isJson: boolean;

  constructor(context: Context, words: Words, options: { timeoutMs: number; isJson: boolean }) {
    this.#context = context;
    this.words = words;
    this.#timeoutMs = options.timeoutMs;
    this.isJson = options.isJson;
  }

  /** The value of a flag as text. */
  flag(name: string): string | undefined {
    const value = this.words.flags[name];
    return value === undefined ? undefined : String(value);
  }

  /** A positional word. */
  word(name: string): string {
    const word = this.words.positionals[name];
    if (word === undefined) throw new UsageError(`Missing required parameter: '<${name}>'`);
    return word;
  }

  /** Sends a request, its path filled in; the text of the answer. Rejects with `Refused`. */
  async send(method: Request['method'], path: string, body?: unknown): Promise<string> {
    return (await this.#exchange(method, path, body)).bytes.toString('utf8');
  }

  /** The answer as it is. Rejects with `Refused`. */
  receive(path: string): Promise<Received> {
    return this.#exchange('GET', path);
  }

  async #exchange(method: Request['method'], path: string, body?: unknown): Promise<Received> {
    const target = path.startsWith('/') ? path : `/admin/v2/${path}`;
    const response = await open(this.#context, {
      method,
      path: target,
      timeoutMs: this.#timeoutMs,
      ...(body === undefined ? {} : { body: jsonOf(body), contentType: typeOf(target, body) }),
    });
    const status = response.statusCode ?? 0;
    const bytes = await readBody(response);
    if (status < 200 || status >= 300) throw new Refused(reasonIn(status, bytes), status);
    return { headers: response.headers, bytes };
  }

  async get<T>(path: string): Promise<T> {
    return JSON.parse(await this.send('GET', path)) as T;
  }

  /** Fills in what stands in braces and brackets. */
  fill(template: string): string {
    const [path = '', query] = template.split('?');
    const filled = path
      .replaceAll(/\[([^\]]*)\]/g, (_, part: string) => this.#part(part))
      .replaceAll(/\{([^}]*)\}/g, (_, name: string) => {
        const value = this.#value(name);
        if (value === undefined) throw new UsageError(`Missing required parameter: '${name}'`);
        return value;
      });
    const pairs = (query ?? '').split('&').flatMap((pair) => {
      const [, key = '', name = '', otherwise] = /^(.*?)=\{(.*?)(?:=(.*))?\}$/.exec(pair) ?? [];
      const value = name === '' ? undefined : (this.#value(name) ?? otherwise);
      return value === undefined ? [] : [`${key}=${value}`];
    });
    return pairs.length === 0 ? filled : `${filled}?${pairs.join('&')}`;
  }

  /** Makes the request of a verb; the text to show. */
  async run(verb: Verb): Promise<string> {
    const { flags } = this.words;
    const request =
      verb.requests.find(({ when }) => when !== undefined && when in flags) ??
      verb.requests.find(({ when }) => when === undefined)!;
    const { method, path, body, output } = request;
    const sent = body === undefined ? undefined : bodyOf(body, this.words);
    const answer = await this.send(method, this.fill(path), sent);
    if (this.isJson) return answer === '' ? '' : `${answer.trim()}\n`;
    return show(output, answer);
  }

  /** A part of a path that is there only with all that it names. */
  #part(part: string): string {
    const names = [...part.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name!);
    return names.every((name) => this.#value(name) !== undefined) ? part : '';
  }

  #value(name: string): string | undefined {
    const [source = '', kind] = name.split('|');
    if (source === 'topic') return topicPath(this.word('topic'));
    if (source === 'tnt') return withoutDomain(this.word('topic'));
    if (source === 'namespace') return namespacePath(this.word('namespace'));
    const text = source.startsWith('--') ? this.flag(source) : this.words.positionals[source];
    if (kind?.startsWith('--')) {
      const other = text ?? this.flag(kind);
      return other === undefined ? undefined : encodeURIComponent(other);
    }
    if (text === undefined) return undefined;
    if (kind === 'tnt') return withoutDomain(text);
    if (kind === 'ns') return namespacePath(text);
    if (kind === 'time') return String(timeOf(text));
    return encodeURIComponent(text);
  }
}

/** `tenant/namespace/topic`. */
function withoutDomain(name: string): string {
  return topicPath(name).replace(/^[^/]*\//, '');
}

/** A point in time as ISO 8601 has it, in milliseconds since the epoch. */
function timeOf(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new UsageError(`Invalid time: '${text}'`);
  return ms;
}

/** Partitions with properties have a type of their own. */
function typeOf(path: string, body: unknown): string {
  const isPartitions = path.endsWith('/partitions') && typeof body === 'object';
  return isPartitions ? 'application/vnd.partitioned-topic-metadata+json' : 'application/json';
}

/**
 * One REST request as the resources see it, and what they may answer. No resource knows the HTTP
 * framework: it registers handlers on `Routes` and returns values.
 */
import type { Broker } from '../../actors/broker.ts';
import type { Clock } from '../../base/clock.ts';
import { BrokerError } from '../../base/errors.ts';
import type { ServiceUrls } from '../../base/options/listeners.ts';
import type { BrokerConfig } from '../../base/options.ts';
import type { BackupSource } from '../../storage/backup.ts';
import type { Authorization } from '../auth/authorization.ts';
import type { Identity } from '../auth/identity.ts';
import type { RateSource } from '../metrics/rates.ts';

/** The version of Pulsar whose interface this is; tools choose their behaviour by it. */
export const SPOKEN_VERSION = '4.2.4';

export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE';

/** A parsed request. Path parameters are percent-decoded. */
export interface Call {
  /** Who asks; undefined where authentication is off. */
  readonly identity: Identity | undefined;
  param(name: string): string;
  query(name: string): string | undefined;
  /** All values that a query has for a name. */
  queries(name: string): readonly string[];
  header(name: string): string | undefined;
  /** The body's JSON value; undefined when the body is empty. Throws `invalid-argument`. */
  json(): unknown;
  /** The body as it is. */
  text(): string;
}

/**
 * A value is answered as JSON with status 200; the others say what they are. What is thrown is
 * answered as `{"reason": message}` with the status of its code.
 */
export type Handler = (call: Call) => unknown;

export interface Routes {
  on(method: Method, path: string, handler: Handler): void;
}

/** 204. */
export const NO_CONTENT = Symbol('204');

/** 200 with Content-Length 0: a policy that is not set, clusters created and updated. */
export const EMPTY = Symbol('200');

/** A value with status 202. */
export class Accepted {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/** A bare text. Pulsar sends it as application/json all the same. */
export class Text {
  readonly content: string;

  constructor(content: string) {
    this.content = content;
  }
}

/** HTML, for people. */
export class Page {
  readonly html: string;

  constructor(html: string) {
    this.html = html;
  }
}

/** Bytes with headers of their own. Pulsar sends them as application/json all the same. */
export class Content {
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string | string[]>>;

  constructor(bytes: Buffer, headers: Readonly<Record<string, string | string[]>>) {
    this.bytes = bytes;
    this.headers = headers;
  }
}

/** A long JSON text, made and sent piece by piece, as fast as the client takes it. */
export class Pieces {
  readonly texts: AsyncIterable<string>;

  constructor(texts: AsyncIterable<string>) {
    this.texts = texts;
  }
}

/** A long answer of bytes; `close` is called when the client is gone, read to its end or not. */
export class Archive {
  readonly chunks: AsyncIterable<Buffer>;
  readonly close: () => void;

  constructor(chunks: AsyncIterable<Buffer>, close: () => void) {
    this.chunks = chunks;
    this.close = close;
  }
}

/** What resources work with. */
export interface AdminContext {
  readonly broker: Broker;
  readonly options: BrokerConfig;
  readonly clock: Clock;
  readonly rates: RateSource;
  readonly urls: BrokerUrls;
  /** What can be copied; not there where nothing is stored on a disk. */
  readonly backups?: BackupSource | undefined;
  /** Ends the broker as a signal would; not there where a program holds it. */
  readonly stop?: (() => void) | undefined;
  /** Undefined where everybody may call everything. */
  readonly authorization?: Authorization | undefined;
}

/** Where clients find this broker. */
export interface BrokerUrls extends ServiceUrls {
  /** `host:port` of the HTTP side: Pulsar's broker id. */
  readonly brokerId: string;
}

/** True for `?name=true`, in any case, as Java reads booleans. */
export function flag(call: Call, name: string, otherwise = false): boolean {
  const text = call.query(name);
  return text === undefined ? otherwise : text.toLowerCase() === 'true';
}

/** A Java `long` of the path; with anything else the path does not exist (404, as in Pulsar). */
export function wholeParam(call: Call, name: string): number {
  return wholeText(call.param(name), MAX_LONG);
}

/** A Java `int` of the path, in the same way. */
export function intParam(call: Call, name: string): number {
  return wholeText(call.param(name), MAX_INT);
}

/** Throws `message-not-found` for what is no whole number up to `most`. */
export function wholeText(text: string, most = MAX_LONG): number {
  const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Math.abs(value) <= most) return value;
  throw new BrokerError('message-not-found', 'HTTP 404 Not Found');
}

export const MAX_INT = 2 ** 31 - 1;
/** The nearest double: those beside it are the same number here. */
export const MAX_LONG = 2 ** 63;

/** Request bodies, read as leniently as Pulsar reads them: absent, `null`, `2` and `"2"`. */
import { BrokerError } from '../../base/errors.ts';
import { EARLIEST, LATEST, type Position } from '../../base/position.ts';
import { type Call, MAX_INT, MAX_LONG } from './call.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** The body as an object; undefined when it is absent or `null`. Throws `invalid-argument`. */
export function objectBody(call: Call): JsonObject | undefined {
  const body = call.json() ?? undefined;
  return body === undefined ? undefined : objectOf(body);
}

/** Throws `invalid-argument`. */
export function objectOf(body: unknown): JsonObject {
  if (isObject(body)) return body;
  throw new BrokerError('invalid-argument', `The body must be an object, not ${shown(body)}`);
}

/** A Java `long`, 0 for `null`. Throws `invalid-argument`, also when there is no body. */
export function wholeBody(call: Call): number {
  const body = call.json();
  if (body === undefined) throw emptyBody();
  return body === null ? 0 : wholeOf(body);
}

/** A Java `int`; undefined when the body is absent or `null`. Throws `invalid-argument`. */
export function intBody(call: Call): number | undefined {
  const body = call.json() ?? undefined;
  return body === undefined ? undefined : intOf(body);
}

/**
 * A Java `long`, truncated to a whole number, as Java does; `what` names its place. One that is no
 * number here without loss becomes the nearest one that is. Throws `invalid-argument`.
 */
export function wholeOf(value: unknown, what = 'The body'): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Math.abs(number) <= MAX_LONG) {
    const { MAX_SAFE_INTEGER: most } = Number;
    return Math.max(-most, Math.min(Math.trunc(number), most));
  }
  throw new BrokerError('invalid-argument', `${what} must be a whole number, not ${shown(value)}`);
}

function intOf(value: unknown, what?: string): number {
  const number = wholeOf(value, what);
  if (number >= -MAX_INT - 1 && number <= MAX_INT) return number;
  throw new BrokerError('invalid-argument', `Numeric value (${number}) out of range of int`);
}

/** Throws `invalid-argument`, also when there is no body. */
export function booleanBody(call: Call): boolean {
  const body = call.json();
  if (body === undefined) throw emptyBody();
  return booleanOf(body);
}

/** Java reads `null` as false. Throws `invalid-argument`. */
export function booleanOf(body: unknown): boolean {
  if (typeof body === 'boolean') return body;
  if (typeof body === 'number') return body !== 0;
  if (body === 'true' || body === 'false') return body === 'true';
  if (body === null) return false;
  throw new BrokerError('invalid-argument', `The body must be true or false, not ${shown(body)}`);
}

/** What Pulsar says of a body that must be there. */
export function emptyBody(): BrokerError {
  return new BrokerError('invalid-argument', 'The request entity cannot be empty.');
}

/** Throws `invalid-argument`. */
export function stringMap(value: unknown): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) {
    throw new BrokerError('invalid-argument', `Expected names and texts, not ${shown(value)}`);
  }
  const entries = Object.entries(value).filter(([, one]) => one !== null);
  const odd = entries.find(([, one]) => typeof one === 'object');
  if (odd !== undefined) {
    throw new BrokerError('invalid-argument', `${odd[0]} must be a text, not ${shown(odd[1])}`);
  }
  return Object.fromEntries(entries.map(([key, one]) => [key, String(one)]));
}

/** Undefined when the value is absent or `null`. Throws `invalid-argument`. */
export function stringList(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  throw new BrokerError('invalid-argument', `Expected a list of texts, not ${shown(value)}`);
}

/** A Java `long` of a document. Throws `invalid-argument`. */
export function wholeField(body: JsonObject, name: string, otherwise: number): number {
  return wholeOf(body[name] ?? otherwise, name);
}

/** A Java `int` of a document. Throws `invalid-argument`. */
export function intField(body: JsonObject, name: string, otherwise: number): number {
  return intOf(body[name] ?? otherwise, name);
}

/** A Java `double` of a document. Throws `invalid-argument`. */
export function doubleField(body: JsonObject, name: string, otherwise: number): number {
  const value = body[name] ?? otherwise;
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw new BrokerError('invalid-argument', `${name} must be a number, not ${shown(value)}`);
}

/** A message id of Pulsar's ResetCursorData: -1:-1 is the earliest, 2^63-1 twice the latest. */
export function positionOf(body: JsonObject): Position {
  const ledgerId = wholeField(body, 'ledgerId', 0);
  const entryId = wholeField(body, 'entryId', 0);
  if (ledgerId < 0) return EARLIEST;
  return ledgerId >= Number.MAX_SAFE_INTEGER ? LATEST : { ledgerId, entryId };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return JSON.stringify(value).slice(0, 80);
}

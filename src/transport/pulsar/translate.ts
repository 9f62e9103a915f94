/** Values of the wire <-> values of the actors: positions, ack sets, key-value lists, errors. */

import { BrokerError, type ErrorCode, type Refusal, wireErrorOf } from '../../base/errors.ts';
import type { Long } from '../../base/long.ts';
import type { Position } from '../../base/position.ts';
import { toSigned } from '../../wire/long.ts';
import { ServerError } from '../../wire/messages.ts';

/** The number that clients see for an error of the registry. */
export function serverErrorOf(code: ErrorCode): ServerError {
  return ServerError[wireErrorOf(code)];
}

/** An error as the data that answers carry; one that is not of the registry says nothing. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof BrokerError) {
    const { code, message } = error;
    return { code, message: code === 'invalid-topic-name' ? INVALID_NAME + message : message };
  }
  return { code: 'unknown', message: 'The broker failed; its log says how' };
}

/** Before what is wrong with a name; only GET_SCHEMA goes without. */
export const INVALID_NAME = 'Invalid topic name: ';

/** A peer that breaks the protocol: thrown, it ends the connection. */
export function violation(what: string): BrokerError {
  return new BrokerError('bad-frame', what);
}

/** Pulsar's -1 and 2^63-1 become `EARLIEST` and `LATEST`; an entry id of -1 stays. */
export function positionOf(ledgerId: Long, entryId: Long): Position {
  if (typeof ledgerId === 'number' && typeof entryId === 'number') return { ledgerId, entryId };
  return { ledgerId: numberOf(ledgerId), entryId: numberOf(entryId) };
}

/** Ids that a number does not hold are the sentinels, or no ids of any broker. */
function numberOf(id: Long): number {
  const signed = toSigned(id);
  if (signed < 0) return -1;
  return signed > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : Number(signed);
}

/** Words of 64 bits, unsigned; undefined for none. */
export function ackSetOf(words: readonly Long[] | undefined): readonly bigint[] | undefined {
  if (words === undefined || words.length === 0) return undefined;
  return words.map((word) => BigInt.asUintN(64, BigInt(word)));
}

/** A key that comes twice counts as it came last. */
export function recordOf<Value>(
  pairs: readonly { readonly key: string; readonly value: Value }[] | undefined,
): Record<string, Value> {
  return Object.fromEntries((pairs ?? []).map(({ key, value }) => [key, value]));
}

/** A schema version that is present and empty: the producer has no schema. */
export const NO_SCHEMA = Buffer.alloc(0);

/** Proto2's empty string, which some clients send for a field that they mean to leave out. */
export function textOf(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

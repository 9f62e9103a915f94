/** What a consumer does with what it has been sent. */
import type { Draws } from './draws.ts';

/** Each as often as its weight says. */
export interface Manners {
  readonly ack: number;
  readonly ackWithReceipt: number;
  /** All up to this one; only where one consumer has the subscription to itself. */
  readonly cumulative: number;
  /** Some messages of a batch. */
  readonly partial: number;
  readonly nack: number;
  /** Nothing, until it asks for everything again or leaves. */
  readonly forget: number;
}

export function drawManner(draws: Draws, manners: Manners): keyof Manners {
  return draws.weighted({ ...manners });
}

/** Which messages of a batch are left open, of those that were. */
export function drawOpen(draws: Draws, open: Iterable<number>): number[] {
  return [...open].filter(() => !draws.happens(0.5));
}

/** The words of an acknowledgement: a bit for each message of the batch that is left. */
export function wordsOf(open: Iterable<number>, count: number): bigint[] {
  const words = new Array<bigint>(Math.ceil(count / 64)).fill(0n);
  for (const index of open) words[index >> 6]! |= 1n << BigInt(index & 63);
  return words;
}

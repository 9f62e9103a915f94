/** Where an entry stands in its topic, as Pulsar's clients see it. */

/** Plain numbers; the wire's 2^64-1 is -1 here and 2^63-1 is `LATEST`. */
export interface Position {
  readonly ledgerId: number;
  readonly entryId: number;
}

/** Before the first entry of any topic. */
export const EARLIEST: Position = Object.freeze({ ledgerId: -1, entryId: -1 });

/** After the last entry of any topic. */
export const LATEST: Position = Object.freeze({
  ledgerId: Number.MAX_SAFE_INTEGER,
  entryId: Number.MAX_SAFE_INTEGER,
});

/** What every entry of a non-persistent topic goes by. */
export const UNSTORED: Position = Object.freeze({ ledgerId: 0, entryId: 0 });

/** By how much entries that follow each other differ: only those in a ledger are numbered. */
export function entryStep(ledgerId: number): 0 | 1 {
  return ledgerId > 0 ? 1 : 0;
}

/** Negative, zero or positive as `a` stands before, at or after `b`. */
export function comparePositions(a: Position, b: Position): number {
  return a.ledgerId - b.ledgerId || a.entryId - b.entryId;
}

/** `ledger:entry`, the form that Pulsar's REST documents use. */
export function formatPosition(position: Position): string {
  return `${position.ledgerId}:${position.entryId}`;
}

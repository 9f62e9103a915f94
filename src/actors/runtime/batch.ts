/**
 * What one or more steps decided and the journal does not have yet: events to persist, and what may
 * be said or done only afterwards, in the order in which it was decided.
 */
import type { JournalEvent } from '../../storage/journal.ts';
import type { Effect, Recipient } from '../ports.ts';
import type { Cell } from './cell.ts';

export interface Reply {
  readonly recipient: Recipient;
  readonly effect: Effect;
}

export class Batch {
  readonly events: JournalEvent[] = [];
  readonly replies: Reply[] = [];
  /** The last command of each actor that waits for durability. */
  readonly continuations = new Map<Cell, unknown>();
  /** Actors whose events are in this batch. */
  readonly touched = new Set<Cell>();
  /** About how many bytes the journal will write. */
  bytes = 0;
  /** Bytes of the entries in this batch. */
  entryBytes = 0;
  /** How many these are, and when the first of them came, by the monotonic clock. */
  entries = 0;
  sinceMs = 0;

  get empty(): boolean {
    return this.events.length === 0 && this.replies.length === 0 && this.continuations.size === 0;
  }

  /** Takes over what another batch would say, after all that is here. */
  absorb(other: Batch): void {
    for (const reply of other.replies) this.replies.push(reply);
    for (const [cell, command] of other.continuations) this.continuations.set(cell, command);
  }
}

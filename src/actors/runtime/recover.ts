/**
 * Recovery: fold the journal behind the checkpoint into the actors' snapshots. No effect is run.
 */
import type { Journal, JournalRecord } from '../../storage/journal.ts';
import type { Cell } from './cell.ts';

export interface Recovered {
  readonly records: number;
  readonly events: number;
}

/** Replays every record after `checkpoint`; each actor skips what its snapshot already includes. */
export async function replay(
  journal: Journal,
  checkpoint: number,
  cell: (actor: string) => Cell,
): Promise<Recovered> {
  let records = 0;
  let events = 0;
  const touched = new Set<Cell>();
  for await (const record of journal.read(checkpoint)) {
    records++;
    events += fold(record, cell, touched);
  }
  for (const each of touched) each.behaviour.recovered(each.state);
  return { records, events };
}

/**
 * Replays what concerns one actor, for one that has to start over while the others go on. Its
 * snapshot holds everything up to the checkpoint, however long ago it last changed.
 */
export async function replayActor(journal: Journal, cell: Cell, checkpoint: number): Promise<void> {
  const touched = new Set<Cell>();
  for await (const record of journal.read(Math.max(cell.sequence, checkpoint))) {
    fold(record, (actor) => (actor === cell.id ? cell : undefined), touched);
  }
  cell.behaviour.recovered(cell.state);
}

function fold(
  record: JournalRecord,
  find: (actor: string) => Cell | undefined,
  touched: Set<Cell>,
): number {
  let folded = 0;
  const changed = new Set<Cell>();
  for (const event of record.events) {
    const cell = find(event.actor);
    if (cell === undefined || cell.sequence >= record.sequence) continue;
    cell.state = cell.behaviour.evolve(cell.state, event);
    cell.dirty = true;
    changed.add(cell);
    folded++;
  }
  // Only now: a record may hold several events of one actor.
  for (const cell of changed) {
    cell.sequence = record.sequence;
    cell.phase = cell.behaviour.phase(cell.state);
    touched.add(cell);
  }
  return folded;
}

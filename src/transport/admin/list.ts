/** Lists of names as JSON: short ones at once, long ones a piece at a time. */
import type { Clock } from '../../base/clock.ts';
import { nextSlice } from '../../base/slices.ts';
import { Pieces } from './call.ts';

/** Names that are written in one piece, between which others get their turn. */
const PIECE_NAMES = 1_000;

export function listOf(names: readonly string[], clock: Pick<Clock, 'soon'>): unknown {
  return names.length <= PIECE_NAMES ? names : new Pieces(piecesOf(names, clock));
}

/** What has been written of a list: several may have been given the same one. */
const written = new WeakMap<readonly string[], string[]>();

async function* piecesOf(
  names: readonly string[],
  clock: Pick<Clock, 'soon'>,
): AsyncIterable<string> {
  const pieces = written.get(names) ?? [];
  written.set(names, pieces);
  for (let i = 0; i < names.length; i += PIECE_NAMES) {
    const piece = pieces[i / PIECE_NAMES] ?? insideOf(names.slice(i, i + PIECE_NAMES));
    pieces[i / PIECE_NAMES] = piece;
    yield `${i === 0 ? '[' : ','}${piece}`;
    await nextSlice(clock);
  }
  yield ']';
}

/** The names as JSON without the brackets. */
function insideOf(names: readonly string[]): string {
  return JSON.stringify(names).slice(1, -1);
}

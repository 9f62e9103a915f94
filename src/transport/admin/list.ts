/** Lists of names as JSON: short ones at once, long ones a piece at a time. */
import type { Clock } from '../../base/clock.ts';
import { nextSlice } from '../../base/slices.ts';
import { Pieces } from './call.ts';

/** Names that are written in one piece, between which others get their turn. */
const PIECE_NAMES = 1_000;

export function listOf(names: readonly string[], clock: Pick<Clock, 'soon'>): unknown {
  return names.length <= PIECE_NAMES ? names : new Pieces(piecesOf(names, clock));
}

async function* piecesOf(
  names: readonly string[],
  clock: Pick<Clock, 'soon'>,
): AsyncIterable<string> {
  for (let i = 0; i < names.length; i += PIECE_NAMES) {
    const inside = JSON.stringify(names.slice(i, i + PIECE_NAMES)).slice(1, -1);
    yield `${i === 0 ? '[' : ','}${inside}`;
    await nextSlice(clock);
  }
  yield ']';
}

/** Long walks in short slices, so that nobody waits for them. */
import type { Clock } from './clock.ts';
import { Turns } from './turns.ts';

/**
 * What one slice may take, in milliseconds. A publish comes by the event loop three times until it
 * is answered, and may find a slice there each time.
 */
const SLICE_MS = 1;

/** Looking at the clock costs about as much as a small visit, so it is done once in so many. */
const VISITS_PER_LOOK = 16;

/** Calls `visit` with each item, letting other work run every few milliseconds. */
export async function inSlices<Item>(
  clock: Pick<Clock, 'monotonicMs' | 'soon'>,
  items: Iterable<Item>,
  visit: (item: Item) => void,
): Promise<void> {
  const pace = pacer(clock);
  for (const item of items) {
    visit(item);
    if (pace.isOver()) await pace.pause();
  }
}

/** Those that pass, found in slices. */
export async function filterInSlices<Item>(
  clock: Pick<Clock, 'monotonicMs' | 'soon'>,
  items: Iterable<Item>,
  passes: (item: Item) => boolean,
): Promise<Item[]> {
  const passed: Item[] = [];
  await inSlices(clock, items, (item) => {
    if (passes(item)) passed.push(item);
  });
  return passed;
}

/** Tells a loop when its slice is over. */
export interface Pacer {
  isOver(): boolean;
  /** Lets other work run, then begins a new slice. */
  pause(): Promise<void>;
}

/** Looks at the clock once in `visitsPerLook` questions: 1 where much is done between them. */
export function pacer(
  clock: Pick<Clock, 'monotonicMs' | 'soon'>,
  visitsPerLook = VISITS_PER_LOOK,
): Pacer {
  let endMs = clock.monotonicMs() + SLICE_MS;
  let visits = 0;
  return {
    isOver() {
      visits += 1;
      return visits % visitsPerLook === 0 && clock.monotonicMs() >= endMs;
    },
    async pause() {
      await nextSlice(clock);
      endMs = clock.monotonicMs() + SLICE_MS;
    },
  };
}

/**
 * Resolves when the next slice may begin. However many walk at the same time, one of them has a
 * slice in each turn of the event loop; `party` says for whom, and parties take turns.
 */
export function nextSlice(clock: Pick<Clock, 'soon'>, party = ''): Promise<void> {
  let turns = turnsOf.get(clock);
  if (turns === undefined) {
    turns = new Turns(clock, 1);
    turnsOf.set(clock, turns);
  }
  return turns.next(party);
}

/** All who share an event loop share its clock. */
const turnsOf = new WeakMap<object, Turns>();

export interface LeisurelyPacer extends Pacer {
  pause(atLeastMs?: number): Promise<void>;
}

/**
 * For work of minutes that is in no hurry: it rests for as long as it has worked, so that half of
 * the thread, and of a disk that it waited for, is always left to others. Looks at the clock
 * whenever it is asked. Timers count whole milliseconds.
 */
export function leisurelyPacer(clock: Pick<Clock, 'monotonicMs' | 'after'>): LeisurelyPacer {
  let beganMs = clock.monotonicMs();
  const workedMs = () => clock.monotonicMs() - beganMs;
  return {
    isOver: () => workedMs() >= SLICE_MS,
    async pause(atLeastMs = SLICE_MS) {
      const restMs = Math.max(atLeastMs, workedMs());
      await new Promise<void>((resume) => void clock.after(restMs, resume));
      beganMs = clock.monotonicMs();
    },
  };
}

/** Long walks in short slices, so that nobody waits for them. */
import type { Clock } from './clock.ts';

/** What one slice may take, in milliseconds: no step of the broker should wait for longer. */
const SLICE_MS = 4;

/** Looking at the clock costs about as much as a visit, so it is done once in so many visits. */
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

/** Tells a loop when its slice is over. */
export interface Pacer {
  isOver(): boolean;
  /** Lets other work run, then begins a new slice. */
  pause(): Promise<void>;
}

export function pacer(clock: Pick<Clock, 'monotonicMs' | 'soon'>): Pacer {
  let endMs = clock.monotonicMs() + SLICE_MS;
  let visits = 0;
  return {
    isOver() {
      visits += 1;
      return visits % VISITS_PER_LOOK === 0 && clock.monotonicMs() >= endMs;
    },
    async pause() {
      await new Promise<void>((resume) => clock.soon(resume));
      endMs = clock.monotonicMs() + SLICE_MS;
    },
  };
}

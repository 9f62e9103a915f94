/** Time as the broker sees it. Production uses the system clock; the simulation owns its own. */

/** Cancels what was scheduled; cancelling twice, or after it ran, does nothing. */
export type Cancel = () => void;

export interface Clock {
  /** Wall-clock time in milliseconds since the epoch. */
  nowMs(): number;
  /** Time that never goes back, in milliseconds, for measuring durations. */
  monotonicMs(): number;
  /** Runs `task` once after `delayMs` milliseconds. Does not keep the process alive. */
  after(delayMs: number, task: () => void): Cancel;
  /** Runs `task` once the I/O that is ready now has been taken in. */
  soon(task: () => void): void;
}

/** The longest delay that Node's timers can hold, in milliseconds (about 24.8 days). */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The machine's own clock and timers. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, Math.min(Math.max(0, delayMs), MAX_TIMER_MS));
    timer.unref();
    return () => clearTimeout(timer);
  },
  soon(task) {
    setImmediate(task);
  },
};

/** Keeps the process until it is cancelled: timers of the clock alone do not. */
export function keepProcess(): Cancel {
  const timer = setInterval(() => {}, MAX_TIMER_MS);
  return () => clearInterval(timer);
}

/**
 * Turns of the event loop for those who have much to do: clients that send without end, long lists,
 * subscriptions with a backlog. In each turn of the loop only a few of them go on, party by party,
 * so that what is short never waits for all that is long, however many ask for that.
 */
import type { Clock } from './clock.ts';
import { Parties } from './parties.ts';

export class Turns {
  readonly #clock: Pick<Clock, 'soon'>;
  readonly #atOnce: number;
  readonly #waiting = new Parties<() => void>();
  #isScheduled = false;

  /** `atOnce` tasks run in one turn of the loop. */
  constructor(clock: Pick<Clock, 'soon'>, atOnce: number) {
    this.#clock = clock;
    this.#atOnce = atOnce;
  }

  /** Runs `task` when its turn has come. Callers bound what waits for them. */
  wait(party: string, task: () => void): void {
    this.#waiting.add(party, task);
    this.#schedule();
  }

  /** Resolves when the turn has come. */
  next(party: string): Promise<void> {
    return new Promise((resume) => this.wait(party, resume));
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#clock.soon(() => this.#run());
  }

  /** What they ask for anew is for the next turn of the loop. */
  #run(): void {
    const tasks = this.#next();
    this.#isScheduled = false;
    if (!this.#waiting.isEmpty) this.#schedule();
    for (const task of tasks) task();
  }

  #next(): readonly (() => void)[] {
    const tasks: (() => void)[] = [];
    while (tasks.length < this.#atOnce) {
      const task = this.#waiting.take();
      if (task === undefined) break;
      tasks.push(task);
    }
    return tasks;
  }
}

/** Runs one world from its plan to its verdict: trouble first, then calm, then a last look. */
import { createHash, type Hash } from 'node:crypto';
import { topicPattern } from '../../src/transport/pulsar/topic-pattern.ts';
import { type Census, censusOf, take } from './census.ts';
import { invariantsOf } from './invariants/all.ts';
import type { Fail, Invariant } from './invariants/invariant.ts';
import { isPassing } from './invariants/passing.ts';
import { Stored } from './invariants/stored.ts';
import { JournalWatch } from './observe/journal-watch.ts';
import type { Observation } from './observe/observation.ts';
import { lineOf } from './observe/story.ts';
import type { Plan } from './plan.ts';
import { type Seams, World } from './world.ts';

export interface Violation {
  /** The promise that was broken. */
  readonly invariant: string;
  readonly what: string;
  readonly atMs: number;
}

export interface Verdict {
  readonly plan: Plan;
  readonly violation: Violation | undefined;
  /** Of every line of the story, and of every byte that reached the journal. */
  readonly traceHash: string;
  readonly journalHash: string;
  readonly simulatedMs: number;
  readonly observations: number;
  readonly records: number;
  readonly steps: number;
  readonly census: Census;
  /** Checks of each invariant, by its name. */
  readonly checks: ReadonlyMap<string, number>;
}

export interface SimulateOptions {
  readonly seams?: Seams;
  /** Hears every line of the story. */
  readonly tell?: (line: string) => void;
  /** Gives hashes of the story and of the journal; both are empty otherwise. */
  readonly hashes?: boolean;
}

/** How long things may take to get done once nothing goes wrong any more, in milliseconds. */
const CALM_MS = 180_000;
const LOOK_MS = 1_000;
const REST_MS = 15_000;

export async function simulate(plan: Plan, options: SimulateOptions = {}): Promise<Verdict> {
  // Loads the engine of patterns, which waits for a real disk: nothing in a world may.
  await topicPattern('.*');
  const run = new Run(plan, options);
  const stumble = (error: unknown) => run.fail('the process goes on', String(errorText(error)));
  process.on('unhandledRejection', stumble);
  process.on('uncaughtException', stumble);
  try {
    await run.all();
  } catch (error) {
    stumble(error);
  } finally {
    process.off('unhandledRejection', stumble);
    process.off('uncaughtException', stumble);
  }
  return run.verdict();
}

interface Witness {
  readonly each: Invariant;
  readonly fail: Fail;
}

class Run {
  readonly world: World;
  readonly #plan: Plan;
  readonly #stored: Stored;
  readonly #invariants: readonly Invariant[];
  /** Who sees what happens to stored topics, what happens to the others, and every frame. */
  readonly #witnesses: readonly Witness[];
  readonly #ofPassing: readonly Witness[];
  readonly #ofFrames: readonly Witness[];
  readonly #tell: ((line: string) => void) | undefined;
  readonly #trace: Hash | undefined;
  readonly #journal: JournalWatch;
  #violation: Violation | undefined;
  #observations = 0;
  readonly #census: Census;

  constructor(plan: Plan, options: SimulateOptions) {
    this.#plan = plan;
    this.#census = censusOf(plan);
    this.#tell = options.tell;
    this.#trace = options.hashes === true ? createHash('sha256') : undefined;
    this.world = new World(plan, options.seams ?? {}, (seen) => this.#see(seen));
    const { config, scheduler } = this.world;
    this.#stored = new Stored(config, () => scheduler.nowMs);
    this.#invariants = invariantsOf(this.world, this.#stored);
    this.#witnesses = this.#invariants.map((each) => ({ each, fail: this.#failOf(each) }));
    this.#ofPassing = this.#witnesses.filter(({ each }) => each.seesPassing === true);
    this.#ofFrames = this.#witnesses.filter(({ each }) => each.seesFrames === true);
    this.#journal = new JournalWatch((seen) => this.#see(seen), options.hashes === true);
    this.world.disk.watcher = this.#journal;
  }

  async all(): Promise<void> {
    const { world } = this;
    world.begin();
    await this.#go(this.#plan.ms);
    if (this.#violation !== undefined) return;
    this.#line('== calm');
    world.calm();
    await this.#inspect();
    const endMs = world.scheduler.elapsedMs + CALM_MS;
    do {
      do await this.#go(LOOK_MS);
      while (!this.#isSatisfied && this.#isWorthWaiting(endMs));
      // What is on its way comes to rest; who comes back meanwhile may have something to do yet.
      await this.#go(REST_MS);
    } while (!this.#isSatisfied && this.#isWorthWaiting(endMs));
    await this.#settle();
    for (const invariant of this.#invariants) {
      if (this.#violation !== undefined) return;
      invariant.end?.(world, this.#failOf(invariant));
    }
    await this.#inspect();
  }

  /** What a timer has decided this very moment reaches the disk. */
  async #settle(): Promise<void> {
    const { broker } = this.world;
    if (broker.state !== 'up') return;
    let isSettled = false;
    const settled = () => {
      isSettled = true;
    };
    broker.core.broker.settled().then(settled, settled);
    while (!isSettled && this.#violation === undefined) await this.#go(1);
  }

  get #isSatisfied(): boolean {
    return this.#invariants.every((each) => each.isSatisfied?.(this.world) ?? true);
  }

  #isWorthWaiting(endMs: number): boolean {
    return this.#violation === undefined && this.world.scheduler.elapsedMs < endMs;
  }

  verdict(): Verdict {
    return {
      plan: this.#plan,
      violation: this.#violation,
      traceHash: this.#trace?.digest('hex') ?? '',
      journalHash: this.#journal.digest(),
      simulatedMs: this.world.scheduler.elapsedMs,
      observations: this.#observations,
      records: this.#journal.records,
      steps: this.world.scheduler.steps,
      census: this.#census,
      checks: new Map(this.#invariants.map(({ name, checks }) => [name, checks])),
    };
  }

  fail(invariant: string, what: string): void {
    if (this.#violation !== undefined) return;
    this.#violation = { invariant, what, atMs: this.world.scheduler.elapsedMs };
    this.#line(`!! ${invariant}: ${what}`);
  }

  async #inspect(): Promise<void> {
    for (const each of this.#invariants) {
      if (this.#violation === undefined) await each.inspect?.(this.world, this.#failOf(each));
    }
  }

  async #go(ms: number): Promise<void> {
    const { scheduler } = this.world;
    const endMs = scheduler.elapsedMs + ms;
    while (this.#violation === undefined && scheduler.elapsedMs < endMs) {
      const sliceMs = Math.min(LOOK_MS, endMs - scheduler.elapsedMs);
      await scheduler.run(sliceMs, () => this.#violation !== undefined);
      for (const each of this.#invariants) each.look?.(this.world, this.#failOf(each));
    }
  }

  #see(seen: Observation): void {
    this.#observations += 1;
    take(this.#census, seen);
    if (this.#isTold) {
      const line = lineOf(seen);
      if (line !== undefined) this.#line(line);
    }
    this.#stored.see(seen);
    for (const { each, fail } of this.#witnessesOf(seen)) each.see(seen, fail);
  }

  #witnessesOf(seen: Observation): readonly Witness[] {
    if (seen.type === 'heard' || seen.type === 'said') return this.#ofFrames;
    return isOfPassing(seen) ? this.#ofPassing : this.#witnesses;
  }

  #failOf(invariant: Invariant): Fail {
    return (what) => this.fail(invariant.name, what);
  }

  get #isTold(): boolean {
    return this.#tell !== undefined || this.#trace !== undefined;
  }

  #line(text: string): void {
    if (!this.#isTold) return;
    const line = `${(this.world?.scheduler.elapsedMs ?? 0).toFixed(3).padStart(11)} ${text}`;
    this.#trace?.update(line);
    this.#tell?.(line);
  }
}

/** Of a topic that is not stored: most promises are about others. */
function isOfPassing(seen: Observation): boolean {
  if ('consumer' in seen) return isPassing(seen.consumer.topic);
  if ('producer' in seen) return isPassing(seen.producer.topic);
  return seen.type === 'ack-answered' && isPassing(seen.acked.consumer.topic);
}

function errorText(error: unknown): unknown {
  return error instanceof Error ? (error.stack ?? error.message) : error;
}

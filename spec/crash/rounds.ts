/** The rounds of the check: load, an end at a random moment, a new start, what must hold then. */
import { Generation } from './generation.ts';
import { type CrashReport, Stage, type StageOptions } from './stage.ts';

export interface RoundReport extends CrashReport {
  readonly round: number;
  readonly storedMessages: number;
}

export interface RoundsOptions extends StageOptions {
  readonly rounds: number;
  readonly onRound: (report: RoundReport) => void;
}

/** Crashes that the same topics live through, before they are emptied and left. */
const ROUNDS_OF_GENERATION = 5;

/** When the broker is ended, counted from the beginning of the load. */
const LOAD_MS = { often: 500, rarely: 1_500 };

/** Runs the rounds; throws at the first promise that does not hold. */
export async function runRounds(options: RoundsOptions): Promise<void> {
  for (let round = 1, number = 1; round <= options.rounds; number++) {
    const deduplicated = number % 2 === 0;
    const generation = new Generation(number, deduplicated, options.chance.fork());
    const stage = new Stage(options, 'data', { brokerDeduplicationEnabled: deduplicated });
    await stage.session((access) => generation.create(access));
    for (let left = ROUNDS_OF_GENERATION; left > 0 && round <= options.rounds; left--, round++) {
      const report = await stage.crash(LOAD_MS, (access, isOver) =>
        generation.load(access, isOver),
      );
      options.onRound({ round, ...report, storedMessages: generation.storedMessages });
      await stage.session((access) => generation.checkContent(access));
    }
    await stage.session((access) => generation.drain(access));
    await stage.end('kill');
    await stage.session((access) => generation.checkContent(access));
    await stage.session((access) => generation.retire(access));
    await stage.end('kill');
  }
}

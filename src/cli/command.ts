/** What stands behind a name on the command line, and how it is run. */
import { type Command, CommanderError } from 'commander';
import { reasonOf } from './reason.ts';
import type { Terminal } from './terminal.ts';

export interface CommandEntry {
  readonly name: string;
  /** One line for `velamq --help`. */
  readonly summary: string;
  /** Loads what the command needs: a call pays only for what it uses. */
  readonly load: () => Promise<RunCommand>;
}

/** Runs with the words behind the command's name and answers the exit code. */
export type RunCommand = (argv: readonly string[], terminal: Terminal) => Promise<number>;

/** A command that ended otherwise than well and has said so itself. */
export class Ended extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`ended with ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/**
 * Runs the words on a program of commander's and answers the exit code: 0, that of `Ended`, or 1
 * with one line about what went wrong.
 */
export async function execute(
  program: Command,
  argv: readonly string[],
  terminal: Terminal,
): Promise<number> {
  try {
    for (const command of [program, ...program.commands]) {
      command
        .exitOverride()
        .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
        .showHelpAfterError(`(${fullName(command)} --help lists what there is)`);
    }
    await program.parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError || error instanceof Ended) return error.exitCode;
    terminal.err(`velamq: ${reasonOf(error)}\n`);
    return 1;
  }
}

function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${command.parent.name()} ${command.name()}`;
}

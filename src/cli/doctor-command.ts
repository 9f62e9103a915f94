/**
 * `velamq doctor`: looks at a data folder that no broker uses, or at a running broker. All of it is
 * said in plain lines; 0 where nothing is wrong, 1 where something is or could not be looked at.
 */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { Ended, execute, type RunCommand } from './command.ts';
import { chooseContext } from './contexts.ts';
import { type Check, checkBroker } from './doctor-broker.ts';
import type { Terminal } from './terminal.ts';

export const runDoctor: RunCommand = (argv, terminal) => execute(program(terminal), argv, terminal);

interface Flags {
  readonly data?: string;
  readonly url?: string;
  readonly context?: string;
  readonly json?: boolean;
}

function program(terminal: Terminal): Command {
  return new Command('velamq doctor')
    .description('look for what is wrong with a data folder, or with a running broker')
    .option('--data <folder>', 'a data folder that no broker uses; all of it is read')
    .option('--url <url>', 'the REST interface of a running broker (default: that of the context)')
    .option('--context <name>', 'the context to use')
    .option('--json', 'answer as JSON')
    .action(async (flags: Flags) => {
      const { problems, lines, facts } = await examine(flags, terminal);
      if (flags.json === true) {
        terminal.out(`${JSON.stringify({ ok: problems.length === 0, problems, ...facts })}\n`);
      } else {
        for (const line of lines) terminal.out(`${line}\n`);
        for (const problem of problems) terminal.out(`WRONG: ${problem}\n`);
        terminal.out(problems.length === 0 ? 'Nothing is wrong.\n' : `${count(problems)}.\n`);
      }
      if (problems.length > 0) throw new Ended(1);
    });
}

function count(problems: readonly string[]): string {
  return problems.length === 1 ? 'One thing is wrong' : `${problems.length} things are wrong`;
}

async function examine(flags: Flags, { env }: Terminal): Promise<Check> {
  if (flags.data !== undefined) {
    // Loaded late: it brings LMDB with it.
    const { checkFolder } = await import('./doctor-folder.ts');
    return await checkFolder(resolve(flags.data));
  }
  const context = chooseContext(env, flags.context);
  return await checkBroker(flags.url === undefined ? context : { ...context, url: flags.url });
}

/** `velamq backup` and `velamq restore`. */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { BrokerError } from '../base/errors.ts';
import { filesOfTar } from '../base/tar.ts';
import { execute, type RunCommand } from './command.ts';
import { type Context, chooseContext } from './contexts.ts';
import { bodyOf, open, reasonIn } from './rest.ts';
import type { Terminal } from './terminal.ts';

export const runBackup: RunCommand = (argv, terminal) =>
  execute(backupProgram(terminal), argv, terminal);

export const runRestore: RunCommand = (argv, terminal) =>
  execute(restoreProgram(terminal), argv, terminal);

interface BackupFlags {
  readonly url?: string;
  readonly context?: string;
  readonly data?: string;
  readonly json?: boolean;
}

function backupProgram(terminal: Terminal): Command {
  return new Command('velamq backup')
    .description('copy everything durable of a broker, which goes on meanwhile, into a new folder')
    .argument('<folder>', 'the backup; not there yet, or empty')
    .option('--url <url>', "the broker's REST interface (default: that of the context)")
    .option('--context <name>', 'the context to use')
    .option('--data <folder>', 'a data folder that no broker uses, in place of a broker')
    .option('--json', 'answer as JSON')
    .action(async (folder: string, flags: BackupFlags) => {
      const to = resolve(folder);
      const { backUpFolder, receiveBackup } = await import('../offline.ts');
      const manifest =
        flags.data === undefined
          ? await receiveBackup(to, partsFrom(contextOf(flags, terminal)))
          : await backUpFolder(resolve(flags.data), to);
      const { position, since, files } = manifest;
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      const facts = { folder: to, position, since, files: files.length, bytes };
      terminal.out(
        flags.json === true
          ? `${JSON.stringify(facts)}\n`
          : `${to}: ${files.length} files, ${bytes} bytes, up to journal record ${position}.\n` +
              `It can be restored as of any record from ${since} to ${position}.\n`,
      );
    });
}

function contextOf(flags: BackupFlags, terminal: Terminal): Context {
  const context = chooseContext(terminal.env, flags.context);
  return flags.url === undefined ? context : { ...context, url: flags.url };
}

/** The files of an archive, as the broker sends them. */
async function* partsFrom(context: Context) {
  const response = await open(context, { method: 'GET', path: 'admin/v2/velamq/backup' });
  const status = response.statusCode ?? 0;
  if (status !== 200) {
    throw new BrokerError('unknown', reasonIn(status, await bodyOf(response)));
  }
  try {
    yield* filesOfTar(response as AsyncIterable<Buffer>);
  } finally {
    response.destroy();
  }
}

interface RestoreFlags {
  readonly data: string;
  readonly position?: string;
  readonly json?: boolean;
}

function restoreProgram(terminal: Terminal): Command {
  return new Command('velamq restore')
    .description('make a data folder out of a backup')
    .argument('<backup>', 'folder that velamq backup wrote')
    .requiredOption('--data <folder>', 'the data folder; not there yet, or empty')
    .option('--position <record>', 'the last journal record to be in it (default: all)')
    .option('--json', 'answer as JSON')
    .action(async (backup: string, { data, position, json }: RestoreFlags) => {
      const { restoreBackup } = await import('../offline.ts');
      const to = resolve(data);
      const last = await restoreBackup({
        from: resolve(backup),
        to,
        ...(position === undefined ? {} : { position: wholeNumber(position) }),
      });
      terminal.out(
        json === true
          ? `${JSON.stringify({ folder: to, position: last })}\n`
          : `${to} holds everything up to journal record ${last}.\n`,
      );
    });
}

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new BrokerError('bad-option', `--position=${text}: must be a whole number.`);
}

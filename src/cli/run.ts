/** The command `velamq`: finds what was asked for in a table, loads it and runs it. */
import type { CommandEntry } from './command.ts';
import { endWith, terminal } from './terminal.ts';

/** Everything that `velamq` can be asked for. */
const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'standalone',
    summary: 'start a durable broker in this process',
    load: async () => (await import('./standalone-command.ts')).runStandalone,
  },
  {
    name: 'admin',
    summary: "pulsar-admin's nouns, verbs and flags",
    load: async () => (await import('./admin-command.ts')).runAdmin,
  },
  {
    name: 'backup',
    summary: 'copy everything durable of a running broker',
    load: async () => (await import('./backup-command.ts')).runBackup,
  },
  {
    name: 'restore',
    summary: 'make a data folder out of a backup',
    load: async () => (await import('./backup-command.ts')).runRestore,
  },
  {
    name: 'doctor',
    summary: 'look for what is wrong with a data folder, or with a running broker',
    load: async () => (await import('./doctor-command.ts')).runDoctor,
  },
  {
    name: 'tokens',
    summary: 'make keys and tokens, and look into them',
    load: async () => (await import('./tokens-command.ts')).runTokens,
  },
  {
    name: 'context',
    summary: 'name brokers, and say how to log in to them',
    load: async () => (await import('./context-command.ts')).runContext,
  },
  {
    name: 'completion',
    summary: 'a script for bash, zsh or fish that completes all of this',
    load: async () => {
      const { completion } = await import('./completion-command.ts');
      return completion(COMMANDS.map(({ name }) => name));
    },
  },
];

/** Runs one command line, without the program's name; ends the process where the command says. */
export async function run(argv: readonly string[]): Promise<void> {
  const [name, ...rest] = helpAsFlag(argv);
  const entry = COMMANDS.find((command) => command.name === name);
  if (entry === undefined) return endWith(await overview(argv));
  const command = await entry.load();
  endWith(await command(rest, terminal));
}

/** `help NAME` is `NAME --help`. */
function helpAsFlag(argv: readonly string[]): readonly string[] {
  const [name, ...rest] = argv;
  return name === 'help' && rest.length > 0 ? [...rest, '--help'] : argv;
}

/** `--help`, `--version`, and what to say where no command is named. */
async function overview(argv: readonly string[]): Promise<number> {
  const { Command } = await import('commander');
  const { execute } = await import('./command.ts');
  const { ownVersion } = await import('./version.ts');
  const program = new Command('velamq')
    .description("A message broker that speaks Apache Pulsar's protocol")
    .version(ownVersion());
  for (const { name, summary } of COMMANDS) program.command(name).description(summary);
  return await execute(program, argv, terminal);
}

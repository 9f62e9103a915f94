/** The command `velamq`: reads the command line and runs what was asked for. */
import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { Command, CommanderError } from 'commander';
import { systemClock } from '../base/clock.ts';
import type { Flag } from '../base/options.ts';
import { type Host, standalone } from './standalone.ts';

/** Runs one command line, without the program's name; ends the process where the command says. */
export async function run(argv: readonly string[]): Promise<void> {
  const version = ownVersion();
  const program = new Command('velamq')
    .description("A message broker that speaks Apache Pulsar's protocol")
    .version(version)
    .exitOverride()
    .showHelpAfterError('(velamq --help lists what there is)');
  addStandalone(program, version);
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode;
  }
}

interface StandaloneFlags {
  readonly config?: string;
  readonly data?: string;
  readonly port?: string;
  readonly httpPort?: string;
  readonly readyFile?: string;
}

function addStandalone(program: Command, version: string): void {
  program
    .command('standalone')
    .description('start a durable broker in this process')
    .option('--config <file>', "property file with Pulsar's own keys")
    .option('--data <folder>', 'where everything is stored (default: ./data)')
    .option('--port <number>', 'port of the binary protocol, 0 for any (default: 6650)')
    .option('--http-port <number>', 'port of REST and metrics, 0 for any (default: 8080)')
    .option('--ready-file <file>', 'write ports and process id there, as JSON, once ready')
    .addHelpText('after', `\n${STANDALONE_NOTES}`)
    .allowExcessArguments(false)
    .action(async (flags: StandaloneFlags) => {
      await standalone(
        {
          version,
          flags: optionFlags(flags),
          ...(flags.config === undefined ? {} : { configFile: flags.config }),
          ...(flags.readyFile === undefined ? {} : { readyFile: flags.readyFile }),
        },
        processHost(),
      );
    });
}

const STANDALONE_NOTES = `\
Every option of the property file can be given as a variable PULSAR_PREFIX_<key>, which wins over
the file; flags win over both.`;

function optionFlags({ data, port, httpPort }: StandaloneFlags): Flag[] {
  const flags: Flag[] = [];
  if (data !== undefined) flags.push({ name: '--data', key: 'velamqDataDir', value: data });
  if (port !== undefined) flags.push({ name: '--port', key: 'brokerServicePort', value: port });
  if (httpPort !== undefined) {
    flags.push({ name: '--http-port', key: 'webServicePort', value: httpPort });
  }
  return flags;
}

/** This process and its machine, as the command sees them. */
function processHost(): Host {
  return {
    env: process.env,
    clock: systemClock,
    readFile: (path) => readFileSync(path, 'utf8'),
    writeFile: async (path, content) => {
      await writeFile(`${path}.new`, content);
      await rename(`${path}.new`, path);
    },
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    errIsTerminal: process.stderr.isTTY === true,
    pid: process.pid,
    onSignal: (listener) => {
      process.on('SIGTERM', () => listener('SIGTERM'));
      process.on('SIGINT', () => listener('SIGINT'));
    },
    exit: (code) => process.exit(code),
    // Loaded late: `--help` and a bad option need none of it.
    start: async (config, log) => {
      const { startBroker } = await import('../main.ts');
      return startBroker(config, log);
    },
  };
}

function ownVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return version;
}

/** The flags of `velamq standalone`, and the machine that it runs on. */
import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { systemClock } from '../base/clock.ts';
import type { Flag } from '../base/options.ts';
import { execute, type RunCommand } from './command.ts';
import { type Host, standalone } from './standalone.ts';
import type { Terminal } from './terminal.ts';
import { ownVersion } from './version.ts';

export const runStandalone: RunCommand = (argv, terminal) =>
  execute(program(terminal), argv, terminal);

interface StandaloneFlags {
  readonly config?: string;
  readonly data?: string;
  readonly port?: string;
  readonly httpPort?: string;
  readonly readyFile?: string;
}

function program(terminal: Terminal): Command {
  return new Command('velamq standalone')
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
          version: ownVersion(),
          flags: optionFlags(flags),
          ...(flags.config === undefined ? {} : { configFile: flags.config }),
          ...(flags.readyFile === undefined ? {} : { readyFile: flags.readyFile }),
        },
        hostOf(terminal),
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

function hostOf(terminal: Terminal): Host {
  return {
    ...terminal,
    clock: systemClock,
    readFile: (path) => readFileSync(path, 'utf8'),
    writeFile: async (path, content) => {
      await writeFile(`${path}.new`, content);
      await rename(`${path}.new`, path);
    },
    // Loaded late: `--help` and a bad option need none of it.
    start: async (config, log, stop) => {
      const { startBroker } = await import('../main.ts');
      return startBroker(config, log, terminal.env, stop);
    },
  };
}

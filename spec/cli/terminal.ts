/** Commands as a user gives them, in this process: what they say, and the code they end with. */
import type { RunCommand } from '../../src/cli/command.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export async function runCommand(
  command: RunCommand,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Said> {
  let out = '';
  let err = '';
  const terminal: Terminal = {
    env,
    errIsTerminal: false,
    pid: 1,
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    onSignal: () => {},
    exit: () => {},
  };
  const code = await command(argv, terminal);
  return { code, out, err };
}

/** This process and its terminal, as the commands see them; specs stand in for it. */

export type Signal = 'SIGTERM' | 'SIGINT';

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly errIsTerminal: boolean;
  readonly pid: number;
  out(text: string): void;
  err(text: string): void;
  onSignal(listener: (signal: Signal) => void): void;
  /** Ends the process at once. */
  exit(code: number): void;
}

export const terminal: Terminal = {
  env: process.env,
  errIsTerminal: process.stderr.isTTY === true,
  pid: process.pid,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  onSignal: (listener) => {
    process.on('SIGTERM', () => listener('SIGTERM'));
    process.on('SIGINT', () => listener('SIGINT'));
  },
  exit: (code) => process.exit(code),
};

/** The code with which the process ends, once nothing is left to do. */
export function endWith(code: number): void {
  process.exitCode = code;
}

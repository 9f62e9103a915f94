/** The other processes of a run. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A process that is told lines and answers lines. */
export class Talker {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  #wake: () => void = () => {};

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const dieWithUs = () => this.#child.kill('SIGKILL');
    process.on('exit', dieWithUs);
    this.#child.on('exit', () => process.off('exit', dieWithUs));
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      this.#lines.push(line);
      this.#wake();
    });
  }

  tell(line: string): void {
    this.#child.stdin!.write(`${line}\n`);
  }

  ask(line: string): Promise<string> {
    this.tell(line);
    return this.#next();
  }

  async says(text: string): Promise<void> {
    while ((await this.#next()) !== text);
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }

  async #next(): Promise<string> {
    while (this.#lines.length === 0) {
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
    return this.#lines.shift()!;
  }
}

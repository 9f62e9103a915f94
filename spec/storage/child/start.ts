/** Starts the appending child as a process of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Compiles the child; a spec does so once. */
export function compileChild(): void {
  const tsc = `${root}/node_modules/typescript/bin/tsc`;
  execFileSync(process.execPath, [tsc, '-p', `${root}/spec/storage/child/tsconfig.json`]);
}

export function startChild(dir: string, mode: 'append' | 'hold'): ChildProcess {
  const script = `${root}/dist/spec-storage/spec/storage/child/append.js`;
  return spawn(process.execPath, [script, dir, mode], { stdio: ['pipe', 'pipe', 'inherit'] });
}

/** Reads lines of the child until one satisfies `isEnough`; gives all that came until it ended. */
export async function linesUntil(
  child: ChildProcess,
  isEnough: (line: string) => boolean,
  then: () => void,
): Promise<string[]> {
  const lines: string[] = [];
  let isDone = false;
  const exited = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout! })) {
    lines.push(line);
    if (isDone || !isEnough(line)) continue;
    isDone = true;
    then();
  }
  await exited;
  return lines;
}

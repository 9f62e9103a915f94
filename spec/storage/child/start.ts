/** Starts the appending child as a process of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Starts the child in a data folder. */
export type StartChild = (dir: string, mode: 'append' | 'hold') => ChildProcess;

/** Compiles the appending child for the spec `name`, which does so once. */
export function compileChild(name: string): StartChild {
  const script = compileScript(name, 'append');
  return (dir, mode) =>
    spawn(process.execPath, [script, dir, mode], { stdio: ['pipe', 'pipe', 'ignore'] });
}

/** Compiles the programs of this folder for the spec `name`; gives the path of one of them. */
export function compileScript(name: string, program: 'append' | 'read'): string {
  const tsc = `${root}/node_modules/typescript/bin/tsc`;
  const project = `${root}/spec/storage/child/tsconfig.json`;
  const out = `${root}/dist/spec-storage/${name}`;
  execFileSync(process.execPath, [tsc, '-p', project, '--outDir', out]);
  return `${out}/spec/storage/child/${program}.js`;
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

/** A bench in parts: each is a process of its own on the same folder, killed when it is done. */
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs the parts in order; `program` is the file that calls this. */
export async function runParts(
  program: string,
  parts: Readonly<Record<string, (dir: string) => Promise<void>>>,
): Promise<void> {
  const [name = '', folder = ''] = process.argv.slice(2);
  const part = parts[name];
  if (part !== undefined) {
    // The broker's own timers keep no process alive.
    setInterval(() => undefined, 60_000);
    await part(folder);
    process.send?.('done');
    return;
  }
  const dir = await mkdtemp(join(process.env['BENCH_DIR'] ?? tmpdir(), 'velamq-bench-'));
  for (const each of Object.keys(parts)) await runPart(program, each, dir);
  await rm(dir, { recursive: true });
}

async function runPart(program: string, name: string, dir: string): Promise<void> {
  const child = fork(new URL(program).pathname, [name, dir], { execArgv: ['--expose-gc'] });
  await new Promise((resolve) => child.once('message', resolve));
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
}

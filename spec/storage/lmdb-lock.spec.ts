/** One data folder, one broker. */
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openLmdbStorage } from '../../src/storage/lmdb/open.ts';
import { compileChild, linesUntil, type StartChild } from './child/start.ts';
import { temporaryFolder } from './folders.ts';

describe('a data folder in use', () => {
  let dir: string;
  let dispose: () => Promise<void>;

  let startChild: StartChild;

  beforeAll(() => {
    startChild = compileChild('lock');
  });
  beforeEach(async () => {
    ({ dir, dispose } = await temporaryFolder());
  });
  afterEach(() => dispose());

  it('is refused to the same process, and free again once it is closed', async () => {
    const storage = await openLmdbStorage({ dir });
    await expect(openLmdbStorage({ dir: `${dir}/.` })).rejects.toMatchObject({
      code: 'data-folder-in-use',
      message: expect.stringContaining(`process ${process.pid}`),
    });
    await storage.close();
    await (await openLmdbStorage({ dir })).close();
  });

  it('is refused to another process, naming its owner, until that is killed', async () => {
    const child = startChild(dir, 'hold');
    let refusal: unknown;
    await linesUntil(
      child,
      (line) => line === 'open',
      () => {
        openLmdbStorage({ dir })
          .catch((error: unknown) => {
            refusal = error;
          })
          .finally(() => child.kill('SIGKILL'));
      },
    );
    expect(refusal).toMatchObject({
      code: 'data-folder-in-use',
      message:
        `Data folder ${dir} is in use by process ${child.pid}: ` +
        'stop that broker or choose another folder.',
    });
    await (await openLmdbStorage({ dir })).close();
  });

  it('is taken over from a process whose number has gone to another one', async () => {
    const child = startChild(dir, 'hold');
    await linesUntil(
      child,
      (line) => line === 'open',
      () => child.kill('SIGKILL'),
    );
    const lock = join(dir, 'LOCK');
    const left = JSON.parse(await readFile(lock, 'utf8')) as { pid: number; started: string };
    expect(left.pid).toBe(child.pid);
    // Process 1 is alive, but it is not the one that took the lock.
    await writeFile(lock, JSON.stringify({ ...left, pid: 1 }));
    await (await openLmdbStorage({ dir })).close();
  });

  it('is given to one of many that start at the same moment over a stale lock', async () => {
    await writeFile(join(dir, 'LOCK'), JSON.stringify({ pid: 1, started: 'another boot' }));
    const children = Array.from({ length: 4 }, () => startChild(dir, 'hold'));
    const outcomes = await Promise.all(
      children.map(async (child) => {
        const first = await Promise.race([
          once(child.stdout!, 'data').then(() => 'open'),
          once(child, 'exit').then(() => 'refused'),
        ]);
        return { child, first };
      }),
    );
    for (const { child } of outcomes) {
      const exited = child.exitCode === null ? once(child, 'exit') : undefined;
      child.kill('SIGKILL');
      await exited;
    }
    expect(outcomes.filter(({ first }) => first === 'open').length).toBe(1);
  });
});

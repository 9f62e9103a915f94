/**
 * Appends its story to a data folder until it is killed; says which step is durable, line by
 * line, and when the file of an old segment is about to become that of a new one.
 */
import { writeSync } from 'node:fs';
import { diskFiles } from '../../../src/storage/lmdb/files.ts';
import { openLmdbStorage } from '../../../src/storage/lmdb/open.ts';
import { Story } from './story.ts';

const [, , dir = '', mode = 'append'] = process.argv;
const storage = await openLmdbStorage({
  dir,
  segmentBytes: 1 << 20,
  flushBlocks: 50,
  flushDelayMs: 1,
  relocateBelow: 0.7,
  relocateAfterMs: 0,
  files: {
    ...diskFiles,
    reuseEnvironmentFolder: (...how) => {
      writeSync(1, 'reusing\n');
      return diskFiles.reuseEnvironmentFolder(...how);
    },
  },
});
writeSync(1, 'open\n');
if (mode === 'hold')
  await new Promise<void>((resolve) => process.stdin.once('end', resolve).resume());
const story = new Story();
while (story.sequence < storage.journal.lastSequence) story.next();

async function lane(): Promise<never> {
  for (;;) {
    const { sequence, durable } = storage.journal.append(story.next());
    await durable;
    writeSync(1, `${sequence}\n`);
    if (sequence % 25 !== 0) continue;
    await storage.state.save([{ actor: `a:${sequence % 3}`, sequence, state: { sequence } }]);
    await storage.state.checkpoint(Math.max(0, sequence - 100));
  }
}

if (mode === 'append') await Promise.all(Array.from({ length: 6 }, lane));
await storage.close();

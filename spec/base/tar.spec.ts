/** Archives of files, written and read in one pass. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filesOfTar, tarOf } from '../../src/base/tar.ts';

interface File {
  readonly path: string;
  readonly content: Buffer;
}

async function* streamOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function* partsOf(files: readonly File[]) {
  for (const { path, content } of files) {
    yield { path, bytes: content.length, chunks: streamOf(content, 1_000) };
  }
}

async function archiveOf(files: readonly File[]): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of tarOf(partsOf(files))) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function read(archive: Buffer, size: number, skips = false): Promise<File[]> {
  const files: File[] = [];
  for await (const { path, chunks } of filesOfTar(streamOf(archive, size))) {
    const content: Buffer[] = [];
    if (!skips) for await (const chunk of chunks) content.push(chunk);
    files.push({ path, content: Buffer.concat(content) });
  }
  return files;
}

const file = fc.record({
  path: fc.stringMatching(/^[a-z0-9]{1,20}(\/[a-z0-9]{1,20}){0,3}$/),
  content: fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes)),
});

describe('an archive', () => {
  it('gives back the files that went in, however its bytes are cut', async () => {
    const cases = [fc.array(file, { maxLength: 5 }), fc.integer({ min: 1, max: 2_000 })] as const;
    await fc.assert(
      fc.asyncProperty(...cases, async (files, size) => {
        expect(await read(await archiveOf(files), size)).toEqual(files);
      }),
    );
  });

  it('goes on behind a file that nobody reads', async () => {
    const files = [1, 700, 512].map((length, i) => ({
      path: `f${i}`,
      content: Buffer.alloc(length),
    }));
    const skipped = await read(await archiveOf(files), 300, true);
    expect(skipped.map(({ path }) => path)).toEqual(['f0', 'f1', 'f2']);
  });

  it('is one that tar can list', async () => {
    const archive = await archiveOf([{ path: 'a/b', content: Buffer.from('hello') }]);
    const listed = execFileSync('tar', ['-tvf', '-'], { input: archive, encoding: 'utf8' });
    expect(listed).toMatch(/^-rw-------.* 5 .* a\/b\n$/);
  });

  it('is refused where it is cut short or damaged', async () => {
    const archive = await archiveOf([{ path: 'a', content: Buffer.alloc(2_000, 7) }]);
    for (const length of [0, 100, 512, 1_500]) {
      const reading = read(archive.subarray(0, length), 512);
      await expect(reading).rejects.toMatchObject({ code: 'bad-frame' });
    }
    archive[3]! ^= 1;
    await expect(read(archive, 512)).rejects.toMatchObject({ code: 'bad-frame' });
  });
});

/**
 * Files one behind the other in one stream, as `tar` reads and writes them (POSIX ustar; sizes of
 * 8 GiB and more as GNU tar has them). Both ways nothing is held but a chunk.
 */
import { assert } from './assert.ts';
import { BrokerError } from './errors.ts';

/** A file; its chunks are read before the next one is asked for. */
export interface TarFile {
  readonly path: string;
  readonly bytes: number;
  readonly chunks: AsyncIterable<Buffer>;
}

const BLOCK = 512;

/** The bytes of an archive. Throws where a file has not as many bytes as it says. */
export async function* tarOf(files: AsyncIterable<TarFile>): AsyncGenerator<Buffer> {
  for await (const { path, bytes, chunks } of files) {
    yield headerOf(path, bytes);
    let sent = 0;
    for await (const chunk of chunks) {
      sent += chunk.length;
      yield chunk;
    }
    assert(sent === bytes, `a file of ${bytes} bytes has as many, not ${sent}`);
    if (bytes % BLOCK > 0) yield Buffer.alloc(BLOCK - (bytes % BLOCK));
  }
  yield Buffer.alloc(BLOCK * 2);
}

/** The files of an archive. Throws `bad-frame` where it is none, or ends too early. */
export async function* filesOfTar(archive: AsyncIterable<Buffer>): AsyncGenerator<TarFile> {
  const input = new Input(archive);
  for (;;) {
    const header = await input.block();
    if (header.every((byte) => byte === 0)) return;
    const { path, bytes } = readHeader(header);
    let left = bytes;
    const chunks = async function* () {
      while (left > 0) {
        const chunk = await input.some(left);
        left -= chunk.length;
        yield chunk;
      }
    };
    yield { path, bytes, chunks: chunks() };
    while (left > 0) left -= (await input.some(left)).length;
    for (let pad = (BLOCK - (bytes % BLOCK)) % BLOCK; pad > 0; ) {
      pad -= (await input.some(pad)).length;
    }
  }
}

/** Where in a header block its parts are. */
const NAME_BYTES = 100;
const AT_MODE = 100;
const AT_SIZE = 124;
const AT_TIME = 136;
const AT_SUM = 148;
const AT_KIND = 156;
const AT_MAGIC = 257;
/** Eleven octal digits; larger sizes are eleven bytes behind a set bit. */
const MAX_OCTAL = 0o77777777777;

function headerOf(path: string, bytes: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  assert(Buffer.byteLength(path) <= NAME_BYTES, 'a path in an archive has up to 100 bytes');
  header.write(path, 0);
  header.write('0000600\0', AT_MODE);
  if (bytes <= MAX_OCTAL) header.write(`${bytes.toString(8).padStart(11, '0')}\0`, AT_SIZE);
  else {
    header[AT_SIZE] = 0x80;
    header.writeBigUInt64BE(BigInt(bytes), AT_SIZE + 4);
  }
  header.write('00000000000\0', AT_TIME);
  header.write('0', AT_KIND);
  header.write('ustar\0', AT_MAGIC);
  header.write('00', AT_MAGIC + 6);
  header.write(`${sumOf(header).toString(8).padStart(6, '0')}\0 `, AT_SUM);
  return header;
}

function readHeader(header: Buffer): { path: string; bytes: number } {
  const octal = (at: number, length: number) =>
    Number.parseInt(header.toString('latin1', at, at + length).replace(/[\0 ]+$/, ''), 8);
  if (octal(AT_SUM, 8) !== sumOf(header)) throw noArchive('a header fails its checksum');
  const isLarge = (header[AT_SIZE]! & 0x80) !== 0;
  const bytes = isLarge ? Number(header.readBigUInt64BE(AT_SIZE + 4)) : octal(AT_SIZE, 12);
  if (!Number.isSafeInteger(bytes)) throw noArchive('a file has no size');
  const end = header.indexOf(0);
  return { path: header.toString('utf8', 0, Math.min(end, NAME_BYTES)), bytes };
}

/** Of all bytes, those of the sum itself taken as spaces. */
function sumOf(header: Buffer): number {
  let sum = 0;
  for (let i = 0; i < BLOCK; i += 1) {
    sum += i >= AT_SUM && i < AT_SUM + 8 ? 0x20 : header[i]!;
  }
  return sum;
}

/** A stream of chunks, taken in pieces of other sizes. */
class Input {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** At least one byte, at most so many. */
  async some(most: number): Promise<Buffer> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) throw noArchive('it ends too early');
      this.#rest = next.value;
    }
    const piece = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(piece.length);
    return piece;
  }

  async block(): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let left = BLOCK; left > 0; left -= pieces.at(-1)!.length) {
      pieces.push(await this.some(left));
    }
    return Buffer.concat(pieces);
  }
}

function noArchive(what: string): BrokerError {
  return new BrokerError('bad-frame', `This is no whole archive: ${what}.`);
}

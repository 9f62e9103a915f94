/** Payloads of batches that the broker has put together anew, in the codec that they came in. */
import { deflateSync } from 'node:zlib';
import { CompressionType } from './messages.ts';

export interface Compressed {
  readonly type: CompressionType;
  readonly payload: Buffer;
}

/**
 * Zlib stays zlib. The other codecs have no writer here: what came in them leaves plain, which
 * every client reads, unless that takes more than `maxPlainBytes`: then as zlib.
 */
export function compress(type: CompressionType, plain: Buffer, maxPlainBytes: number): Compressed {
  const staysPlain = type !== CompressionType.ZLIB && plain.length <= maxPlainBytes;
  if (staysPlain) return { type: CompressionType.NONE, payload: plain };
  return { type: CompressionType.ZLIB, payload: deflateSync(plain) };
}

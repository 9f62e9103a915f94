/**
 * Entries as the specs make them: the checksum that every entry begins with, then a plain text that
 * says what an `EntryFormat` must know. Nothing of Pulsar's own format is in them.
 */
import type { EntryChunk, EntryFormat } from '../../src/actors/ports.ts';
import { murmur3Positive } from '../../src/base/murmur3.ts';
import { addChecksum, CHECKSUM_BYTES } from '../../src/wire/checksum.ts';

export interface Content {
  readonly value: string;
  readonly key?: string;
  /** Messages in the entry. */
  readonly messages: number;
  readonly publishTimeMs: number;
  readonly chunk?: EntryChunk;
  readonly encrypted?: boolean;
}

export function encodeEntry(content: Content): Buffer {
  return addChecksum(Buffer.from(JSON.stringify(content)));
}

export function decodeEntry(entry: Buffer): Content {
  return JSON.parse(entry.toString('utf8', CHECKSUM_BYTES)) as Content;
}

/** The hash that key_shared routes this key by. */
export function hashOf(key: string): number {
  return murmur3Positive(Buffer.from(key));
}

export const entryFormat: EntryFormat = {
  stickyKeyHash: (entry) => hashOf(decodeEntry(entry).key ?? ''),
  publishTimeMs: (entry) => decodeEntry(entry).publishTimeMs,
  isEncrypted: (entry) => decodeEntry(entry).encrypted === true,
  chunk: (entry) => decodeEntry(entry).chunk,
};

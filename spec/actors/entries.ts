/**
 * Entries as the specs make them: the checksum that every entry begins with, then a plain text that
 * says what an `EntryFormat` must know. Nothing of Pulsar's own format is in them.
 */
import type { CompactionFormat, EntryChunk, EntryFormat } from '../../src/actors/ports.ts';
import { murmur3Positive } from '../../src/base/murmur3.ts';
import { addChecksum, CHECKSUM_BYTES } from '../../src/wire/checksum.ts';
import { keyIdOf } from '../../src/wire/key-id.ts';

export interface Content {
  readonly value: string;
  readonly key?: string;
  /** Messages in the entry. */
  readonly messages: number;
  readonly publishTimeMs: number;
  readonly chunk?: EntryChunk;
  readonly encrypted?: boolean;
  /** The messages one by one, where a spec wants to know them. */
  readonly batch?: readonly Slot[];
}

/** A message of a batch; null: it was compacted out. */
export type Slot = { readonly key?: string; readonly value: string } | null;

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

/** An empty value is a tombstone. */
export const compactionFormat: CompactionFormat = {
  open(entry) {
    const content = decodeEntry(entry);
    const slots = content.batch ?? [content];
    return {
      messages: slots.map((slot) => {
        if (slot === null) return { kind: 'gone', key: undefined };
        const bytes = slot.key === undefined ? undefined : Buffer.from(slot.key);
        return {
          kind: slot.value === '' ? 'tombstone' : 'value',
          key: bytes && keyIdOf(bytes, 0, bytes.length),
        };
      }),
      chunk: content.chunk,
      retain(keeps) {
        if (content.batch === undefined) return entry;
        const batch = content.batch.map((slot, i) => (keeps[i] === true ? slot : null));
        return encodeEntry({ ...content, batch });
      },
    };
  },
};

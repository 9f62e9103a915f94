import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import { addChecksum, verifyEntry } from '../../src/wire/checksum.ts';
import {
  decodeBrokerEntryHeader,
  decodeEntry,
  encodeBrokerEntryHeader,
  encodeEntry,
} from '../../src/wire/entry.ts';
import type { MessageMetadata } from '../../src/wire/messages.ts';
import { producerNameOf, readEntryMetadata } from '../../src/wire/metadata.ts';
import { stickyKeyHash, stickyKeyHashOf } from '../../src/wire/sticky-key.ts';
import { message } from './arbitraries.ts';

const anyMetadata = message('MessageMetadata').map((value) => value as unknown as MessageMetadata);
const required = {
  producer_name: 'standalone-0-7',
  sequence_id: 3,
  publish_time: 1_700_000_000_123,
};

describe('the scan of an entry', () => {
  test('agrees with the full decoding', () => {
    fc.assert(
      fc.property(anyMetadata, fc.nat(50), fc.boolean(), (metadata, before, hasCrc) => {
        const entry = encodeEntry(metadata, Buffer.from('payload'));
        const stored = hasCrc ? entry : entry.subarray(6);
        const buffer = Buffer.concat([Buffer.alloc(before, 0x0e), stored, Buffer.alloc(3)]);
        const end = before + stored.length;
        const scanned = readEntryMetadata(buffer, before, end);
        expect(buffer.toString('utf8', scanned.metadataEnd, end)).toBe('payload');
        expect(view(buffer, scanned)).toStrictEqual(expectedView(metadata));
      }),
      { numRuns: 500 },
    );
  });

  test('tells a batch of one from a single message', () => {
    const scan = (metadata: MessageMetadata) => {
      const entry = encodeEntry(metadata, Buffer.alloc(0));
      const { isBatch, numMessages } = readEntryMetadata(entry, 0, entry.length);
      return { isBatch, numMessages };
    };
    expect(scan(required)).toStrictEqual({ isBatch: false, numMessages: 1 });
    const batch = { ...required, num_messages_in_batch: 1 };
    expect(scan(batch)).toStrictEqual({ isBatch: true, numMessages: 1 });
  });

  test('any mutated entry is scanned or is a bad frame', () => {
    const change = fc.record({ at: fc.nat(), byte: fc.nat(255), cut: fc.boolean() });
    fc.assert(
      fc.property(anyMetadata, fc.array(change, { minLength: 1 }), (metadata, changes) => {
        let entry = encodeEntry(metadata, Buffer.alloc(4));
        for (const { at, byte, cut } of changes) {
          if (entry.length === 0) break;
          if (cut) entry = entry.subarray(0, at % entry.length);
          else entry[at % entry.length] = byte;
        }
        try {
          const { metadataEnd } = readEntryMetadata(entry, 0, entry.length);
          expect(metadataEnd).toBeLessThanOrEqual(entry.length);
          stickyKeyHash(entry, 0, entry.length);
        } catch (error) {
          if (!(error instanceof BrokerError) || error.code !== 'bad-frame') throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['nothing', Buffer.alloc(0), 'without message metadata'],
    ['a checksum alone', Buffer.from([0x0e, 0x01, 0, 0, 0, 0]), 'without message metadata'],
    ['a size beyond the end', Buffer.from([0, 0, 0, 9, 1]), 'longer than its entry'],
    ['no producer name', Buffer.from([0, 0, 0, 4, 16, 1, 24, 1]), 'without producer_name'],
    ['no sequence id', Buffer.from([0, 0, 0, 4, 10, 0, 24, 1]), 'without sequence_id'],
    ['no publish time', Buffer.from([0, 0, 0, 4, 10, 0, 16, 1]), 'without publish_time'],
  ])('refuses %s', (_, bytes, text) => {
    expect(() => readEntryMetadata(bytes, 0, bytes.length)).toThrow(text);
  });
});

describe('the sticky key', () => {
  const hash = (fields: Partial<MessageMetadata>) => {
    const entry = encodeEntry({ ...required, ...fields }, Buffer.from('x'));
    const hash = stickyKeyHash(entry, 0, entry.length);
    expect(stickyKeyHashOf(entry, readEntryMetadata(entry, 0, entry.length))).toBe(hash);
    return hash % 65_536 || 1;
  };

  test('is the ordering key, else the partition key', () => {
    expect(hash({ partition_key: 'key1' })).toBe(293);
    expect(hash({ partition_key: 'a' })).toBe(27_058);
    expect(hash({ partition_key: 'a', ordering_key: Buffer.from('key1') })).toBe(293);
    expect(hash({ partition_key: '' })).toBe(1);
  });

  test('is the bytes of a base64 key', () => {
    const partition_key = Buffer.from('key1').toString('base64');
    expect(hash({ partition_key, partition_key_b64_encoded: true })).toBe(293);
    expect(hash({ partition_key, partition_key_b64_encoded: false })).not.toBe(293);
  });

  test('is the producer and the sequence id of a message without key', () => {
    const named = (sequence_id: bigint | number) => hash({ producer_name: 'p', sequence_id });
    expect(named(12)).toBe(hash({ partition_key: 'p-12' }));
    expect(named(2n ** 64n - 1n)).toBe(hash({ partition_key: 'p--1' }));
    expect(named(2n ** 62n)).toBe(hash({ partition_key: `p-${2n ** 62n}` }));
  });
});

describe('the checksum of an entry', () => {
  test('covers everything behind itself', () => {
    fc.assert(
      fc.property(
        anyMetadata,
        fc.uint8Array({ maxLength: 600 }),
        fc.nat(),
        (metadata, body, at) => {
          const entry = encodeEntry(metadata, Buffer.from(body));
          expect(verifyEntry(entry, 0, entry.length)).toBe('ok');
          const place = 2 + (at % (entry.length - 2));
          entry[place] = entry[place]! ^ 0x10;
          expect(verifyEntry(entry, 0, entry.length)).toBe('mismatch');
        },
      ),
    );
  });

  test('may be absent, and is added', () => {
    const entry = encodeEntry(required, Buffer.from('hello'));
    const bare = entry.subarray(6);
    expect(verifyEntry(bare, 0, bare.length)).toBe('absent');
    expect(addChecksum(bare).equals(entry)).toBe(true);
    expect(addChecksum(entry, 6).equals(entry)).toBe(true);
    expect(verifyEntry(Buffer.alloc(0), 0, 0)).toBe('absent');
  });

  test('is not looked for behind the end of the entry', () => {
    const buffer = Buffer.from([0x0e, 0x01, 0, 0, 0, 0, 0, 0]);
    expect(verifyEntry(buffer, 0, 2)).toBe('mismatch');
    expect(verifyEntry(buffer, 0, 6)).toBe('ok');
  });

  test('that is cut short is a mismatch', () => {
    const entry = encodeEntry(required, Buffer.alloc(0));
    for (let end = 2; end < entry.length; end++) {
      expect(verifyEntry(entry, 0, end)).toBe('mismatch');
    }
  });
});

describe('broker entry metadata', () => {
  test('precedes the entry and is taken off', () => {
    const entry = encodeEntry(required, Buffer.from('x'));
    const metadata = { broker_timestamp: 1_700_000_000_000, index: 41 };
    const stored = Buffer.concat([encodeBrokerEntryHeader(metadata), entry]);
    const decoded = decodeBrokerEntryHeader(stored);
    expect(decoded.metadata).toStrictEqual(metadata);
    expect(decodeEntry(stored, decoded.entryStart).payload.toString()).toBe('x');
    expect(decodeBrokerEntryHeader(entry)).toStrictEqual({ metadata: undefined, entryStart: 0 });
  });

  test('that is cut short is a bad frame', () => {
    const header = encodeBrokerEntryHeader({ index: 1 });
    for (let end = 2; end < header.length; end++) {
      expect(() => decodeBrokerEntryHeader(header.subarray(0, end))).toThrow(BrokerError);
    }
  });
});

function expectedView(metadata: MessageMetadata): Record<string, unknown> {
  return {
    producerName: metadata.producer_name,
    sequenceId: metadata.sequence_id,
    publishTimeMs: Number(metadata.publish_time),
    eventTimeMs: metadata.event_time === undefined ? undefined : Number(metadata.event_time),
    numMessages: metadata.num_messages_in_batch ?? 1,
    isBatch: metadata.num_messages_in_batch !== undefined,
    highestSequenceId: metadata.highest_sequence_id,
    hasKey: metadata.partition_key !== undefined || metadata.ordering_key !== undefined,
    encrypted: metadata.encryption_keys !== undefined,
    nullValue: metadata.null_value ?? false,
    txnidLeastBits: metadata.txnid_least_bits,
    txnidMostBits: metadata.txnid_most_bits,
    hasTxn: metadata.txnid_least_bits !== undefined && metadata.txnid_most_bits !== undefined,
    deliverAtTimeMs:
      metadata.deliver_at_time === undefined ? undefined : Number(metadata.deliver_at_time),
    markerType: metadata.marker_type,
    isReplicated: metadata.replicated_from !== undefined,
    chunk: metadata.uuid === undefined ? undefined : expectedChunk(metadata.uuid, metadata),
  };
}

function expectedChunk(uuid: string, metadata: MessageMetadata): object {
  return {
    uuid,
    chunkId: metadata.chunk_id ?? 0,
    numChunks: metadata.num_chunks_from_msg ?? 0,
    totalBytes: metadata.total_chunk_msg_size ?? 0,
  };
}

function view(
  buffer: Buffer,
  scanned: ReturnType<typeof readEntryMetadata>,
): Record<string, unknown> {
  return {
    producerName: producerNameOf(buffer, scanned),
    sequenceId: scanned.sequenceId,
    publishTimeMs: scanned.publishTimeMs,
    eventTimeMs: scanned.eventTimeMs,
    numMessages: scanned.numMessages,
    isBatch: scanned.isBatch,
    highestSequenceId: scanned.highestSequenceId,
    hasKey: scanned.hasKey,
    encrypted: scanned.encrypted,
    nullValue: scanned.nullValue,
    txnidLeastBits: scanned.txnidLeastBits,
    txnidMostBits: scanned.txnidMostBits,
    hasTxn: scanned.hasTxn,
    deliverAtTimeMs: scanned.deliverAtTimeMs,
    markerType: scanned.markerType,
    isReplicated: scanned.isReplicated,
    chunk: scanned.chunk,
  };
}

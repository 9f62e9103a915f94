/**
 * The payload of a batch, decompressed and decrypted: per message
 * `[u32 singleMetaSize][SingleMessageMetadata][payload]`.
 */

import { decodeMessage, encodeMessage } from './compiled.ts';
import type { SingleMessageMetadata } from './messages.ts';
import { badFrame } from './reader.ts';

/** One message of a batch; the payload is a view of the batch. */
export interface BatchedMessage {
  readonly metadata: SingleMessageMetadata;
  readonly payload: Buffer;
}

/**
 * Walks the first `count` messages of a batch (its `num_messages_in_batch`). Throws `bad-frame`
 * where the batch is shorter than it says; what follows the last message is ignored, as clients
 * do.
 */
export function* readBatch(batch: Buffer, count: number): Generator<BatchedMessage, void> {
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (at + 4 > batch.length) throw badFrame(`a batch without its message ${index} of ${count}`);
    const metadataStart = at + 4;
    const metadataEnd = metadataStart + batch.readUInt32BE(at);
    if (metadataEnd > batch.length) throw badFrame(`metadata of message ${index} cut short`);
    const metadata = decodeMessage('SingleMessageMetadata', batch, metadataStart, metadataEnd);
    at = metadataEnd + metadata.payload_size;
    if (metadata.payload_size < 0 || at > batch.length) {
      throw badFrame(`payload of message ${index} cut short`);
    }
    yield { metadata, payload: batch.subarray(metadataEnd, at) };
  }
}

/** A message to be put into a batch; `payload_size` is set from the payload. */
export interface MessageToBatch {
  readonly metadata?: Omit<SingleMessageMetadata, 'payload_size'>;
  readonly payload: Buffer;
}

/** Builds the payload of a batch. */
export function buildBatch(messages: readonly MessageToBatch[]): Buffer {
  return Buffer.concat(
    messages.flatMap(({ metadata, payload }) => {
      const full = { ...metadata, payload_size: payload.length };
      const encoded = encodeMessage('SingleMessageMetadata', full);
      const size = Buffer.allocUnsafe(4);
      size.writeUInt32BE(encoded.length);
      return [size, encoded, payload];
    }),
  );
}

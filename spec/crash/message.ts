/**
 * The messages that the driver sends: a name that says which producer and number, then filler that
 * follows from the name, so that what comes back can be told and checked byte by byte.
 */
import { buildBatch, readBatch } from '../../src/wire/batch.ts';
import { verifyEntry } from '../../src/wire/checksum.ts';
import { decodeEntry, encodeEntry } from '../../src/wire/entry.ts';
import type { Frame } from '../../src/wire/frame.ts';

/** A message as it was sent. */
export interface Sent {
  readonly producer: string;
  readonly sequence: number;
  readonly bytes: number;
}

/** A message as it came back, with its place in its entry. */
export interface Received {
  readonly name: string;
  readonly producer: string;
  readonly sequence: number;
  readonly batchIndex: number;
  readonly key: string;
}

export const nameOf = ({ producer, sequence }: Sent) => `${producer}#${sequence}`;

/** The entry of one message, or of a batch when `batched` says so or there are several. */
export function entryOf(messages: readonly Sent[], batched: boolean, key: string): Buffer {
  const [first] = messages;
  const last = messages.at(-1);
  if (first === undefined || last === undefined) throw new Error('an entry has a message');
  const metadata = {
    producer_name: first.producer,
    sequence_id: first.sequence,
    publish_time: Date.now(),
    partition_key: key,
  };
  if (!batched && messages.length === 1) return encodeEntry(metadata, payloadOf(first));
  const payload = buildBatch(
    messages.map((message) => ({
      metadata: { sequence_id: message.sequence, partition_key: key },
      payload: payloadOf(message),
    })),
  );
  return encodeEntry(
    {
      ...metadata,
      highest_sequence_id: last.sequence,
      num_messages_in_batch: messages.length,
      uncompressed_size: payload.length,
    },
    payload,
  );
}

/** The messages in the entry of a MESSAGE. Throws when a byte is not what was sent. */
export function messagesIn({ buffer, payloadStart, end }: Frame): Received[] {
  const checksum = verifyEntry(buffer, payloadStart, end);
  if (checksum !== 'ok') throw new Error(`delivered entry with checksum ${checksum}`);
  const { metadata, payload } = decodeEntry(buffer, payloadStart, end);
  const count = metadata.num_messages_in_batch;
  const payloads =
    count === undefined ? [payload] : [...readBatch(payload, count)].map((one) => one.payload);
  return payloads.map((bytes, batchIndex) => {
    const text = bytes.toString('latin1', 0, Math.min(bytes.length, 100));
    const [, producer = '', number = ''] = /^(.*?)#(\d+)\|/.exec(text) ?? [];
    const sent = { producer, sequence: Number(number), bytes: bytes.length };
    if (producer === '' || !payloadOf(sent).equals(bytes)) {
      throw new Error(`delivered bytes that nobody sent: ${JSON.stringify(text)}`);
    }
    const key = metadata.partition_key ?? '';
    return { name: nameOf(sent), producer, sequence: sent.sequence, batchIndex, key };
  });
}

function payloadOf(message: Sent): Buffer {
  const head = `${nameOf(message)}|`;
  const payload = Buffer.alloc(Math.max(message.bytes, head.length));
  payload.write(head, 'latin1');
  for (let at = head.length; at < payload.length; at++) {
    payload[at] = (at * 31 + message.sequence * 17) & 0xff;
  }
  return payload;
}

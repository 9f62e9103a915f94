/**
 * One stored entry as REST shows it: the payload as the producer had it, a batch undivided, and
 * everything else in headers that begin with `X-Pulsar-`.
 */
import type { StoredEntry } from '../../actors/topic/commands.ts';
import { formatPosition } from '../../base/position.ts';
import { decompress } from '../../wire/decompress.ts';
import { decodeEntry } from '../../wire/entry.ts';
import { CompressionType, type MessageMetadata } from '../../wire/messages.ts';
import { Content } from './call.ts';
import { isoTime } from './stats-values.ts';

/** `maxBytes` bounds what a compressed payload may become. Throws `bad-frame`. */
export function entryAnswer(stored: StoredEntry, maxBytes: number): Content {
  const { position, entry, noted, withheld } = stored;
  const { metadata, payload } = decodeEntry(entry);
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of headersOf(metadata, withheld, entry.length, payload.length)) {
    if (value !== undefined) headers[`X-Pulsar-${name}`] = value;
  }
  const { compression = CompressionType.NONE, uncompressed_size: size = 0 } = metadata;
  const isReadable = metadata.encryption_keys === undefined && size <= maxBytes;
  return new Content(isReadable ? decompress(compression, payload, size) : payload, {
    'X-Pulsar-Message-ID': formatPosition(position),
    ...notedHeaders(noted),
    ...headers,
  });
}

/** What the broker noted of it. */
function notedHeaders(noted: StoredEntry['noted']): Record<string, string> {
  const { index, timestampMs } = noted ?? {};
  const headers = {
    timestamp: timestampMs === undefined ? undefined : isoTime(timestampMs),
    index,
  };
  const known = Object.entries(headers).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    known.map(([name, value]) => [`X-Pulsar-Broker-Entry-METADATA-${name}`, String(value)]),
  );
}

type Header = readonly [name: string, value: string | string[] | undefined];

/** In Pulsar's order and words; undefined ones are not sent. */
function headersOf(
  metadata: MessageMetadata,
  withheld: StoredEntry['withheld'],
  entryBytes: number,
  payloadBytes: number,
): Header[] {
  const metadataBytes = entryBytes - payloadBytes - FRAME_BYTES;
  const { num_messages_in_batch: count } = metadata;
  const inTransaction = metadata.txnid_most_bits !== undefined;
  return [
    ['PROPERTY', propertiesOf(metadata)],
    ['publish-time', time(metadata.publish_time)],
    ['event-time', time(metadata.event_time)],
    ['deliver-at-time', time(metadata.deliver_at_time)],
    ['num-batch-message', whole(count)],
    ['batch-size', count === undefined ? undefined : String(entryBytes - metadataBytes)],
    ['null-value', yes(metadata.null_value)],
    ['Is-Encrypted', String(metadata.encryption_keys !== undefined)],
    ['producer-name', text(metadata.producer_name)],
    ['sequence-id', whole(metadata.sequence_id)],
    ['replicated-from', text(metadata.replicated_from)],
    ['replicated-to', metadata.replicate_to?.map(latin)],
    ['partition-key', text(metadata.partition_key)],
    ['compression', compressionOf(metadata)],
    ['uncompressed-size', whole(metadata.uncompressed_size)],
    ['encryption-algo', text(metadata.encryption_algo)],
    ['Base64-encryption-keys', metadata.encryption_keys?.map(({ value }) => base64(value) ?? '')],
    ['Base64-encryption-param', base64(metadata.encryption_param)],
    ['Base64-schema-version', base64(metadata.schema_version)],
    ['partition-key-b64-encoded', yes(metadata.partition_key_b64_encoded)],
    ['Base64-ordering-key', base64(metadata.ordering_key)],
    ['marker-type', whole(metadata.marker_type)],
    ['txnid-least-bits', whole(metadata.txnid_least_bits)],
    ['txnid-most-bits', whole(metadata.txnid_most_bits)],
    ['highest-sequence-id', whole(metadata.highest_sequence_id)],
    ['uuid', text(metadata.uuid)],
    ['num-chunks-from-msg', whole(metadata.num_chunks_from_msg)],
    ['total-chunk-msg-size', whole(metadata.total_chunk_msg_size)],
    ['chunk-id', whole(metadata.chunk_id)],
    ['null-partition-key', yes(metadata.null_partition_key)],
    ['txn-aborted', inTransaction ? String(withheld === 'aborted') : undefined],
    ['txn-uncommitted', String(withheld === 'uncommitted')],
  ];
}

/** Magic, checksum and the length of the metadata. */
const FRAME_BYTES = 10;

/** One JSON object in plain ASCII, which is all that a header may hold. */
function propertiesOf({ properties = [] }: MessageMetadata): string {
  const all = Object.fromEntries(properties.map(({ key, value }) => [key, value]));
  return JSON.stringify(all).replace(
    /[\u007f-\uffff]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function compressionOf({ compression }: MessageMetadata): string | undefined {
  if (compression === undefined || compression === CompressionType.NONE) return undefined;
  const names = Object.entries(CompressionType);
  return names.find(([, number]) => number === compression)?.[0];
}

/** 0 says that there is none. */
function time(ms: number | bigint | undefined): string | undefined {
  return ms === undefined || Number(ms) <= 0 ? undefined : isoTime(Number(ms));
}

function whole(value: number | bigint | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

function yes(value: boolean | undefined): string | undefined {
  return value === true ? 'true' : undefined;
}

function text(value: string | undefined): string | undefined {
  return value === undefined ? undefined : latin(value);
}

/** The bytes of UTF-8, as a header takes them, and a mark in the place of control characters. */
function latin(value: string): string {
  const plain = [...value].map((one) => (one < ' ' || one === '\u007f' ? '?' : one)).join('');
  return Buffer.from(plain).toString('latin1');
}

function base64(value: Uint8Array | undefined): string | undefined {
  return value === undefined ? undefined : Buffer.from(value).toString('base64');
}

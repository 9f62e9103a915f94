/**
 * The bytes of a journal record's header, little-endian, every part on a multiple of four:
 *
 *      0  u8   format, 1
 *      1  u8   kind: 0 a batch, 1 entries that were moved out of an older segment
 *      2  u16  0
 *      4  u32  CRC32C of the header from byte 8 on
 *      8  u32  bytes of the header
 *     12  u32  number of events
 *     16  f64  sequence; of moved entries the number of the move
 *     24  f64  time of the step, in milliseconds since the epoch
 *     32  u32  number of blocks
 *     36  u32  number of trim marks
 *     40  u32  number of entries
 *     44  u32  number of values
 *     48  blocks: f64 topic, f64 first offset, u32 event, u32 entries; the highest bit of the
 *         latter says that some of them are due at a time
 *         trim marks: f64 topic, f64 before, u32 event, u32 0
 *         entries: u32 size each; the highest bit marks the first entry of a new value
 *         entries: u32 CRC32C each, as the entry itself carries it
 *         events: u32 size each, then MessagePack [actor, type, data, cause] each, and behind the
 *         cause the due times of the event's block if it has some, as bytes: f64 each
 *
 * The header is the start of value 0; entries follow it there and in values 1, 2, 3 ... An entry
 * larger than `GIANT_BYTES` has values of its own, full ones first. The header's checksum covers
 * the checksums of all entries, so that bytes of another record in their place are found.
 */

export const FORMAT = 1;
export const KIND_BATCH = 0;
export const KIND_MOVED = 1;

export const AT_CRC = 4;
export const AT_HEADER_BYTES = 8;
export const AT_EVENTS = 12;
export const AT_SEQUENCE = 16;
export const AT_TIME = 24;
export const AT_BLOCKS = 32;
export const AT_TRIMS = 36;
export const AT_ENTRIES = 40;
export const AT_VALUES = 44;
export const FIXED_BYTES = 48;

export const BLOCK_BYTES = 24;
export const TRIM_BYTES = 24;
/** Size and checksum of one entry. */
export const ENTRY_BYTES = 8;

/** In an entry's size: a new value starts with it. */
export const STARTS_VALUE = 0x8000_0000;

/** In a block's number of entries: some are due at a time. */
export const HAS_DUE_TIMES = 0x8000_0000;

/** Larger entries are cut: lmdb-js hands out values of 16 MiB and more as views of the map. */
export const GIANT_BYTES = 8 * 1024 * 1024;

/** Values of one record; the number has 16 bits of the key. */
export const MAX_VALUES = 0xffff;

/** Bytes before the part of an entry that its checksum covers: u16 0x0e01, u32 CRC32C. */
export const ENTRY_PREFIX_BYTES = 6;
export const ENTRY_MAGIC = 0x0e01;

/** Moved entries are numbered apart; in keys and places their numbers come after all sequences. */
const MOVED = 2 ** 47;

/** Where a record is: its sequence, or the number of a move. */
export type Place = number;

export function movedPlace(move: number): Place {
  return MOVED + move;
}

export function isMoved(place: Place): boolean {
  return place >= MOVED;
}

/** Sequence or number of the move, as the header carries it. */
export function numberOf(place: Place): number {
  return isMoved(place) ? place - MOVED : place;
}

export const KEY_BYTES = 8;

/** Key of a value: u48 place, u16 number of the value, big-endian so that keys sort. */
export function valueKey(place: Place, value: number, key = Buffer.allocUnsafe(KEY_BYTES)): Buffer {
  key.writeUIntBE(place, 0, 6);
  key.writeUInt16BE(value, 6);
  return key;
}

export function placeOfKey(key: Buffer): Place {
  return key.readUIntBE(0, 6);
}

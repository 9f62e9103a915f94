/** Plain data (numbers, bigints, strings, bytes, lists, objects) to MessagePack and back. */
import { Packr } from 'msgpackr';

const packr = new Packr({
  // Every value stands alone: no shared structures that another record would be needed to read.
  useRecords: false,
  mapsAsObjects: true,
  structuredClone: false,
  useBigIntExtension: true,
  // What is decoded must not pin the buffer that it came from.
  copyBuffers: true,
});

/** The result may share memory with later calls' results, but its bytes stay as they are. */
export function encodePlain(value: unknown): Buffer {
  return packr.pack(value);
}

export function decodePlain(bytes: Uint8Array): unknown {
  return packr.unpack(bytes);
}

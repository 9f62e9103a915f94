/** The hand-written codecs of the hot paths, in one place. All agree with the table-driven ones. */

export { type Ack, type AckedEntry, decodeAck, decodeFlow, type Flow } from './ack.ts';
export { type MessageHeader, messageHeaderSize, writeMessageHeader } from './message-header.ts';
export { ReceiptWriter } from './receipts.ts';
export { decodeSend, type Send } from './send.ts';

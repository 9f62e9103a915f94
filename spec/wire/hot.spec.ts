import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import { type Command, decodeCommand, encodeCommand } from '../../src/wire/codec.ts';
import {
  decodeAck,
  decodeFlow,
  decodeSend,
  messageHeaderSize,
  ReceiptWriter,
  writeMessageHeader,
} from '../../src/wire/hot.ts';
import { LATEST, MINUS_ONE } from '../../src/wire/long.ts';
import type { Message } from '../../src/wire/messages.ts';
import { int32, int64, message, uint32, uint64 } from './arbitraries.ts';

/** What the table-driven codec and a hand-written one make of the same bytes. */
type Outcome = Record<string, unknown> | 'bad-frame';

describe.each([
  ['SEND', 'CommandSend', decodeSend],
  ['ACK', 'CommandAck', decodeAck],
  ['FLOW', 'CommandFlow', decodeFlow],
] as const)('%s decoded by hand agrees with the table', (name, body, decodeByHand) => {
  const byTable = (bytes: Buffer): Outcome =>
    outcome(() => {
      const command = decodeCommand(bytes);
      if (command.name !== name) throw new BrokerError('bad-frame', 'another command');
      return command.body as Record<string, unknown>;
    });
  const byHand = (bytes: Buffer): Outcome =>
    outcome(() => decodeByHand(bytes, 0, bytes.length) as unknown as Record<string, unknown>);
  const anyCommand = message(body).map((value) => encodeCommand(name, value as never).subarray(8));

  test('for every message', () => {
    fc.assert(
      fc.property(anyCommand, (bytes) => {
        expect(comparable(byHand(bytes))).toStrictEqual(comparable(byTable(bytes)));
      }),
      { numRuns: 500 },
    );
  });

  test('for every mutated message', () => {
    const change = fc.record({ at: fc.nat(), byte: fc.nat(255), cut: fc.boolean() });
    fc.assert(
      fc.property(
        anyCommand,
        fc.array(change, { minLength: 1, maxLength: 3 }),
        (bytes, changes) => {
          let mutated = Buffer.from(bytes);
          for (const { at, byte, cut } of changes) {
            // The type in front stays: the caller has looked at it.
            if (mutated.length <= 2) break;
            const place = 2 + (at % (mutated.length - 2));
            if (cut) mutated = mutated.subarray(0, place);
            else mutated[place] = byte;
          }
          expect(comparable(byHand(mutated))).toStrictEqual(comparable(byTable(mutated)));
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('defaults of a decoded SEND', () => {
  test('are filled in, except where absence must stay visible', () => {
    const bytes = encodeCommand('SEND', { producer_id: 1, sequence_id: 2 }).subarray(8);
    expect(decodeSend(bytes, 0, bytes.length)).toMatchObject({
      num_messages: 1,
      is_chunk: false,
      marker: false,
      highest_sequence_id: undefined,
      txnid_least_bits: undefined,
    });
  });
});

test('an acknowledgement may pack its words, or pack none', () => {
  const ackOf = (words: number[]) => {
    const id = Buffer.from([8, 1, 16, 2, 0x2a, words.length, ...words]);
    const ack = Buffer.from([8, 1, 16, 0, 0x1a, id.length, ...id]);
    const bytes = Buffer.from([8, 10, 0x52, ack.length, ...ack]);
    return decodeAck(bytes, 0, bytes.length).message_id[0]?.ack_set;
  };
  expect(ackOf([1, 0x80, 1])).toStrictEqual([1, 128]);
  expect(ackOf([])).toBeUndefined();
});

describe('receipts', () => {
  const receipt = fc.record({
    producerId: uint64,
    sequenceId: uint64,
    highestSequenceId: fc.option(uint64, { nil: undefined }),
    ledgerId: uint64,
    entryId: uint64,
  });

  test('of one turn are the frames that the table-driven encoder gives, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.array(receipt, { maxLength: 300 })), (turns) => {
        const writer = new ReceiptWriter();
        const taken = turns.map((turn) => {
          for (const one of turn) {
            writer.add(
              one.producerId,
              one.sequenceId,
              one.highestSequenceId,
              one.ledgerId,
              one.entryId,
            );
          }
          return writer.take();
        });
        for (const [index, turn] of turns.entries()) {
          const expected = turn.map((one) => encodeCommand('SEND_RECEIPT', bodyOf(one)));
          expect(taken[index] ?? Buffer.alloc(0)).toStrictEqual(Buffer.concat(expected));
        }
      }),
      { numRuns: 60 },
    );
  });

  test('of a very full turn grow their buffer', () => {
    const writer = new ReceiptWriter();
    const expected = Array.from({ length: 5000 }, (_, index) => {
      writer.add(MINUS_ONE, index, MINUS_ONE, LATEST, index);
      const message_id = { ledgerId: LATEST, entryId: index };
      const highest_sequence_id = MINUS_ONE;
      const ids = { producer_id: MINUS_ONE, sequence_id: index };
      return encodeCommand('SEND_RECEIPT', { ...ids, message_id, highest_sequence_id });
    });
    expect(writer.count).toBe(5000);
    expect(writer.take()!.equals(Buffer.concat(expected))).toBe(true);
  });

  test('of a dropped message carry -1:-1', () => {
    const writer = new ReceiptWriter();
    writer.add(3, 4, undefined, -1, MINUS_ONE);
    expect(writer.count).toBe(1);
    const { body } = decodeCommand(writer.take()!, 8) as Extract<Command, { name: 'SEND_RECEIPT' }>;
    expect(body).toStrictEqual({
      producer_id: 3,
      sequence_id: 4,
      message_id: { ledgerId: MINUS_ONE, entryId: MINUS_ONE },
    });
    expect(writer.take()).toBeUndefined();
  });
});

describe('the header of a MESSAGE', () => {
  const anyHeader = fc.record({
    consumer_id: uint64,
    ledgerId: uint64,
    entryId: uint64,
    partition: fc.option(fc.oneof(fc.constant(-1), int32), { nil: undefined }),
    redelivery_count: fc.oneof(fc.constant(0), uint32),
    ack_set: fc.option(fc.array(int64, { minLength: 1, maxLength: 40 }), { nil: undefined }),
    consumer_epoch: fc.option(uint64, { nil: undefined }),
  });

  test('is what the table-driven encoder gives, within the size foretold', () => {
    fc.assert(
      fc.property(anyHeader, fc.nat(100), fc.nat(6_000_000), (header, pos, entryBytes) => {
        const room = messageHeaderSize(header);
        const buffer = Buffer.alloc(pos + room + 5, 0xaa);
        const end = writeMessageHeader(buffer, pos, header, entryBytes);
        const expected = encodeCommand('MESSAGE', messageBody(header));
        expected.writeUInt32BE(expected.length - 4 + entryBytes);
        expect(buffer.toString('hex', pos, end)).toBe(expected.toString('hex'));
        expect(end - pos).toBeLessThanOrEqual(room);
        expect(buffer.toString('hex', pos + room)).toBe('aa'.repeat(5));
        expect(buffer.toString('hex', 0, pos)).toBe('aa'.repeat(pos));
      }),
      { numRuns: 500 },
    );
  });

  test('has room for the largest values', () => {
    const header = {
      consumer_id: MINUS_ONE,
      ledgerId: MINUS_ONE,
      entryId: LATEST,
      partition: -1,
      redelivery_count: 2 ** 32 - 1,
      ack_set: Array(200).fill(-1),
      consumer_epoch: MINUS_ONE,
    };
    const buffer = Buffer.alloc(messageHeaderSize(header));
    const end = writeMessageHeader(buffer, 0, header, 0);
    expect(decodeCommand(buffer, 8, end)).toStrictEqual({
      name: 'MESSAGE',
      body: messageBody(header),
    });
  });
});

function bodyOf(receipt: {
  producerId: number | bigint;
  sequenceId: number | bigint;
  highestSequenceId: number | bigint | undefined;
  ledgerId: number | bigint;
  entryId: number | bigint;
}): Message<'CommandSendReceipt'> {
  return {
    producer_id: receipt.producerId,
    sequence_id: receipt.sequenceId,
    message_id: { ledgerId: receipt.ledgerId, entryId: receipt.entryId },
    highest_sequence_id: receipt.highestSequenceId,
  };
}

function messageBody(header: Parameters<typeof messageHeaderSize>[0]): Message<'CommandMessage'> {
  const { consumer_id, ledgerId, entryId, partition, redelivery_count, ...rest } = header;
  const message_id = { ledgerId, entryId, ...(partition === undefined ? {} : { partition }) };
  const body = { consumer_id, message_id, ...rest };
  return strip(redelivery_count === 0 ? body : { ...body, redelivery_count });
}

/** Drops what is undefined, as decoding never gives it. */
function strip<T extends object>(value: T): T {
  return Object.fromEntries(
    Object.entries(value).filter(([, content]) => content !== undefined),
  ) as T;
}

function outcome(decode: () => Record<string, unknown>): Outcome {
  try {
    return decode();
  } catch (error) {
    if (error instanceof BrokerError && error.code === 'bad-frame') return 'bad-frame';
    throw error;
  }
}

/** The common ground of both forms: defaults and bookkeeping gone, empty lists absent. */
function comparable(result: Outcome): Outcome {
  if (result === 'bad-frame') return result;
  const plain: Record<string, unknown> = {};
  const implied: Record<string, unknown> = { num_messages: 1, is_chunk: false, marker: false };
  for (const [key, value] of Object.entries(result)) {
    if (key.startsWith('has') || value === undefined || value === implied[key]) continue;
    if (Array.isArray(value) && value.length === 0) continue;
    plain[key] = key === 'message_id' && Array.isArray(value) ? value.map(entryOf) : value;
  }
  return plain;
}

/** A hand-decoded acknowledgement leaves the first chunk's id out. */
function entryOf(id: Record<string, unknown>): Record<string, unknown> {
  const { first_chunk_message_id: _, ...rest } = id;
  return strip(rest);
}

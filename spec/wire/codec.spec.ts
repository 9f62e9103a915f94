import fc from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { BrokerError } from '../../src/base/errors.ts';
import {
  type CommandBodies,
  decodeCommand,
  encodeCommand,
  encodeCommandWithPayload,
  peekCommandType,
} from '../../src/wire/codec.ts';
import { decodeMessage, encodeMessage } from '../../src/wire/compiled.ts';
import { LATEST, MINUS_ONE } from '../../src/wire/long.ts';
import {
  CommandType,
  defaults,
  enums,
  InitialPosition,
  type Message,
  type MessageIdData,
  type MessageName,
  ProducerAccessMode,
  ServerError,
} from '../../src/wire/messages.ts';
import { commandNames, commandShapes, message, messageNames } from './arbitraries.ts';
import { decodeFields, encodeFields, type RawField } from './naive-protobuf.ts';

const CASES = { numRuns: 60 };

test('the tables hold all of the protocol: 93 messages, 19 enums, 70 commands', () => {
  expect(messageNames).toHaveLength(93);
  expect(Object.keys(enums)).toHaveLength(19);
  expect(commandNames).toHaveLength(70);
  expect(Object.keys(CommandType)).toHaveLength(70);
});

test('the types say what the tables say', () => {
  expectTypeOf<Message<'CommandSend'>['producer_id']>().toEqualTypeOf<number | bigint>();
  expectTypeOf<Message<'CommandSend'>['is_chunk']>().toEqualTypeOf<boolean | undefined>();
  expectTypeOf<Message<'CommandAck'>['ack_type']>().toEqualTypeOf<0 | 1>();
  expectTypeOf<Message<'Schema'>['schema_data']>().toEqualTypeOf<Buffer>();
  expectTypeOf<CommandBodies['LOOKUP']['topic']>().toEqualTypeOf<string>();
  expectTypeOf<CommandBodies['ACK']['message_id']>().toEqualTypeOf<
    readonly MessageIdData[] | undefined
  >();
});

describe('encoding and decoding is the identity', () => {
  test.each(messageNames)('%s', (name) => {
    fc.assert(
      fc.property(message(name), (value) => {
        const encoded = encodeMessage(name, value as Message<typeof name>);
        expect(decodeMessage(name, encoded)).toStrictEqual(value);
      }),
      CASES,
    );
  });

  test.each(commandShapes)('command $name', ({ name, message: body }) => {
    fc.assert(
      fc.property(message(body), (value) => {
        const frame = encodeCommand(name, value as CommandBodies[typeof name]);
        expect(frame.readUInt32BE(0)).toBe(frame.length - 4);
        expect(frame.readUInt32BE(4)).toBe(frame.length - 8);
        expect(decodeCommand(frame, 8)).toStrictEqual({ name, body: value });
      }),
      CASES,
    );
  });
});

describe('against the naive model', () => {
  test.each(messageNames)('%s is written in field order with nothing else', (name) => {
    fc.assert(
      fc.property(message(name), (value) => {
        const encoded = encodeMessage(name, value as Message<typeof name>);
        const fields = decodeFields(encoded);
        expect(encodeFields(fields).equals(encoded)).toBe(true);
        const numbers = fields.map((field) => field.number);
        expect(numbers).toStrictEqual([...numbers].sort((a, b) => a - b));
      }),
      CASES,
    );
  });

  test('fields may come in any order', () => {
    fc.assert(
      fc.property(message('CommandSubscribe'), fc.infiniteStream(fc.nat()), (value, random) => {
        const fields = decodeFields(encodeMessage('CommandSubscribe', value as never));
        const groups = new Map<number, RawField[]>();
        for (const field of fields) {
          groups.set(field.number, [...(groups.get(field.number) ?? []), field]);
        }
        const keyed = [...groups.values()].map((group) => ({ group, key: random.next().value }));
        const shuffled = keyed.sort((a, b) => a.key - b.key).flatMap(({ group }) => group);
        expect(decodeMessage('CommandSubscribe', encodeFields(shuffled))).toStrictEqual(value);
      }),
    );
  });
});

describe('presence', () => {
  test('an absent field is absent, not its default', () => {
    const encoded = encodeMessage('CommandSend', { producer_id: 1, sequence_id: 2 });
    expect(decodeMessage('CommandSend', encoded)).toStrictEqual({ producer_id: 1, sequence_id: 2 });
  });

  test('a field that travels with its default value is present', () => {
    const send = { producer_id: 1, sequence_id: 2, num_messages: 1, highest_sequence_id: 0 };
    expect(decodeMessage('CommandSend', encodeMessage('CommandSend', send))).toStrictEqual(send);
  });

  test('undefined and empty lists do not travel', () => {
    const ack = { consumer_id: 1, ack_type: 0, message_id: [], request_id: undefined } as const;
    expect(decodeMessage('CommandAck', encodeMessage('CommandAck', ack))).toStrictEqual({
      consumer_id: 1,
      ack_type: 0,
    });
  });

  test('the defaults say what absence means', () => {
    expect(defaults.CommandSubscribe).toStrictEqual({
      durable: true,
      force_topic_creation: true,
      initialPosition: InitialPosition.Latest,
      start_message_rollback_duration_sec: 0,
    });
    expect(defaults.CommandProducer.producer_access_mode).toBe(ProducerAccessMode.Shared);
    expect(defaults.MessageIdData).toStrictEqual({ partition: -1, batch_index: -1 });
    expect(defaults.CommandPing).toStrictEqual({});
  });

  test('a missing required field is refused', () => {
    const encoded = encodeFields([{ number: 1, wire: 0, value: 7n }]);
    expectBadFrame(() => decodeMessage('CommandSend', encoded), 'CommandSend without sequence_id');
    expect(() => encodeMessage('CommandSend', { producer_id: 1 } as never)).toThrow('sequence_id');
  });

  test('a required field missing in a nested message is refused', () => {
    const id = encodeFields([{ number: 1, wire: 0, value: 7n }]);
    const seek = encodeFields([
      { number: 1, wire: 0, value: 1n },
      { number: 2, wire: 0, value: 1n },
      { number: 3, wire: 2, value: id },
    ]);
    expectBadFrame(() => decodeMessage('CommandSeek', seek), 'MessageIdData without entryId');
  });
});

describe('64-bit values', () => {
  test('-1 travels as 2^64-1 in ten bytes, and comes back as MINUS_ONE', () => {
    const encoded = encodeMessage('MessageIdData', { ledgerId: -1, entryId: LATEST });
    expect(encoded.toString('hex')).toBe(`08${'ff'.repeat(9)}01${'10'}${'ff'.repeat(8)}7f`);
    expect(decodeMessage('MessageIdData', encoded)).toStrictEqual({
      ledgerId: MINUS_ONE,
      entryId: LATEST,
    });
  });

  test('a signed -1 comes back as a number', () => {
    const success = { request_id: 1, producer_name: 'p', last_sequence_id: -1 };
    const encoded = encodeMessage('CommandProducerSuccess', success);
    expect(decodeMessage('CommandProducerSuccess', encoded)).toStrictEqual(success);
  });

  test('numbers that are not exact integers are refused', () => {
    for (const ledgerId of [1.5, Number.NaN, 2 ** 53, 2n ** 64n, -(2n ** 63n) - 1n]) {
      expect(() => encodeMessage('MessageIdData', { ledgerId, entryId: 0 })).toThrow('64-bit');
    }
  });
});

describe('what other implementations may write', () => {
  const required: RawField[] = [
    { number: 1, wire: 0, value: 5n },
    { number: 2, wire: 0, value: 6n },
  ];

  test('unknown fields of every wire type are skipped', () => {
    const group = Buffer.from([...[0xf3, 0x07], 0x08, 0x01, ...[0xf4, 0x07]]);
    const encoded = encodeFields([
      { number: 100, wire: 0, value: 2n ** 63n },
      { number: 101, wire: 1, value: Buffer.alloc(8) },
      { number: 102, wire: 2, value: Buffer.from('later') },
      { number: 103, wire: 5, value: Buffer.alloc(4) },
      ...required,
    ]);
    const all = Buffer.concat([encoded, group]);
    expect(decodeMessage('MessageIdData', all)).toStrictEqual({ ledgerId: 5, entryId: 6 });
  });

  test.each([
    ['that ends another', [0xf3, 0x07, 0xfc, 0x07], 'ends another'],
    ['without end', [0xf3, 0x07, 0x08, 0x01], 'without end'],
    ['that was never begun', [0xf4, 0x07], 'wire type 4'],
    ['nested without end', Array(150).fill([0xf3, 0x07]).flat(), 'nested too deeply'],
  ])('an unknown group %s is refused', (_, bytes, text) => {
    const encoded = Buffer.concat([encodeFields(required), Buffer.from(bytes)]);
    expectBadFrame(() => decodeMessage('MessageIdData', encoded), text);
  });

  test('a known field with another wire type is skipped', () => {
    const encoded = encodeFields([
      ...required,
      { number: 3, wire: 2, value: Buffer.from([1]) },
      { number: 6, wire: 5, value: Buffer.alloc(4) },
    ]);
    expect(decodeMessage('MessageIdData', encoded)).toStrictEqual({ ledgerId: 5, entryId: 6 });
  });

  test('packed and unpacked numbers mix', () => {
    const encoded = encodeFields([
      ...required,
      { number: 5, wire: 0, value: 1n },
      { number: 5, wire: 2, value: Buffer.from([2, 0xff, 0x01]) },
      { number: 5, wire: 2, value: Buffer.alloc(0) },
      { number: 5, wire: 0, value: -1n },
    ]);
    const { ack_set } = decodeMessage('MessageIdData', encoded);
    expect(ack_set).toStrictEqual([1, 2, 255, -1]);
  });

  test('a packed run that is cut inside a number is refused', () => {
    const run: RawField = { number: 5, wire: 2, value: Buffer.from([2, 0xff]) };
    const encoded = encodeFields([run, ...required]);
    expectBadFrame(() => decodeMessage('MessageIdData', encoded), 'cut short');
  });

  test('the last of several scalars wins, several messages are merged', () => {
    const id = (...fields: RawField[]): RawField => ({
      number: 9,
      wire: 2,
      value: encodeFields(fields),
    });
    const encoded = encodeFields([
      ...required,
      { number: 2, wire: 0, value: 60n },
      id(...required),
      id({ number: 2, wire: 0, value: 9n }, { number: 6, wire: 0, value: 3n }),
    ]);
    expect(decodeMessage('CommandSend', encoded)).toStrictEqual({
      producer_id: 5,
      sequence_id: 60,
      message_id: { ledgerId: 5, entryId: 9, batch_size: 3 },
    });
  });

  test('an enum number of a later version counts as unknown', () => {
    const encoded = encodeFields([
      { number: 1, wire: 0, value: 1n },
      { number: 2, wire: 0, value: 99n },
      { number: 3, wire: 2, value: Buffer.from('why') },
    ]);
    expectBadFrame(() => decodeMessage('CommandError', encoded), 'CommandError without error');
    expect(ServerError.ProducerFenced).toBe(25);
  });

  test('invalid UTF-8 is decoded as Node decodes it', () => {
    const encoded = encodeFields([
      { number: 1, wire: 2, value: Buffer.from([0x61, 0xff]) },
      { number: 2, wire: 2, value: Buffer.alloc(0) },
    ]);
    expect(decodeMessage('KeyValue', encoded)).toStrictEqual({ key: 'a\ufffd', value: '' });
  });

  test('a decoded value keeps no view of the bytes', () => {
    const encoded = encodeMessage('CommandConnect', {
      client_version: 'v',
      auth_data: Buffer.from('secret'),
    });
    const connect = decodeMessage('CommandConnect', encoded);
    encoded.fill(0);
    expect(connect.auth_data?.toString()).toBe('secret');
  });
});

describe('commands', () => {
  test('the type may come last, and an empty body may be left out', () => {
    const send = encodeFields([
      {
        number: 6,
        wire: 2,
        value: encodeMessage('CommandSend', { producer_id: 1, sequence_id: 2 }),
      },
      { number: 1, wire: 0, value: 6n },
    ]);
    expect(peekCommandType(send, 0, send.length)).toBe(CommandType.SEND);
    expect(decodeCommand(send).body).toStrictEqual({ producer_id: 1, sequence_id: 2 });
    expect(decodeCommand(Buffer.from([8, 18]))).toStrictEqual({ name: 'PING', body: {} });
  });

  test('unknown and missing types, and a body of another command, are refused', () => {
    expectBadFrame(() => decodeCommand(Buffer.from([8, 69])), 'unknown command 69');
    expectBadFrame(() => decodeCommand(Buffer.from([8, 0])), 'unknown command 0');
    expectBadFrame(() => decodeCommand(Buffer.alloc(0)), 'without type');
    const flow = encodeCommand('FLOW', { consumer_id: 1, messagePermits: 2 }).subarray(8);
    flow[1] = CommandType.SEND;
    expectBadFrame(() => decodeCommand(flow), 'CommandSend without');
  });

  test('messages nested without end are refused before the stack is', () => {
    let id = Buffer.alloc(0);
    for (let depth = 0; depth < 200; depth++) {
      const fields = [8, 1, 16, 1, 0x3a];
      const length: number[] = [];
      for (let rest = id.length; ; rest >>>= 7) {
        length.push(rest < 128 ? rest : (rest & 127) | 128);
        if (rest < 128) break;
      }
      id = Buffer.concat([Buffer.from([...fields, ...length]), id]);
    }
    expectBadFrame(() => decodeMessage('MessageIdData', id), 'nested too deeply');
  });

  test('a frame with a payload counts it', () => {
    const payload = Buffer.from('entry');
    const send = { producer_id: 1, sequence_id: 2 };
    const frame = encodeCommandWithPayload('SEND', send, payload);
    const size = frame.readUInt32BE(4);
    expect(frame.readUInt32BE(0)).toBe(frame.length - 4);
    expect(frame.subarray(8 + size).toString()).toBe('entry');
    expect(decodeCommand(frame, 8, 8 + size)).toStrictEqual({ name: 'SEND', body: send });
  });
});

describe('hostile bytes', () => {
  const anyCommand = fc
    .constantFrom(...commandShapes)
    .chain((shape) =>
      message(shape.message).map((body) => encodeCommand(shape.name, body as never).subarray(8)),
    );

  test('any change to a command decodes or is a bad frame, and never anything else', () => {
    const change = fc.record({ at: fc.nat(), byte: fc.nat(255), cut: fc.boolean() });
    fc.assert(
      fc.property(
        anyCommand,
        fc.array(change, { minLength: 1, maxLength: 4 }),
        (command, changes) => {
          let bytes = Buffer.from(command);
          for (const { at, byte, cut } of changes) {
            if (bytes.length === 0) break;
            if (cut) bytes = bytes.subarray(0, at % bytes.length);
            else bytes[at % bytes.length] = byte;
          }
          decodesOrRefuses(() => decodeCommand(bytes));
        },
      ),
      { numRuns: 3000 },
    );
  });

  test.each(messageNames)('random bytes as %s decode or are refused', (name: MessageName) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        decodesOrRefuses(() => decodeMessage(name, Buffer.from(bytes)));
      }),
      CASES,
    );
  });

  test('a claimed length allocates nothing', () => {
    const claims = Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]);
    expectBadFrame(() => decodeMessage('CommandConnect', claims), 'in 0');
  });
});

function expectBadFrame(action: () => unknown, text: string): void {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(BrokerError);
    expect(error).toMatchObject({ code: 'bad-frame', message: expect.stringContaining(text) });
    return;
  }
  expect.fail(`expected a bad frame: ${text}`);
}

function decodesOrRefuses(decode: () => unknown): void {
  try {
    decode();
  } catch (error) {
    if (!(error instanceof BrokerError) || error.code !== 'bad-frame') throw error;
  }
}

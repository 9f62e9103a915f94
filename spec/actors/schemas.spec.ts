import { describe, expect, it } from 'vitest';
import { KIND, type Schema } from '../../src/actors/schema/schema.ts';
import type { BrokerError } from '../../src/base/errors.ts';
import { parseTopicName } from '../../src/base/topic-name.ts';
import { Stage } from './harness.ts';

const t = parseTopicName('t');

function avro(type: unknown, kind: number = KIND.avro): Schema {
  const text = typeof type === 'string' ? type : JSON.stringify(type);
  return { kind, definition: text, properties: {} };
}

const record = (...fields: object[]) => ({ type: 'record', name: 'P', fields });
const field = (name: string, type: unknown, value?: unknown) =>
  value === undefined ? { name, type } : { name, type, default: value };

const FIRST = avro(record(field('a', 'int')));
const SECOND = avro(record(field('a', 'int'), field('b', 'int', 1)));
const OTHER = avro(record(field('c', 'int')));
const TEXT: Schema = { kind: 1, definition: '', properties: {} };

async function open() {
  const stage = await Stage.open();
  const outcome = (promise: Promise<unknown>) =>
    stage.until(promise.catch((error: BrokerError) => `${error.code}: ${error.message}`));
  const add = (schema: Schema, name = t) => outcome(stage.broker.schemas.register(name, schema));
  return { stage, outcome, add };
}

describe('the schemas of a topic', () => {
  it('get versions from 0, one for all that mean the same', async () => {
    const { add } = await open();
    expect(await add(FIRST)).toBe(0);
    expect(await add(SECOND)).toBe(1);
    const same = avro({
      fields: [{ type: { type: 'int' }, name: 'a' }],
      name: 'P',
      type: 'record',
    });
    expect([await add(FIRST), await add(same)]).toEqual([0, 0]);
    expect(await add(TEXT, parseTopicName('other'))).toBe(0);
  });

  it('are shared by the partitions of a topic', async () => {
    const { stage, add } = await open();
    expect(await add(FIRST, parseTopicName('t-partition-3'))).toBe(0);
    expect(stage.broker.schemas.versions(t)).toMatchObject([{ version: 0, kind: KIND.avro }]);
  });

  it('survive a crash with their versions, deletions among them', async () => {
    const { stage, add, outcome } = await open();
    await add(FIRST);
    expect(await outcome(stage.broker.schemas.remove(t, false))).toBe(1);
    await add(TEXT);
    await stage.crash();
    const { schemas } = stage.broker;
    expect(schemas.versions(t)).toMatchObject([{ version: 2, kind: 1, deleted: false }]);
    expect(schemas.find(t, 0)).toMatchObject({ definition: FIRST.definition });
    expect(schemas.find(t, 1)).toMatchObject({ deleted: true });
    expect(await add(TEXT)).toBe(2);
  });

  it('of another kind are refused, until the first is deleted', async () => {
    const { stage, add, outcome } = await open();
    await add(FIRST);
    expect(await add(TEXT)).toBe(
      'incompatible-schema: Incompatible schema: exists schema type AVRO, new schema type STRING',
    );
    await outcome(stage.broker.schemas.remove(t, false));
    expect(await add(TEXT)).toBe(2);
  });

  it('that cannot read each other are refused with both', async () => {
    const { add } = await open();
    await add(FIRST);
    expect(await add(OTHER)).toMatch(
      /^incompatible-schema: Error during schema compatibility check with strategy FULL: .*\n/,
    );
  });

  it('are forgotten with their topic, however it goes', async () => {
    const { stage, add, outcome } = await open();
    await stage.producer('t');
    await add(FIRST);
    await outcome(stage.broker.deleteTopic(t, true));
    expect(stage.broker.schemas.find(t)).toBeUndefined();
    expect(await add(TEXT)).toBe(0);
    const whole = parseTopicName('whole');
    await outcome(stage.broker.createPartitionedTopic(whole, 2));
    await add(TEXT, whole);
    await outcome(stage.broker.deletePartitionedTopic(whole, true));
    expect(stage.broker.schemas.find(whole)).toBeUndefined();
  });

  it('are bounded in number and size', async () => {
    const { add } = await open();
    expect(await add(avro(JSON.stringify('x'.repeat(20_000))))).toMatch(/^invalid-schema.*longer/);
    for (let i = 0; i < 20; i++) {
      const fields = Array.from({ length: i }, (_, at) => field(`f${at}`, 'int', 0));
      expect(await add(avro(record(...fields)))).toBe(i);
    }
    expect(await add(FIRST)).toMatch(/^invalid-schema: .* the most$/);
  });
});

describe('a consumer with a schema', () => {
  const admit = (stage: Stage, schema: Schema) => stage.broker.schemas.admitConsumer(t, schema);

  it('registers it where nobody uses the topic', async () => {
    const { stage, outcome } = await open();
    await stage.consumer('any', { topic: 't', takesAnySchema: true });
    await outcome(admit(stage, FIRST));
    expect(stage.broker.schemas.versions(t)).toHaveLength(1);
  });

  it('is refused where producers, messages or others without a schema came first', async () => {
    const refused =
      'incompatible-schema: Failed to add schema to an active topic with empty(BYTES) schema: ' +
      'new schema type AVRO';
    const { stage, outcome } = await open();
    const producer = await stage.producer('t');
    expect(await outcome(admit(stage, FIRST))).toBe(refused);
    producer.drop();
    await stage.settle();
    expect(await outcome(admit(stage, FIRST))).toBeUndefined();
    const second = await open();
    await second.stage.consumer('s', { topic: 't' });
    expect(await second.outcome(admit(second.stage, FIRST))).toBe(refused);
    const third = await open();
    const writer = await third.stage.producer('t');
    writer.send('m');
    await third.stage.settle();
    writer.drop();
    await third.stage.settle();
    expect(await third.outcome(admit(third.stage, FIRST))).toBe(refused);
  });

  it('must read what is written, and leaves no version behind', async () => {
    const { stage, add, outcome } = await open();
    await add(FIRST);
    expect(await outcome(admit(stage, SECOND))).toBeUndefined();
    expect(await outcome(admit(stage, OTHER))).toMatch(/strategy BACKWARD/);
    expect(await outcome(admit(stage, TEXT))).toMatch(/new schema type STRING$/);
    expect(stage.broker.schemas.versions(t)).toHaveLength(1);
  });
});

/** What real Pulsar said to the second after the first: its version, or why not. */
const enumOf = (symbols: string[], name = 'E') => ({ type: 'enum', name, symbols });
const fixed = (size: number, name = 'F') => ({ type: 'fixed', name, size });
const one = (type: unknown) => record(field('a', type));
const named = (name: string, type: unknown) => ({ ...one(type), name });
const inner = (name: string, of = 'x') => ({ type: 'record', name, fields: [field(of, 'int')] });
const PAIRS: readonly (readonly [string, unknown, unknown, number | 'no' | 'bad'])[] = [
  ['int to long', one('int'), one('long'), 'no'],
  ['long to int', one('long'), one('int'), 'no'],
  ['string to bytes', one('string'), one('bytes'), 1],
  ['int to string', one('int'), one('string'), 'no'],
  ['a record of another name', named('P', 'int'), named('Q', 'int'), 1],
  ['an enum with more symbols', one(enumOf(['A'])), one(enumOf(['A', 'B'])), 1],
  ['an enum with fewer', one(enumOf(['A', 'B'])), one(enumOf(['A'])), 1],
  ['an enum of another name', one(enumOf(['A'])), one(enumOf(['A'], 'G')), 'no'],
  ['a fixed of another size', one(fixed(4)), one(fixed(8)), 'no'],
  ['a fixed of another name', one(fixed(4)), one(fixed(4, 'G')), 'no'],
  ['to nullable', one('int'), one(['null', 'int']), 'no'],
  ['a union in another order', one(['null', 'int']), one(['int', 'null']), 1],
  ['an inner record of another name', one(inner('N')), one(inner('M')), 1],
  ['the same in a union', one(['null', inner('N')]), one(['null', inner('M')]), 1],
  ['another one in a union', one(['null', inner('N')]), one(['null', inner('N', 'y')]), 'no'],
  ['a field with a default', one('int'), record(field('a', 'int'), field('b', 'int', 1)), 1],
  ['a field without', one('int'), record(field('a', 'int'), field('b', 'int')), 'no'],
  ['one field fewer', record(field('a', 'int'), field('b', 'int')), one('int'), 'no'],
  ['an alias', one('int'), record({ name: 'b', type: 'int', aliases: ['a'] }), 'no'],
  ['an array', one({ type: 'array', items: 'string' }), one({ type: 'array', items: 'bytes' }), 1],
  ['a map', one({ type: 'map', values: 'int' }), one({ type: 'map', values: 'string' }), 'no'],
  [
    'a record inside itself',
    record(field('n', ['null', 'P'], null)),
    record(field('n', ['null', 'P'], null), field('v', 'int', 0)),
    1,
  ],
  ['a doc more', one('int'), { ...record({ name: 'a', type: 'int', doc: 'x' }), doc: 'y' }, 0],
  ['a property more', one('int'), record({ name: 'a', type: 'int', x: 1 }), 1],
  ['a namespace more', one('int'), { ...one('int'), namespace: 'x' }, 1],
  ['a name that is none', one('int'), record(field('a-b', 'int')), 'bad'],
  ['a field twice', one('int'), record(field('a', 'int'), field('a', 'int')), 'bad'],
  ['an unknown type', one('int'), one('Nope'), 'bad'],
  ['a union in a union', one('int'), one(['null', ['int']]), 'bad'],
  ['a type twice', one('int'), record(field('a', inner('N')), field('b', inner('N'))), 'bad'],
  ['a record without fields', one('int'), { type: 'record', name: 'P' }, 'bad'],
  ['no JSON', one('int'), '{nonsense', 'bad'],
  ['nesting without end', one('int'), '['.repeat(4_000) + ']'.repeat(4_000), 'bad'],
];

describe('one Avro definition after another', () => {
  it.each(PAIRS)('%s', async (_title, before, after, outcome) => {
    for (const kind of [KIND.avro, KIND.json, KIND.protobuf]) {
      const { add } = await open();
      expect(await add(avro(before, kind))).toBe(0);
      const answer = await add(avro(after, kind));
      if (outcome === 'no') expect(answer).toMatch(/^incompatible-schema/);
      else if (outcome === 'bad') expect(answer).toMatch(/^invalid-schema/);
      else expect(answer).toBe(outcome);
    }
  });
});

describe('pairs of schemas', () => {
  const pair = (key: string, value: string, properties: Record<string, string> = {}): Schema => {
    const part = (text: string) => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(text.length);
      return length.toString('latin1') + text;
    };
    return {
      kind: KIND.keyValue,
      definition: part(key) + part(value),
      properties: {
        'key.schema.type': key === '' ? 'STRING' : 'AVRO',
        'value.schema.type': value === '' ? 'STRING' : 'AVRO',
        'kv.encoding.type': 'INLINE',
        ...properties,
      },
    };
  };

  it('are judged half by half, and by how they are laid out', async () => {
    const { add } = await open();
    expect(await add(pair('', FIRST.definition))).toBe(0);
    expect(await add(pair('', SECOND.definition))).toBe(1);
    expect(await add(pair('', OTHER.definition))).toMatch(/^incompatible-schema/);
    expect(await add(pair('', ''))).toMatch(/exists schema type AVRO, new schema type STRING$/);
    const separated = { 'kv.encoding.type': 'SEPARATED' };
    expect(await add(pair('', FIRST.definition, separated))).toBe(0);
    expect(await add(pair('x', ''))).toMatch(/^invalid-schema/);
    expect(await add({ ...pair('', ''), definition: 'abc' })).toMatch(/^invalid-schema/);
  });
});

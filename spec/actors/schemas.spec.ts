import { describe, expect, it } from 'vitest';
import { brokerPolicies } from '../../src/actors/policies/resolve.ts';
import { Schemas } from '../../src/actors/schema/registry.ts';
import { KIND, type Schema } from '../../src/actors/schema/schema.ts';
import { type SchemaRules, schemaRules } from '../../src/actors/schema/strategy.ts';
import type { BrokerError } from '../../src/base/errors.ts';
import { configWith } from '../../src/base/options.ts';
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

  it('are counted by namespace: what was asked for, kept, refused and taken away', async () => {
    const { stage, add, outcome } = await open();
    const { schemas } = stage.broker;
    await add(FIRST);
    await add(SECOND);
    expect(await add(OTHER)).toContain('incompatible-schema');
    schemas.find(t);
    schemas.find(parseTopicName('without'));
    await outcome(schemas.remove(t, false));
    const { latencies, ...counted } = schemas.counts.namespaces.get('public/default')!;
    expect(counted).toEqual({
      failed: { get: 0, put: 0, del: 0 },
      compatible: 1,
      incompatible: 1,
    });
    expect([latencies.put.count, latencies.get.count, latencies.del.count]).toEqual([2, 1, 1]);
  });

  it('survive a crash with their versions, deletions among them', async () => {
    const { stage, add, outcome } = await open();
    await add(FIRST);
    expect(await outcome(stage.broker.schemas.remove(t, false))).toBe(1);
    await add(TEXT);
    await stage.crash();
    const { schemas } = stage.broker;
    expect(schemas.versions(t)).toMatchObject([{ version: 2, kind: 1, deleted: false }]);
    expect(schemas.all(t)).toMatchObject([
      { definition: FIRST.definition },
      { deleted: true },
      { kind: 1 },
    ]);
    for (const gone of [0, 1]) expect(schemas.find(t, gone)).toBeUndefined();
    expect(await add(TEXT)).toBe(2);
  });

  it('are kept with who wrote them first, deletions, too', async () => {
    const { stage, outcome } = await open();
    const { schemas } = stage.broker;
    await outcome(schemas.admitConsumer(t, FIRST, 'alice'));
    await outcome(schemas.register(t, SECOND, 'bob'));
    await outcome(schemas.register(t, FIRST, 'bob'));
    await outcome(schemas.remove(t, false, 'carol'));
    await outcome(schemas.put(t, TEXT, 'dave'));
    await stage.crash();
    const writers = stage.broker.schemas.all(t).map(({ writer }) => writer);
    expect(writers).toEqual(['alice', 'bob', 'carol', 'dave']);
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

describe('rules of schemas', () => {
  /** A stage whose policies are these. */
  async function under(rules: Partial<SchemaRules>) {
    const { stage, outcome } = await open();
    const schemas = new Schemas({
      exposed: (actor) => stage.runtime.exposed(actor),
      ask: (actor, make) => stage.broker.ask(actor, make),
      topicView: (name) => stage.broker.topicView(name),
      counts: stage.broker.schemas.counts,
      schemaRules: () => ({ ...schemaRules(brokerPolicies(configWith())), ...rules }),
    });
    return { schemas, outcome };
  }

  it('judge what is new by the strategy', async () => {
    const { schemas, outcome } = await under({ strategy: 'ALWAYS_COMPATIBLE' });
    expect(await outcome(schemas.register(t, FIRST))).toBe(0);
    expect(await outcome(schemas.register(t, TEXT))).toBe(1);
    expect(await outcome(schemas.admitConsumer(t, OTHER))).toBeUndefined();
    const strict = await under({ strategy: 'ALWAYS_INCOMPATIBLE' });
    expect(await strict.outcome(strict.schemas.register(t, FIRST))).toBe(0);
    expect(await strict.outcome(strict.schemas.register(t, FIRST))).toBe(0);
    expect(await strict.outcome(strict.schemas.register(t, SECOND))).toMatch(/ALWAYS_INCOMPATIBLE/);
    expect(await strict.outcome(strict.schemas.admitConsumer(t, FIRST))).toMatch(
      /ALWAYS_INCOMPATIBLE/,
    );
  });

  it('may keep clients from adding versions, though not operators', async () => {
    const { schemas, outcome } = await under({ isAutoUpdateAllowed: false });
    const refused = 'incompatible-schema: Schema not found and schema auto updating is disabled.';
    expect(await outcome(schemas.register(t, FIRST))).toBe(refused);
    expect(await outcome(schemas.admitConsumer(t, FIRST))).toBe(refused);
    expect(await outcome(schemas.put(t, FIRST))).toBe(0);
    expect(await outcome(schemas.register(t, FIRST))).toBe(0);
    expect(await outcome(schemas.register(t, SECOND))).toBe(refused);
  });

  it('may want a schema of producers where there is one', async () => {
    const { schemas, outcome } = await under({ isValidationEnforced: true });
    schemas.admitBareProducer(t);
    await outcome(schemas.register(t, FIRST));
    expect(() => schemas.admitBareProducer(t)).toThrow(/without a schema/);
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

describe('a definition', () => {
  it('that nests without end is refused, and does not exhaust the stack', async () => {
    const { add } = await open();
    for (const kind of [KIND.avro, KIND.json, KIND.protobuf]) {
      const deep = avro('['.repeat(4_000) + ']'.repeat(4_000), kind);
      expect(await add(deep)).toMatch(/^invalid-schema/);
    }
  });

  it('of Protobuf holds the message that it names', async () => {
    const { add } = await open();
    // A file f of package p with a message A and, inside of it, a message B.
    const set = 'ChAKAWYSAXAiCAoBQRoDCgFC';
    const native = (root: string, fileDescriptorSet = set, file = 'f'): Schema => ({
      kind: KIND.protobufNative,
      definition: JSON.stringify({
        fileDescriptorSet,
        rootMessageTypeName: root,
        rootFileDescriptorName: file,
      }),
      properties: {},
    });
    const bad = 'invalid-schema: deserialize ProtobufNative Schema failed';
    expect(await add(native('p.A.B'), parseTopicName('inner'))).toBe(0);
    expect(await add(native('p.A'))).toBe(0);
    // Without its package, as Pulsar takes it, too.
    expect(await add(native('A'))).toBe(1);
    expect(await add(native('B'))).toBe(bad);
    expect(await add(native('p.B'))).toBe(bad);
    expect(await add(native('p.A', set, 'g'))).toBe(bad);
    expect(await add(native('p.A', 'ChIKAWYS'))).toBe(bad);
    expect(await add({ ...native('p.A'), definition: '{}' })).toBe(bad);
    expect(await add(native('p.A.B'))).toBe(
      "incompatible-schema: Protobuf root message change is not allowed under the 'FULL' " +
        "strategy. Original message name: 'p.A', new message name: 'p.A.B'.",
    );
  });

  it('that cannot be read names the field', async () => {
    const { add } = await open();
    await add(avro(record(field('in', { ...record(field('a', 'int')), name: 'Q' }))));
    const changed = record(field('in', { ...record(field('a', 'string')), name: 'Q' }));
    expect(await add(avro(changed))).toMatch(/field in\.a is written as int, .* read as string\)$/);
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

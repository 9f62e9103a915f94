/** Schemas over REST, on a real broker: what Pulsar 4.2.4 answered to the same requests. */
import { describe, expect, it } from 'vitest';
import type { BrokerConfig } from '../../../src/base/options.ts';
import { byToken, token } from '../auth/tokens.ts';
import { startBroker } from './real-broker.ts';

const field = (name: string, more = {}) => ({ name, type: 'int', ...more });
const record = (...fields: object[]) => JSON.stringify({ type: 'record', name: 'P', fields });
const FIRST = { type: 'AVRO', schema: record(field('a')), properties: { x: 'y' } };
const SECOND = { ...FIRST, schema: record(field('a'), field('b', { default: 1 })) };
const OTHER = { ...FIRST, schema: record(field('c')) };
const TEXT = { type: 'STRING', schema: '', properties: {} };

async function open(topic = 't', values: Partial<BrokerConfig> = {}) {
  const { port } = await startBroker(values);
  const base = `http://127.0.0.1:${port}/admin/v2/schemas/public/default/${topic}`;
  return async (method: string, path: string, body?: unknown, credentials?: string) => {
    const headers: Record<string, string> = {};
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (credentials !== undefined) headers['authorization'] = `Bearer ${credentials}`;
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await fetch(`${base}/${path}`, { method, headers, ...sent });
    const text = await answer.text();
    return [answer.status, text === '' ? '' : JSON.parse(text)] as const;
  };
}

const version = (at: number) => [200, { version: { version: at } }];
const MISSING = [404, { reason: 'Schema not found' }];

describe('schemas over REST', () => {
  it('are posted, found by version, and listed', async () => {
    const ask = await open();
    expect(await ask('GET', 'schema')).toEqual(MISSING);
    expect(await ask('GET', 'schemas')).toEqual([200, { getSchemaResponses: [] }]);
    expect(await ask('POST', 'schema', FIRST)).toEqual(version(0));
    expect(await ask('POST', 'schema', FIRST)).toEqual(version(0));
    expect(await ask('POST', 'schema', SECOND)).toEqual(version(1));
    const stored = { version: 1, type: 'AVRO', data: SECOND.schema, properties: { x: 'y' } };
    expect(await ask('GET', 'schema')).toMatchObject([200, stored]);
    expect(await ask('GET', 'schema/0')).toMatchObject([200, { version: 0, data: FIRST.schema }]);
    expect(await ask('GET', 'schema/2')).toEqual(MISSING);
    const [, all] = await ask('GET', 'schemas');
    expect(all.getSchemaResponses).toMatchObject([{ version: 0 }, { version: 1 }]);
    expect(await ask('POST', 'version', SECOND)).toEqual([200, { version: 1 }]);
    expect(await ask('POST', 'version', TEXT)).toEqual([200, { version: -1 }]);
  });

  it('tell where they are kept, deletions among them', async () => {
    const ask = await open();
    expect(await ask('GET', 'metadata')).toEqual([200, '']);
    await ask('POST', 'schema', FIRST);
    expect(await ask('DELETE', 'schema')).toEqual([200, { version: 1 }]);
    const [first, second] = [0, 1].map((at) => ({ ledgerId: 0, entryId: at, version: at }));
    expect(await ask('GET', 'metadata')).toEqual([200, { info: second, index: [first, second] }]);
    expect(await ask('GET', 'schema')).toEqual(MISSING);
    expect(await ask('POST', 'schema', FIRST)).toEqual(version(2));
    expect(await ask('DELETE', 'schema?force=true')).toEqual([200, { version: -1 }]);
    expect(await ask('POST', 'schema', FIRST)).toEqual(version(0));
  });

  it('tell who wrote them, where it was proved', async () => {
    const ask = await open('t', byToken);
    const [alice, bob] = await Promise.all([token({ sub: 'alice' }), token({ sub: 'bob' })]);
    expect(await ask('POST', 'schema', FIRST, alice)).toEqual(version(0));
    expect(await ask('DELETE', 'schema', undefined, bob)).toEqual([200, { version: 1 }]);
    const [, metadata] = await ask('GET', 'metadata', undefined, bob);
    expect(metadata.index).toMatchObject([{ user: 'alice' }, { user: 'bob' }]);
  });

  it('are judged when asked for and when posted', async () => {
    const ask = await open();
    await ask('POST', 'schema', FIRST);
    expect(await ask('POST', 'compatibility', SECOND)).toEqual([
      202,
      { schemaCompatibilityStrategy: 'FULL', compatibility: true },
    ]);
    const reason = 'Incompatible schema: exists schema type AVRO, new schema type STRING';
    expect(await ask('POST', 'compatibility', TEXT)).toEqual([500, { reason }]);
    expect(await ask('POST', 'schema', TEXT)).toEqual([409, { reason }]);
    const [status, body] = await ask('POST', 'schema', OTHER);
    expect([status, body.reason]).toEqual([409, expect.stringContaining('field c is not written')]);
  });

  it.each([
    ['AUTO_CONSUME', '', 'Schema AUTO_CONSUME is a client-side schema type'],
    ['AUTO_PUBLISH', '', 'Schema AUTO_PUBLISH is a client-side schema type'],
    ['NOPE', '', 'A schema has a type and a definition'],
    ['INT8', 'null', /primitive schemas :length of schema data should be zero, but 4 bytes is/],
    ['INT8', 'xx', /primitive schemas :length of schema data should be zero, but 2 bytes is/],
    ['STRING', 'x', /string schemas :length of schema data should be zero, but 1 bytes is found/],
    ['PROTOBUF_NATIVE', '{}', 'deserialize ProtobufNative Schema failed'],
    ['AVRO', '{}', 'Invalid schema definition data for AVRO schema'],
    ['KEY_VALUE', 'x', /Invalid schema definition data/],
  ])('of type %s with the definition "%s" are refused', async (type, schema, reason) => {
    const ask = await open();
    const [status, body] = await ask('POST', 'schema', { type, schema, properties: {} });
    expect(status).toBe(422);
    expect(body.reason).toMatch(reason);
    expect(await ask('GET', 'schema')).toEqual(MISSING);
  });

  it.each([
    ['STRING', 'null'],
    ['BYTES', 'xyz'],
    ['NONE', 'x'],
    ['EXTERNAL', 'abc'],
  ])('of type %s with the definition "%s" are taken', async (type, schema) => {
    const ask = await open();
    expect(await ask('POST', 'schema', { type, schema, properties: {} })).toEqual(version(0));
  });

  it('of bytes are kept as none', async () => {
    const ask = await open();
    expect(await ask('POST', 'schema', { ...TEXT, type: 'BYTES' })).toEqual(version(0));
    expect(await ask('GET', 'schema')).toMatchObject([200, { type: 'NONE', data: '' }]);
  });
});

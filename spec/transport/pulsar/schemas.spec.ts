import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../../src/base/errors.ts';
import { authenticationOf, token } from '../auth/tokens.ts';
import { agreeable } from './fake-broker.ts';
import { useStage } from './stage.ts';

const stage = useStage();

const JSON_SCHEMA = {
  name: 'n',
  type: 2,
  schema_data: Buffer.from('{"ü":1}'),
  properties: [{ key: 'k', value: 'v' }],
} as const;
const AUTO = { name: '', type: 21, schema_data: Buffer.alloc(0) } as const;
const VERSION_7 = Buffer.from('0000000000000007', 'hex');
const PRODUCER = { topic: 't', producer_id: 1, request_id: 5 } as const;
const SUBSCRIBE = {
  topic: 't',
  subscription: 's',
  subType: 0,
  consumer_id: 1,
  request_id: 5,
} as const;

async function connected() {
  await stage().listen();
  stage().broker.react = agreeable;
  return await stage().connect();
}

function refusing(code: 'incompatible-schema' | 'invalid-schema', message: string) {
  stage().broker.schemas.answer = async () => {
    throw new BrokerError(code, message);
  };
}

describe('the writer of a schema', () => {
  it('is who the client proved to be, or for whom a proxy speaks', async () => {
    stage().authentication = await authenticationOf();
    const written = async (original?: string) => {
      const client = await stage().connect({
        auth_method_name: 'token',
        auth_data: Buffer.from(await token({ sub: 'alice' })),
        ...(original === undefined ? {} : { original_principal: original }),
      });
      client.say('PRODUCER', { ...PRODUCER, schema: JSON_SCHEMA });
      await client.expect('PRODUCER_SUCCESS');
      client.say('SUBSCRIBE', { ...SUBSCRIBE, request_id: 6, schema: JSON_SCHEMA });
      await client.expect('SUCCESS');
      return stage().broker.schemas.writers.splice(0);
    };
    await stage().listen();
    stage().broker.react = agreeable;
    expect(await written()).toEqual(['alice', 'alice']);
    expect(await written('bob')).toEqual(['bob', 'bob']);
  });

  it('is nobody where nobody proves anything', async () => {
    const client = await connected();
    client.say('PRODUCER', { ...PRODUCER, schema: JSON_SCHEMA });
    await client.expect('PRODUCER_SUCCESS');
    expect(stage().broker.schemas.writers).toEqual(['']);
  });
});

describe('a producer with a schema', () => {
  it('is opened once the schema has a version, and told which', async () => {
    const client = await connected();
    client.say('PRODUCER', { ...PRODUCER, schema: JSON_SCHEMA });
    const { schema_version } = await client.expect('PRODUCER_SUCCESS');
    expect(schema_version).toEqual(VERSION_7);
    expect(stage().broker.schemas.asked).toEqual([
      {
        kind: 2,
        definition: Buffer.from('{"ü":1}').toString('latin1'),
        properties: { k: 'v' },
      },
    ]);
    client.say('PRODUCER', { ...PRODUCER, request_id: 6 });
    expect((await client.expect('PRODUCER_SUCCESS')).schema_version).toEqual(VERSION_7);
  });

  it('hears of an incompatibility in the words of Pulsar, and its id is free again', async () => {
    const client = await connected();
    refusing('incompatible-schema', 'no');
    client.say('PRODUCER', { ...PRODUCER, schema: JSON_SCHEMA });
    const said = /^org\.apache\..*IncompatibleSchemaException: no caused by org\.apache\..*: no$/;
    expect(await client.expect('ERROR')).toMatchObject({
      request_id: 5,
      error: 18,
      message: expect.stringMatching(said),
    });
    client.say('PRODUCER', { ...PRODUCER, request_id: 6 });
    expect((await client.expect('PRODUCER_SUCCESS')).schema_version).toEqual(Buffer.alloc(0));
  });

  it('is told when it must have one', async () => {
    const client = await connected();
    stage().broker.schemas.refusal = new BrokerError('incompatible-schema', 'has none');
    client.say('PRODUCER', PRODUCER);
    expect(await client.expect('ERROR')).toMatchObject({
      request_id: 5,
      error: 18,
      message: expect.stringMatching(/IncompatibleSchemaException: has none caused by/),
    });
    expect(stage().broker.commands('add-producer')).toEqual([]);
  });

  it('that leaves before its schema is judged is not opened', async () => {
    const client = await connected();
    let judge: (version: number) => void = () => {};
    stage().broker.schemas.answer = () => new Promise((resolve) => (judge = resolve));
    client.say('PRODUCER', { ...PRODUCER, schema: JSON_SCHEMA });
    client.say('CLOSE_PRODUCER', { producer_id: 1, request_id: 6 });
    await client.expect('SUCCESS');
    judge(7);
    await client.settled();
    expect(stage().broker.commands('add-producer')).toEqual([]);
  });
});

describe('a consumer with a schema', () => {
  it('is subscribed once the schema is known to fit', async () => {
    const client = await connected();
    client.say('SUBSCRIBE', { ...SUBSCRIBE, schema: JSON_SCHEMA });
    await client.expect('SUCCESS');
    expect(stage().broker.schemas.asked).toHaveLength(1);
    expect(stage().broker.commands('subscribe')).toMatchObject([{ takesAnySchema: false }]);
  });

  it('that takes any is asked for none', async () => {
    const client = await connected();
    client.say('SUBSCRIBE', { ...SUBSCRIBE, schema: AUTO });
    await client.expect('SUCCESS');
    expect(stage().broker.schemas.asked).toEqual([]);
    expect(stage().broker.commands('subscribe')).toMatchObject([{ takesAnySchema: true }]);
  });

  it('is refused where it does not fit', async () => {
    const client = await connected();
    refusing('incompatible-schema', 'no');
    client.say('SUBSCRIBE', { ...SUBSCRIBE, schema: JSON_SCHEMA });
    expect(await client.expect('ERROR')).toEqual({ request_id: 5, error: 18, message: 'no' });
    expect(stage().broker.commands('subscribe')).toEqual([]);
  });

  it('that leaves before its schema is judged is not subscribed', async () => {
    const client = await connected();
    let judge: (version: number) => void = () => {};
    stage().broker.schemas.answer = () => new Promise((resolve) => (judge = resolve));
    client.say('SUBSCRIBE', { ...SUBSCRIBE, schema: JSON_SCHEMA });
    client.say('CLOSE_CONSUMER', { consumer_id: 1, request_id: 6 });
    await client.expect('SUCCESS');
    judge(7);
    expect(await client.expect('ERROR')).toMatchObject({ request_id: 5, error: 6 });
    expect(stage().broker.commands('subscribe')).toEqual([]);
  });
});

describe('GET_SCHEMA', () => {
  it('answers with the schema and its version', async () => {
    const client = await connected();
    const definition = Buffer.from('{"ü":1}').toString('latin1');
    const properties = { k: 'v' };
    stage().broker.schemas.stored = {
      ...{ kind: 2, definition, properties },
      ...{ version: 7, atMs: 1, writer: '', deleted: false },
    };
    client.say('GET_SCHEMA', {
      request_id: 5,
      topic: 'a b-partition-0',
      schema_version: VERSION_7,
    });
    expect(await client.expect('GET_SCHEMA_RESPONSE')).toEqual({
      request_id: 5,
      schema: { ...JSON_SCHEMA, name: 'public/default/a%20b' },
      schema_version: VERSION_7,
    });
  });

  it.each([
    ['t', undefined, 11, 'Topic not found or no-schema t'],
    ['a/b', undefined, 17, expect.stringMatching(/^Invalid short topic name 'a\/b'/)],
    ['t', Buffer.alloc(0), 18, 'Empty schema version'],
    ['t', Buffer.alloc(3), 18, 'A schema version has 8 bytes'],
  ])('of %s, version %s, fails inside its answer', async (topic, version, code, message) => {
    const client = await connected();
    client.say('GET_SCHEMA', { request_id: 5, topic, schema_version: version });
    expect(await client.expect('GET_SCHEMA_RESPONSE')).toEqual({
      request_id: 5,
      error_code: code,
      error_message: message,
    });
  });
});

describe('GET_OR_CREATE_SCHEMA', () => {
  const ask = { request_id: 5, topic: 't', schema: JSON_SCHEMA } as const;

  it('gives the version of a schema of a topic that is there', async () => {
    const client = await connected();
    stage().broker.topics = ['persistent://public/default/t'];
    client.say('GET_OR_CREATE_SCHEMA', ask);
    expect(await client.expect('GET_OR_CREATE_SCHEMA_RESPONSE')).toEqual({
      request_id: 5,
      schema_version: VERSION_7,
    });
  });

  it('fails inside its answer', async () => {
    const client = await connected();
    client.say('GET_OR_CREATE_SCHEMA', ask);
    expect(await client.expect('GET_OR_CREATE_SCHEMA_RESPONSE')).toMatchObject({ error_code: 11 });
    stage().broker.topics = ['persistent://public/default/t'];
    refusing('invalid-schema', 'no');
    client.say('GET_OR_CREATE_SCHEMA', { ...ask, request_id: 6 });
    expect(await client.expect('GET_OR_CREATE_SCHEMA_RESPONSE')).toEqual({
      request_id: 6,
      error_code: 18,
      error_message: 'no',
    });
  });
});

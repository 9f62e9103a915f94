import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../../src/base/errors.ts';
import { topicPattern } from '../../../src/transport/pulsar/topic-pattern.ts';
import { useStage } from './stage.ts';

const BAD_NAME =
  "Invalid topic name: Invalid short topic name 'a/b', it should be in the format of " +
  '<tenant>/<namespace>/<topic> or <topic>';

describe('LOOKUP', () => {
  const stage = useStage();

  it('answers that this broker serves the topic, under its advertised address', async () => {
    await stage().listen({ advertisedAddress: 'broker.example' });
    const { port } = stage();
    const client = await stage().connect();
    client.say('LOOKUP', { topic: 't', request_id: 5, advertised_listener_name: '' });
    expect(await client.expect('LOOKUP_RESPONSE')).toEqual({
      request_id: 5,
      response: 1,
      brokerServiceUrl: `pulsar://broker.example:${port}`,
      authoritative: true,
      proxy_through_service_url: false,
    });
    expect(stage().broker.admitted).toEqual([
      { name: 'persistent://public/default/t', create: false },
    ]);
  });

  it.each([
    ['localhost', true],
    ['127.0.0.9', true],
    ['::1', true],
    ['127.example', false],
    ['10.0.0.7', false],
  ])(
    'keeps clients at the host they know where only this machine reaches %s',
    async (host, stay) => {
      await stage().listen({ advertisedAddress: host });
      const client = await stage().connect();
      client.say('LOOKUP', { topic: 't', request_id: 5 });
      expect((await client.expect('LOOKUP_RESPONSE')).proxy_through_service_url).toBe(stay);
    },
  );

  it('names the advertised port and leaves out a TLS address that is not there', async () => {
    await stage().listen({ advertisedAddress: '::1', advertisedPort: 16650 });
    const client = await stage().connect();
    client.say('LOOKUP', { topic: 't', request_id: 5 });
    const answer = await client.expect('LOOKUP_RESPONSE');
    expect(answer.brokerServiceUrl).toBe('pulsar://[::1]:16650');
    expect(answer).not.toHaveProperty('brokerServiceUrlTls');
  });

  it('fails inside its response', async () => {
    await stage().listen();
    const client = await stage().connect();
    const failed = { request_id: 5, response: 2 };
    client.say('LOOKUP', { topic: 'a/b', request_id: 5 });
    expect(await client.expect('LOOKUP_RESPONSE')).toEqual({
      ...failed,
      error: 17,
      message: BAD_NAME,
    });
    client.say('LOOKUP', { topic: 't', request_id: 5, advertised_listener_name: 'zz' });
    expect(await client.expect('LOOKUP_RESPONSE')).toEqual({
      ...failed,
      error: 6,
      message: 'the broker do not have zz listener',
    });
    stage().broker.failure = new BrokerError('namespace-not-found', 'Namespace not found');
    client.say('LOOKUP', { topic: 't', request_id: 5 });
    expect(await client.expect('LOOKUP_RESPONSE')).toEqual({
      ...failed,
      error: 11,
      message: 'Namespace not found',
    });
  });
});

describe('PARTITIONED_METADATA', () => {
  const stage = useStage();

  it.each([undefined, true, false])('may create by policy unless told not to (%s)', async (may) => {
    await stage().listen();
    stage().broker.partitions = 4;
    const client = await stage().connect();
    client.say('PARTITIONED_METADATA', {
      topic: 't',
      request_id: 5,
      metadata_auto_creation_enabled: may,
    });
    expect(await client.expect('PARTITIONED_METADATA_RESPONSE')).toEqual({
      request_id: 5,
      response: 0,
      partitions: 4,
    });
    expect(stage().broker.admitted).toEqual([
      { name: 'persistent://public/default/t', create: may !== false },
    ]);
  });

  it.each([
    ['a/b', undefined, 17, BAD_NAME],
    ['t', new BrokerError('namespace-not-found', 'Namespace not found'), 11, 'Namespace not found'],
    ['t', new Error('a secret'), 0, 'The broker failed; its log says how'],
  ])('fails inside its response (%#)', async (topic, failure, error, message) => {
    await stage().listen();
    stage().broker.failure = failure;
    const client = await stage().connect();
    client.say('PARTITIONED_METADATA', { topic, request_id: 5 });
    expect(await client.expect('PARTITIONED_METADATA_RESPONSE')).toEqual({
      request_id: 5,
      response: 1,
      error,
      message,
    });
    client.say('PARTITIONED_METADATA', { topic, request_id: 5 });
    await client.expect('PARTITIONED_METADATA_RESPONSE');
  });
});

describe('what actors show', () => {
  const stage = useStage();

  it.each([
    ['PARTITIONED_METADATA', 'PARTITIONED_METADATA_RESPONSE', { topic: 't' }],
    [
      'GET_TOPICS_OF_NAMESPACE',
      'GET_TOPICS_OF_NAMESPACE_RESPONSE',
      { namespace: 'public/default' },
    ],
    ['WATCH_TOPIC_LIST', 'WATCH_TOPIC_LIST_SUCCESS', WATCH],
    ['GET_SCHEMA', 'GET_SCHEMA_RESPONSE', { topic: 't' }],
  ] as const)('is told once it is durable (%s)', async (question, answer, body) => {
    await stage().listen();
    let durable = (): void => undefined;
    const settled = new Promise<void>((resolve) => {
      durable = resolve;
    });
    stage().broker.settled = () => settled;
    // The engine of patterns is loaded with the first one.
    await topicPattern('.*');
    const client = await stage().connect();
    client.say(question, { ...body, request_id: 5 } as never);
    await client.settled();
    client.say('LOOKUP', { topic: 't', request_id: 6 });
    await client.expect('LOOKUP_RESPONSE');
    durable();
    expect(await client.expect(answer)).toMatchObject({ request_id: 5 });
  });
});

const WATCH = { namespace: 'public/default', topics_pattern: '.*', watcher_id: 1 };

describe('too many questions at a time', () => {
  const stage = useStage();

  it('are refused inside their response until others are answered', async () => {
    await stage().listen({ maxConcurrentLookups: 1 });
    let answer: (partitions: number) => void = () => {};
    const pending = new Promise<number>((resolve) => {
      answer = resolve;
    });
    stage().broker.partitionsOf = () => pending;
    const first = await stage().connect();
    const second = await stage().connect();
    first.say('PARTITIONED_METADATA', { topic: 't', request_id: 1 });
    await first.settled();
    second.say('PARTITIONED_METADATA', { topic: 't', request_id: 1 });
    expect(await second.expect('PARTITIONED_METADATA_RESPONSE')).toMatchObject({
      response: 1,
      error: 14,
    });
    answer(3);
    expect(await first.expect('PARTITIONED_METADATA_RESPONSE')).toMatchObject({ partitions: 3 });
    second.say('PARTITIONED_METADATA', { topic: 't', request_id: 1 });
    expect(await second.expect('PARTITIONED_METADATA_RESPONSE')).toMatchObject({ partitions: 3 });
  });
});

describe('GET_TOPICS_OF_NAMESPACE', () => {
  const stage = useStage();
  const PERSISTENT = ['persistent://public/default/a', 'persistent://public/default/b'];
  const VOLATILE = 'non-persistent://public/default/c';
  const SYSTEM = [
    '__change_events',
    '__change_events-partition-0',
    '__transaction_buffer_snapshot',
    't-s__transaction_pending_ack',
  ].map((local) => `persistent://public/default/${local}`);

  it.each([
    [undefined, PERSISTENT],
    [0, PERSISTENT],
    [1, [VOLATILE]],
    [2, [...PERSISTENT, VOLATILE]],
  ] as const)('lists what mode %s asks for, without system topics', async (mode, topics) => {
    await stage().listen();
    stage().broker.topics = [...PERSISTENT, VOLATILE, ...SYSTEM];
    const client = await stage().connect();
    client.say('GET_TOPICS_OF_NAMESPACE', {
      request_id: 5,
      namespace: 'public/default',
      mode,
    });
    expect(await client.expect('GET_TOPICS_OF_NAMESPACE_RESPONSE')).toMatchObject({
      request_id: 5,
      topics,
      filtered: false,
      changed: true,
    });
  });

  it.each(['public', '', 'a/b/c', 'a b/c'])('refuses %j, which is no namespace', async (name) => {
    await stage().listen();
    stage().broker.topics = PERSISTENT;
    const client = await stage().connect();
    client.say('GET_TOPICS_OF_NAMESPACE', { request_id: 5, namespace: name });
    expect(await client.expect('ERROR')).toMatchObject({ request_id: 5, error: 17 });
  });

  it.each([
    ['public/default/a', ['persistent://public/default/a'], true],
    ['persistent://public/default/.*', PERSISTENT, true],
    ['a', [], true],
    [`public/default/${'.*'.repeat(30)}`, PERSISTENT, false],
    ['public/default/(', PERSISTENT, false],
    ['public/default/(?!a).*', PERSISTENT, false],
    ['public/default/(((((a*)*)*)*)*)*b', ['persistent://public/default/b'], true],
  ])(
    'chooses by the pattern %s, or leaves that to the client',
    async (pattern, topics, filtered) => {
      await stage().listen();
      stage().broker.topics = [...PERSISTENT, ...SYSTEM];
      const client = await stage().connect();
      const ask = { request_id: 5, namespace: 'public/default', topics_pattern: pattern };
      client.say('GET_TOPICS_OF_NAMESPACE', ask);
      const { topics: found = [], filtered: said } = await client.expect(
        'GET_TOPICS_OF_NAMESPACE_RESPONSE',
      );
      expect([found, said]).toEqual([topics, filtered]);
    },
  );

  it('says no more than "unchanged" to a client that knows the list', async () => {
    await stage().listen();
    stage().broker.topics = PERSISTENT;
    const client = await stage().connect();
    const ask = { request_id: 5, namespace: 'public/default' };
    client.say('GET_TOPICS_OF_NAMESPACE', ask);
    const { topics_hash } = await client.expect('GET_TOPICS_OF_NAMESPACE_RESPONSE');
    expect(topics_hash).toBe('c7559e98');
    client.say('GET_TOPICS_OF_NAMESPACE', { ...ask, topics_hash });
    expect(await client.expect('GET_TOPICS_OF_NAMESPACE_RESPONSE')).toEqual({
      request_id: 5,
      filtered: false,
      topics_hash,
      changed: false,
    });
  });

  it('never sends a frame larger than clients take', async () => {
    await stage().listen({ maxMessageBytes: 1_000 });
    stage().broker.topics = Array.from({ length: 400 }, (_, index) => `persistent://a/b/${index}`);
    const client = await stage().connect();
    client.say('GET_TOPICS_OF_NAMESPACE', { request_id: 5, namespace: 'a/b' });
    expect(await client.expect('ERROR')).toMatchObject({ request_id: 5, error: 1 });
  });

  it('passes on why it failed', async () => {
    await stage().listen();
    stage().broker.failure = new BrokerError('service-not-ready', 'recovering');
    const client = await stage().connect();
    client.say('GET_TOPICS_OF_NAMESPACE', { request_id: 5, namespace: 'a/b' });
    expect(await client.expect('ERROR')).toMatchObject({ error: 6, message: 'recovering' });
  });
});

describe('what this broker does not have', () => {
  const stage = useStage();

  it.each([
    ['TC_CLIENT_CONNECT_REQUEST', { tc_id: 0 }],
    ['NEW_TXN', {}],
    ['ADD_PARTITION_TO_TXN', {}],
    ['ADD_SUBSCRIPTION_TO_TXN', {}],
    ['END_TXN', {}],
    ['END_TXN_ON_PARTITION', {}],
    ['END_TXN_ON_SUBSCRIPTION', {}],
  ] as const)('%s is NotAllowedError', async (name, body) => {
    await stage().listen();
    const client = await stage().connect();
    client.say(name, { request_id: 5, ...body } as never);
    expect(await client.expect('ERROR')).toMatchObject({ request_id: 5, error: 22 });
    expect(await client.settled()).toEqual([]);
  });

  it.each([
    ['SCALABLE_TOPIC_SUBSCRIBE', 'SCALABLE_TOPIC_SUBSCRIBE_RESPONSE', { request_id: 5 }],
    ['SCALABLE_TOPIC_LOOKUP', 'SCALABLE_TOPIC_UPDATE', { session_id: 5 }],
    ['WATCH_SCALABLE_TOPICS', 'WATCH_SCALABLE_TOPICS_UPDATE', { watch_id: 5 }],
    ['WATCH_TC_ASSIGNMENTS', 'WATCH_TC_ASSIGNMENTS_UPDATE', { watch_id: 5 }],
  ] as const)('%s is refused as %s', async (name, answer, id) => {
    await stage().listen();
    const client = await stage().connect();
    const body = {
      ...id,
      topic: 't',
      subscription: 's',
      consumer_name: 'c',
      consumer_id: 1,
      consumer_type: 0,
      namespace: 'a/b',
    };
    client.say(name, body as never);
    expect(await client.expect(answer)).toMatchObject({ ...id, error: 22 });
  });

  it('a watcher may be closed although it never was', async () => {
    await stage().listen();
    const client = await stage().connect();
    client.say('WATCH_TOPIC_LIST_CLOSE', { request_id: 5, watcher_id: 1 });
    expect(await client.expect('SUCCESS')).toEqual({ request_id: 5 });
  });

  it('clients that speak as brokers do are hung up on', async () => {
    await stage().listen();
    const client = await stage().connect();
    client.say('SUCCESS', { request_id: 5 });
    await client.closed;
  });
});

describe('advertised listeners', () => {
  const stage = useStage();
  const byName = new Map([
    ['in', { pulsar: 'pulsar://in:1', 'pulsar+ssl': 'pulsar+ssl://in:2' }],
    ['out', { 'pulsar+ssl': 'pulsar+ssl://out:3' }],
  ]);

  it('are answered by name, and the internal one to who names none', async () => {
    await stage().listen({ listeners: { byName, internal: byName.get('in') ?? {} } });
    const client = await stage().connect();
    const ask = async (name?: string) => {
      client.say('LOOKUP', { topic: 't', request_id: 5, advertised_listener_name: name });
      const answer = await client.expect('LOOKUP_RESPONSE');
      return [answer.brokerServiceUrl, answer.brokerServiceUrlTls];
    };
    expect(await ask('out')).toEqual([undefined, 'pulsar+ssl://out:3']);
    expect(await ask('in')).toEqual(['pulsar://in:1', 'pulsar+ssl://in:2']);
    expect(await ask()).toEqual(['pulsar://in:1', undefined]);
  });
});

// Schemas, transactions and topic lists: commands beside producing and consuming.

import { descriptor } from '../../schemas/descriptor.mjs';
import { group, subscribe } from '../stage.mjs';

const STRING = { name: 'text', type: 1, schema_data: Buffer.alloc(0) };
const JSON_SCHEMA = (fields) => ({
  name: 'person',
  type: 2,
  schema_data: Buffer.from(JSON.stringify({ type: 'record', name: 'Person', fields })),
  properties: [{ key: 'k', value: 'v' }],
});
const NAME = { name: 'name', type: 'string' };
const AGE = { name: 'age', type: ['null', 'int'], default: null };
const TITLE = { name: 'title', type: 'string' };

group('schema', {
  async registered_by_producers(t) {
    const client = await t.connect();
    const topic = t.topic();
    await client.ask('LOOKUP', { topic, request_id: 1 });
    let id = 0;
    const open = async (name, schema) => {
      id += 1;
      t.observe(
        name,
        await client.ask('PRODUCER', { topic, producer_id: id, request_id: id, schema }),
      );
    };
    t.observe('none yet', await client.ask('GET_SCHEMA', { topic, request_id: 1 }));
    await open('without', undefined);
    await open('of type none', { name: '', type: 0, schema_data: Buffer.alloc(0) });
    await open('json', JSON_SCHEMA([NAME]));
    await open('json again', JSON_SCHEMA([NAME]));
    await open('without, later', undefined);
    await open('with a field more', JSON_SCHEMA([NAME, AGE]));
    await open('incompatible', JSON_SCHEMA([TITLE]));
    await open('text', STRING);
    await open('avro', { ...JSON_SCHEMA([NAME]), type: 4 });
    await open('broken', { ...JSON_SCHEMA([NAME]), schema_data: Buffer.from('{nonsense') });
    await open('the first again', JSON_SCHEMA([NAME]));
    const get = (version) =>
      client.ask('GET_SCHEMA', { topic, request_id: 1, schema_version: version });
    t.observe('the latest', await get());
    t.observe('version 0', await get(version(0)));
    t.observe('version 1', await get(version(1)));
    t.observe('version 9', await get(version(9)));
    t.observe('an empty version', await get(Buffer.alloc(0)));
    t.observe('a short version', await get(Buffer.from('00', 'hex')));
  },

  async registered_by_consumers(t) {
    const client = await t.connect();
    let id = 0;
    const open = async (topic, name, schema, type = 'SUBSCRIBE') => {
      id += 1;
      await client.ask('LOOKUP', { topic, request_id: 1000 + id });
      const body =
        type === 'SUBSCRIBE'
          ? subscribe(topic, { subscription: `s${id}`, consumer_id: id, request_id: id, schema })
          : { topic, producer_id: id, request_id: id, schema };
      t.observe(name, await client.ask(type, body));
      const [kind, { schema: found, error_code: error, schema_version: v }] = await client.ask(
        'GET_SCHEMA',
        { topic, request_id: 1 },
      );
      t.observe(`${name}: schema`, [kind, found?.type, v, error]);
    };
    const a = t.topic('-a');
    await open(a, 'a consumer registers', JSON_SCHEMA([NAME]));
    await open(a, 'the same', JSON_SCHEMA([NAME]));
    await open(a, 'a field more', JSON_SCHEMA([NAME, AGE]));
    await open(a, 'another', JSON_SCHEMA([TITLE]));
    await open(a, 'text', STRING);
    await open(a, 'none', undefined);
    await open(a, 'whatever there is', { name: '', type: 21, schema_data: Buffer.alloc(0) });
    const b = t.topic('-b');
    await open(b, 'a producer without', undefined, 'PRODUCER');
    await open(b, 'a consumer beside it', JSON_SCHEMA([NAME]));
    const c = t.topic('-c');
    await open(c, 'a consumer without', undefined);
    await open(c, 'a consumer with', STRING);
    const d = t.topic('-d');
    await open(d, 'whatever there is, of none', {
      name: '',
      type: 21,
      schema_data: Buffer.alloc(0),
    });
    const e = t.topic('-e');
    await open(e, 'text first', STRING);
    await open(e, 'text of a producer', STRING, 'PRODUCER');
    await open(e, 'json of a producer', JSON_SCHEMA([NAME]), 'PRODUCER');
  },

  async of_every_primitive_type(t) {
    const client = await t.connect();
    for (const type of [1, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19]) {
      const topic = t.topic(`-${type}`);
      await client.ask('LOOKUP', { topic, request_id: 1 });
      t.observe(
        `type ${type}`,
        await client.ask('PRODUCER', {
          topic,
          producer_id: type,
          request_id: 2,
          schema: { name: 'x', type, schema_data: Buffer.alloc(0) },
        }),
      );
      t.observe(`type ${type}: found`, await client.ask('GET_SCHEMA', { topic, request_id: 3 }));
    }
  },

  async asked_for_by_producers(t) {
    const client = await t.producing();
    const topic = t.topic();
    const ask = (schema, of = topic) =>
      client.ask('GET_OR_CREATE_SCHEMA', { topic: of, request_id: 7, schema });
    t.observe('text', await ask(STRING));
    t.observe('text again', await ask(STRING));
    t.observe('json', await ask(JSON_SCHEMA([NAME])));
    t.observe('a topic that is not there', await ask(STRING, t.topic('-nope')));
    t.observe('no topic', await ask(STRING, 'a/b'));
  },

  async over_rest_of_protobuf(t) {
    const client = await t.producing();
    const topic = t.topic();
    const messages = { Person: [{ name: 'name', number: 1, type: 'string' }] };
    const text = descriptor({ root: 'Person', messages });
    const schema = { name: 'x', type: 20, schema_data: Buffer.from(text) };
    await client.ask('GET_OR_CREATE_SCHEMA', { topic, request_id: 7, schema });
    const path = `/schemas/${topic.replace('persistent://', '')}`;
    for (const what of ['/schema', '/schema/0', '/schemas']) {
      const [status, body] = await t.admin('GET', `${path}${what}`);
      const json = JSON.stringify(body).replaceAll(/"timestamp":\d+/g, 'TIME');
      t.observe(what, [status, json]);
    }
    const payload = { type: 'PROTOBUF_NATIVE', schema: text, properties: {} };
    t.observe('its version', await t.admin('POST', `${path}/version`, payload));
    t.observe('posted', await t.admin('POST', `${path}/schema`, payload));
  },

  async over_rest(t) {
    const client = await t.connect();
    const topic = t.topic();
    await client.ask('LOOKUP', { topic, request_id: 1 });
    const path = `/schemas/${topic.replace('persistent://', '')}`;
    const get = async (rest, method = 'GET', body) => {
      const [status, answer] = await t.admin(method, `${path}${rest}`, body);
      return [
        status,
        JSON.parse(
          JSON.stringify(answer ?? null, (key, value) =>
            key === 'timestamp' ? typeof value : value,
          ),
        ),
      ];
    };
    t.observe('none', await get('/schema'));
    t.observe('no versions', await get('/schemas'));
    await client.ask('PRODUCER', {
      topic,
      producer_id: 1,
      request_id: 2,
      schema: JSON_SCHEMA([NAME]),
    });
    await client.ask('PRODUCER', {
      topic,
      producer_id: 2,
      request_id: 3,
      schema: JSON_SCHEMA([NAME, AGE]),
    });
    t.observe('latest', await get('/schema'));
    t.observe('first', await get('/schema/0'));
    t.observe('missing', await get('/schema/7'));
    t.observe('all', await get('/schemas'));
    const payload = {
      type: 'JSON',
      schema: JSON.stringify({ type: 'record', name: 'Person', fields: [NAME] }),
      properties: {},
    };
    t.observe('its version', await get('/version', 'POST', payload));
    t.observe('compatible', await get('/compatibility', 'POST', payload));
    t.observe('posted', await get('/schema', 'POST', payload));
    t.observe('deleted', await get('/schema', 'DELETE'));
    t.observe('after', await get('/schema'));
    t.observe('on the wire', await client.ask('GET_SCHEMA', { topic, request_id: 9 }));
  },
});

function version(number) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(number));
  return bytes;
}

group('transactions', {
  async are_refused(t) {
    const commands = {
      TC_CLIENT_CONNECT_REQUEST: { tc_id: 0, request_id: 1 },
      NEW_TXN: { request_id: 2, txn_ttl_seconds: 5, tc_id: 0 },
      ADD_PARTITION_TO_TXN: {
        request_id: 3,
        txnid_least_bits: 1,
        txnid_most_bits: 0,
        partitions: [t.topic()],
      },
      ADD_SUBSCRIPTION_TO_TXN: {
        request_id: 4,
        txnid_least_bits: 1,
        txnid_most_bits: 0,
        subscription: [{ topic: t.topic(), subscription: 'sub' }],
      },
      END_TXN: { request_id: 5, txnid_least_bits: 1, txnid_most_bits: 0, txn_action: 0 },
      END_TXN_ON_PARTITION: { request_id: 6, topic: t.topic() },
      END_TXN_ON_SUBSCRIPTION: {
        request_id: 7,
        subscription: { topic: t.topic(), subscription: 'sub' },
      },
    };
    for (const [name, body] of Object.entries(commands)) {
      const client = await t.connect();
      client.say(name, body);
      client.say('PING');
      t.observe(name, await client.rest());
    }
  },
});

group('watching', {
  async a_list_of_topics(t) {
    const namespace = `public/${t.topic().split('/').at(-1)}`;
    await t.admin('PUT', `/namespaces/${namespace}`, {});
    const create = (name, method = 'PUT') =>
      t.admin(method, t.pathOf(`persistent://${namespace}/${name}`));
    await create('a1');
    await create('b1');
    const client = await t.connect();
    const base = {
      request_id: 1,
      watcher_id: 1,
      namespace,
      topics_pattern: `persistent://${namespace}/a.*`,
    };
    const first = await client.ask('WATCH_TOPIC_LIST', base);
    t.observe('the first', stable(first));
    t.observe(
      'the same id again',
      stable(await client.ask('WATCH_TOPIC_LIST', { ...base, request_id: 2 })),
    );
    t.observe(
      'another id, same hash',
      stable(
        await client.ask('WATCH_TOPIC_LIST', {
          ...base,
          request_id: 3,
          watcher_id: 2,
          topics_hash: first[1]?.topics_hash,
        }),
      ),
    );
    await create('a2');
    t.observe('one is made', byWatcher(await client.rest(1_000)));
    await create('b2');
    t.observe('another is made', byWatcher(await client.rest(1_000)));
    await create('a1', 'DELETE');
    t.observe('one goes', byWatcher(await client.rest(1_000)));
    t.observe(
      'closed',
      await client.ask('WATCH_TOPIC_LIST_CLOSE', { request_id: 4, watcher_id: 2 }),
    );
    await t.admin('PUT', `${t.pathOf(`persistent://${namespace}/a3`)}/partitions`, 2);
    t.observe('partitions are made', merged(await client.rest(1_500)));
    await t.producing(`persistent://${namespace}/a4`);
    t.observe('one is made by a producer', byWatcher(await client.rest(1_000)));
    await t.admin('POST', `${t.pathOf(`persistent://${namespace}/a3`)}/partitions`, 3);
    t.observe('it grows', merged(await client.rest(1_500)));
    await t.admin('DELETE', `${t.pathOf(`persistent://${namespace}/a3`)}/partitions`);
    t.observe('it goes', merged(await client.rest(1_500)));
  },

  async that_is_refused(t) {
    const base = {
      request_id: 1,
      watcher_id: 1,
      namespace: 'public/default',
      topics_pattern: 'x.*',
    };
    const variants = {
      'no such namespace': { namespace: 'public/nope' },
      'no namespace': { namespace: 'nope' },
      'a long pattern': { topics_pattern: 'x'.repeat(60) },
      'a pattern of 51': { topics_pattern: 'x'.repeat(51) },
      'a pattern of 50': { topics_pattern: 'x'.repeat(50) },
      'a broken pattern': { topics_pattern: 'persistent://public/default/(' },
      'an empty pattern': { topics_pattern: '' },
      'a pattern of another domain': { topics_pattern: 'non-persistent://public/default/x.*' },
      'a look ahead': { topics_pattern: 'public/default/(?!x).*nothing' },
      'a hash': { topics_hash: '00000000' },
    };
    for (const [name, body] of Object.entries(variants)) {
      const client = await t.connect();
      t.observe(name, stable(await client.ask('WATCH_TOPIC_LIST', { ...base, ...body })));
    }
    const client = await t.connect();
    t.observe(
      'closing nobody',
      await client.ask('WATCH_TOPIC_LIST_CLOSE', { request_id: 5, watcher_id: 9 }),
    );
    t.observe('then', await client.rest());
  },
});

function stable([name, fields]) {
  const sorted = { ...fields };
  for (const key of ['topic', 'new_topics', 'deleted_topics']) {
    if (sorted[key]) sorted[key] = [...sorted[key]].sort();
  }
  return [name, sorted];
}

/** Watchers are told in no order. */
function byWatcher(updates) {
  const sorted = [...updates].sort(([, a], [, b]) => a.watcher_id - b.watcher_id);
  return sorted.map(stable);
}

/** All that updates say together: how many there are is a matter of time. */
function merged(updates) {
  const all = (key) => [...new Set(updates.flatMap(([, fields]) => fields?.[key] ?? []))].sort();
  return {
    names: [...new Set(updates.map(([name]) => name))],
    new: all('new_topics'),
    gone: all('deleted_topics'),
  };
}

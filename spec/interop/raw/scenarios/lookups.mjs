// What clients ask before they produce or consume, names that are no names among it.

import { group } from '../stage.mjs';

const NAMES = (t) => {
  const local = t.topic().slice(t.topic().lastIndexOf('/') + 1);
  return [
    t.topic(),
    `${local}-short`,
    `public/default/${local}-three`,
    'a/b',
    '',
    '/',
    'persistent://',
    'persistent://a/b',
    'persistent:/public/default/x',
    `nonsense://public/default/${local}`,
    `non-persistent://public/default/${local}-np`,
    'persistent://public/default/',
    `persistent://public/default/${local} with space`,
    `persistent://public/default/${local}-ünï☃`,
    `persistent://public/default/${local}/slash/and/more`,
    `persistent://public/standalone/default/${local}`,
    `persistent://nope/default/${local}`,
    `persistent://public/nope/${local}`,
    `persistent://pub lic/default/${local}`,
    `persistent://public/de%fault/${local}`,
    `${t.topic()}-gone-partition-0`,
    `${t.topic()}-gone-partition-01`,
    `${t.topic()}-gone-partition--1`,
    `${t.topic()}-gone-partition-x`,
    `${t.topic()}-gone-partition-`,
    `${t.topic()}-parted`,
    `${t.topic()}-parted-partition-1`,
    `${t.topic()}-parted-partition-2`,
    `${t.topic()}-parted-partition-1-partition-0`,
    `${t.topic()}?query`,
    `${t.topic()}#hash`,
    `${t.topic()}%2F`,
    `${t.topic()}-sub-DLQ`,
    'persistent://pulsar/system/transaction_coordinator_assign',
    'persistent://pulsar/system/transaction_coordinator_assign-partition-0',
    'persistent://public/default/__change_events',
  ];
};

async function stage(t) {
  await t.admin('PUT', `${t.pathOf(t.topic('-parted'))}/partitions`, 2);
  return t.connect();
}

group('names', {
  async looked_up(t) {
    let client = await stage(t);
    for (const topic of NAMES(t)) {
      const answer = await client.ask('LOOKUP', { topic, request_id: 1 });
      t.observe(`${t.plain(topic)}`, answer);
      if (answer[0] === 'closed') client = await t.connect();
    }
  },

  async asked_for_partitions(t) {
    let client = await stage(t);
    for (const topic of NAMES(t)) {
      for (const create of [false, true]) {
        const answer = await client.ask('PARTITIONED_METADATA', {
          topic,
          request_id: 1,
          metadata_auto_creation_enabled: create,
        });
        t.observe(`${t.plain(topic)}, ${create ? 'to create' : 'to look'}`, answer);
        if (answer[0] === 'closed') client = await t.connect();
      }
    }
  },

  async produced_to(t) {
    let client = await stage(t);
    let id = 0;
    for (const topic of NAMES(t)) {
      id += 1;
      await client.ask('LOOKUP', { topic, request_id: 1000 + id });
      const answer = await client.ask('PRODUCER', { topic, producer_id: id, request_id: id });
      t.observe(t.plain(topic), answer);
      if (answer[0] === 'closed') client = await t.connect();
    }
  },

  async subscribed_to(t) {
    let client = await stage(t);
    let id = 0;
    for (const topic of NAMES(t)) {
      id += 1;
      await client.ask('LOOKUP', { topic, request_id: 1000 + id });
      const answer = await client.ask('SUBSCRIBE', {
        topic,
        subscription: 'sub',
        subType: 0,
        consumer_id: id,
        request_id: id,
      });
      t.observe(t.plain(topic), answer);
      if (answer[0] === 'closed') client = await t.connect();
    }
  },

  async asked_for_a_schema(t) {
    let client = await stage(t);
    for (const topic of NAMES(t)) {
      const answer = await client.ask('GET_SCHEMA', { topic, request_id: 1 });
      t.observe(t.plain(topic), answer);
      if (answer[0] === 'closed') client = await t.connect();
    }
  },
});

group('lookup', {
  async of_a_listener(t) {
    const client = await t.connect();
    for (const listener of ['', 'internal', 'nope']) {
      t.observe(
        `listener '${listener}'`,
        await client.ask('LOOKUP', {
          topic: t.topic(),
          request_id: 1,
          advertised_listener_name: listener,
        }),
      );
    }
    t.observe(
      'authoritative',
      await client.ask('LOOKUP', { topic: t.topic(), request_id: 1, authoritative: true }),
    );
  },

  async with_one_request_id_twice(t) {
    const client = await t.connect();
    client.say('LOOKUP', { topic: t.topic(), request_id: 7 });
    client.say('LOOKUP', { topic: t.topic(), request_id: 7 });
    client.say('PARTITIONED_METADATA', { topic: t.topic(), request_id: 7 });
    client.say('PARTITIONED_METADATA', { topic: t.topic(), request_id: 7 });
    const came = await client.rest();
    t.observe('answers', came.map(([name]) => name).sort());
  },

  async with_large_request_ids(t) {
    const client = await t.connect();
    for (const id of [0, 2 ** 32, 2n ** 63n, 2n ** 64n - 1n]) {
      t.observe(`id ${id}`, await client.ask('LOOKUP', { topic: t.topic(), request_id: id }));
    }
  },
});

group('topics', {
  async of_a_namespace(t) {
    const namespace = `public/${t.topic().split('/').at(-1)}`;
    await t.admin('PUT', `/namespaces/${namespace}`, {});
    const client = await t.connect();
    const ask = async (title, body) => {
      const [name, fields] = await client.ask('GET_TOPICS_OF_NAMESPACE', {
        namespace,
        request_id: 1,
        ...body,
      });
      if (fields?.topics) fields.topics = [...fields.topics].sort();
      t.observe(title, [name, fields && { ...fields, topics_hash: undefined }]);
      return fields?.topics_hash;
    };
    t.observe('hash of none', await ask('empty', {}));
    for (const [name, partitions] of [
      ['one', 0],
      ['two', 2],
    ]) {
      const path = t.pathOf(`persistent://${namespace}/${name}`);
      await t.admin('PUT', partitions ? `${path}/partitions` : path, partitions || undefined);
    }
    const hash = await ask('some', {});
    await ask('the same hash', { topics_hash: hash });
    await ask('another hash', { topics_hash: '00000001' });
    for (const mode of [0, 1, 2]) await ask(`mode ${mode}`, { mode });
    for (const pattern of [
      `persistent://${namespace}/o.*`,
      `${namespace}/t.*`,
      'o.*',
      `persistent://${namespace}/(`,
      `persistent://${namespace}/${'x'.repeat(80)}`,
      '.*',
      `persistent://${namespace}/two-partition-.*`,
      `persistent://${namespace}/two`,
    ]) {
      await ask(`pattern ${t.plain(pattern)}`, { topics_pattern: pattern });
    }
  },

  async of_namespaces_that_are_none(t) {
    let client = await t.connect();
    for (const namespace of [
      'public/nope',
      'nope/nope',
      'public',
      '',
      'a/b/c',
      'a b/c',
      'public/default/x/y',
    ]) {
      const answer = await client.ask('GET_TOPICS_OF_NAMESPACE', { namespace, request_id: 1 });
      t.observe(`'${namespace}'`, answer);
      if (answer[0] === 'closed') client = await t.connect();
    }
  },
});

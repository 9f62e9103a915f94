// Policies of namespaces and topics, as clients meet them: limits and switches that count at once,
// for those that come and for those that are there.

import { entry } from '../client.mjs';
import { group, subscribe } from '../stage.mjs';

function producer(client, id, topic, body = {}) {
  return client.ask('PRODUCER', { topic, producer_id: id, request_id: 100 + id, ...body });
}

function consumer(client, id, topic, body = {}) {
  return client.ask(
    'SUBSCRIBE',
    subscribe(topic, { consumer_id: id, request_id: 200 + id, ...body }),
  );
}

async function ready(t, topic) {
  const client = await t.connect();
  await client.ask('LOOKUP', { topic, request_id: 1 });
  return client;
}

async function largestMessage(t, topic) {
  const client = await t.producing(topic);
  const send = async (sequence_id, bytes) => {
    client.send({ producer_id: 1, sequence_id, num_messages: 1 }, entry('x'.repeat(bytes)));
    return (await client.next(1))[0];
  };
  t.observe('before', await send(0, 500));
  await t.policy('POST', `${t.pathOf(topic)}/maxMessageSize`, 100);
  t.observe('small', await send(1, 20));
  t.observe('large', await send(2, 500));
  t.observe('small again', await send(3, 20));
  for (const bytes of [30, 40, 50, 60, 70, 80, 90, 100]) {
    t.observe(`${bytes} bytes`, (await send(bytes, bytes))[0]);
  }
  await t.policy('POST', `${t.pathOf(topic)}/maxMessageSize`, 0);
  t.observe('0', (await send(201, 500))[0]);
  await t.policy('DELETE', `${t.pathOf(topic)}/maxMessageSize`);
  t.observe('after', (await send(202, 500))[0]);
}

async function requiredEncryption(t, namespace, topic) {
  const client = await ready(t, topic);
  t.observe('plain', await producer(client, 1, topic));
  t.observe('encrypting', await producer(client, 2, topic, { encrypted: true }));
  await t.policy('POST', `/namespaces/${namespace}/encryptionRequired`, true);
  t.observe('those that are there', await client.rest());
  t.observe('plain, late', await producer(client, 3, topic));
  t.observe('encrypting, late', await producer(client, 4, topic, { encrypted: true }));
  client.send({ producer_id: 4, sequence_id: 0, num_messages: 1 }, entry('plain'));
  t.observe('a plain message', await client.rest());
  const keys = [{ key: 'k', value: Buffer.from('secret') }];
  client.send(
    { producer_id: 4, sequence_id: 1, num_messages: 1 },
    entry('hidden', { encryption_keys: keys, encryption_param: Buffer.from('p') }),
  );
  t.observe('an encrypted message', await client.rest());
  await t.policy('POST', `/namespaces/${namespace}/encryptionRequired`, false);
  t.observe('no longer', await producer(client, 5, topic));
}

group('policies', {
  async most_producers_of_a_topic(t) {
    const namespace = await t.namespace();
    const topic = t.topic('', namespace);
    const client = await ready(t, topic);
    t.observe('first', await producer(client, 1, topic));
    t.observe('second', await producer(client, 2, topic));
    await t.policy('POST', `/namespaces/${namespace}/maxProducersPerTopic`, 1);
    t.observe('those that are there', await client.rest());
    t.observe('over the namespace limit', await producer(client, 3, topic));
    await t.policy('POST', `${t.pathOf(topic)}/maxProducers`, 3);
    t.observe('the topic has more', await producer(client, 4, topic));
    t.observe('over the topic limit', await producer(client, 5, topic));
    await t.policy('POST', `${t.pathOf(topic)}/maxProducers`, 0);
    t.observe('no limit at all', await producer(client, 6, topic));
    await t.policy('DELETE', `${t.pathOf(topic)}/maxProducers`);
    t.observe('the namespace counts again', await producer(client, 7, topic));
    await t.policy('DELETE', `/namespaces/${namespace}/maxProducersPerTopic`);
    t.observe('nobody limits', await producer(client, 8, topic));
  },

  async most_consumers(t) {
    const namespace = await t.namespace();
    const topic = t.topic('', namespace);
    const client = await ready(t, topic);
    const shared = { subType: 1 };
    t.observe('first', await consumer(client, 1, topic, shared));
    await t.policy('POST', `/namespaces/${namespace}/maxConsumersPerSubscription`, 1);
    t.observe('over the subscription limit', await consumer(client, 2, topic, shared));
    await t.policy('POST', `${t.pathOf(topic)}/maxConsumersPerSubscription`, 2);
    t.observe('the topic allows two', await consumer(client, 3, topic, shared));
    await t.policy('POST', `/namespaces/${namespace}/maxConsumersPerTopic`, 2);
    t.observe(
      'over the topic limit',
      await consumer(client, 4, topic, { ...shared, subscription: 'b' }),
    );
    await t.policy('POST', `${t.pathOf(topic)}/maxConsumers`, 3);
    t.observe('three', await consumer(client, 5, topic, { ...shared, subscription: 'b' }));
    t.observe('four', await consumer(client, 6, topic, { ...shared, subscription: 'b' }));
    t.observe('those that are there', await client.rest());
  },

  async most_subscriptions(t) {
    const namespace = await t.namespace();
    const topic = t.topic('', namespace);
    const client = await ready(t, topic);
    t.observe('first', await consumer(client, 1, topic, { subscription: 'a' }));
    await t.policy('POST', `/namespaces/${namespace}/maxSubscriptionsPerTopic`, 1);
    t.observe('over', await consumer(client, 2, topic, { subscription: 'b' }));
    t.observe('over REST', await t.admin('PUT', `${t.pathOf(topic)}/subscription/b`));
    await t.policy('POST', `${t.pathOf(topic)}/maxSubscriptionsPerTopic`, 2);
    t.observe('the topic has more', await consumer(client, 3, topic, { subscription: 'b' }));
    t.observe('those there may come', await consumer(client, 4, topic, { subscription: 'c' }));
  },

  async most_topics_of_a_namespace(t) {
    const namespace = await t.namespace();
    const path = (suffix) => t.pathOf(t.topic(suffix, namespace));
    await t.policy('PUT', path('-a'));
    await t.policy('POST', `/namespaces/${namespace}/maxTopicsPerNamespace`, 2);
    t.observe('partitioned', await t.admin('PUT', `${path('-p')}/partitions`, 2));
    t.observe('second', await t.admin('PUT', path('-b')));
    t.observe('third', await t.admin('PUT', path('-c')));
    const client = await ready(t, t.topic('-d', namespace));
    t.observe('by a producer', await producer(client, 1, t.topic('-d', namespace)));
    t.observe('by a consumer', await consumer(client, 1, t.topic('-d', namespace)));
    t.observe('one that is there', await producer(client, 2, t.topic('-b', namespace)));
    t.observe(
      'metadata',
      await client.ask('PARTITIONED_METADATA', { topic: t.topic('-e', namespace), request_id: 9 }),
    );
    await t.policy('DELETE', `/namespaces/${namespace}/maxTopicsPerNamespace`);
    t.observe('no limit', await producer(client, 3, t.topic('-d', namespace)));
  },

  async largest_message_of_a_topic(t) {
    await largestMessage(t, t.topic());
  },

  async largest_message_of_a_non_persistent_topic(t) {
    await largestMessage(t, `non-${t.topic()}`);
  },

  async encryption_that_is_required(t) {
    const namespace = await t.namespace();
    await requiredEncryption(t, namespace, t.topic('', namespace));
  },

  async encryption_that_is_required_of_a_non_persistent_topic(t) {
    const namespace = await t.namespace();
    await requiredEncryption(t, namespace, `non-${t.topic('', namespace)}`);
  },

  async types_of_subscriptions(t) {
    const namespace = await t.namespace();
    const topic = t.topic('', namespace);
    const client = await ready(t, topic);
    t.observe('shared', await consumer(client, 1, topic, { subType: 1, subscription: 's1' }));
    await t.policy('POST', `/namespaces/${namespace}/subscriptionTypesEnabled`, ['Failover']);
    t.observe('those that are there', await client.rest());
    t.observe('shared, late', await consumer(client, 2, topic, { subType: 1, subscription: 's2' }));
    t.observe('exclusive', await consumer(client, 3, topic, { subType: 0, subscription: 's3' }));
    await t.policy('POST', `${t.pathOf(topic)}/subscriptionTypesEnabled`, ['Exclusive']);
    t.observe(
      'exclusive by the topic',
      await consumer(client, 4, topic, { subType: 0, subscription: 's3' }),
    );
    await t.policy('DELETE', `${t.pathOf(topic)}/subscriptionTypesEnabled`);
    await t.policy('DELETE', `/namespaces/${namespace}/subscriptionTypesEnabled`);
    t.observe('all again', await consumer(client, 5, topic, { subType: 1, subscription: 's2' }));
  },

  async subscriptions_that_create_themselves(t) {
    const namespace = await t.namespace();
    const topic = t.topic('', namespace);
    const client = await ready(t, topic);
    t.observe('before', await consumer(client, 1, topic, { subscription: 'a' }));
    await t.policy('POST', `/namespaces/${namespace}/autoSubscriptionCreation`, {
      allowAutoSubscriptionCreation: false,
    });
    t.observe('not allowed', await consumer(client, 2, topic, { subscription: 'b' }));
    t.observe('a reader', await consumer(client, 3, topic, { subscription: 'r', durable: false }));
    await t.policy('POST', `${t.pathOf(topic)}/autoSubscriptionCreation`, {
      allowAutoSubscriptionCreation: true,
    });
    t.observe('the topic allows', await consumer(client, 4, topic, { subscription: 'b' }));
  },

  async topics_that_create_themselves(t) {
    const namespace = await t.namespace();
    await t.policy('POST', `/namespaces/${namespace}/autoTopicCreation`, {
      allowAutoTopicCreation: false,
    });
    const client = await ready(t, t.topic('-a', namespace));
    t.observe('producer', await producer(client, 1, t.topic('-a', namespace)));
    t.observe('consumer', await consumer(client, 1, t.topic('-a', namespace)));
    await t.policy('POST', `/namespaces/${namespace}/autoTopicCreation`, {
      allowAutoTopicCreation: true,
      topicType: 'partitioned',
      defaultNumPartitions: 3,
    });
    t.observe(
      'metadata',
      await client.ask('PARTITIONED_METADATA', {
        topic: t.topic('-b', namespace),
        request_id: 9,
        metadata_auto_creation_enabled: true,
      }),
    );
  },

  async deduplication_on_and_off(t) {
    const topic = t.topic();
    const client = await t.producing(topic, { producer_name: 'p' });
    const send = async (sequence_id) => {
      client.send(
        { producer_id: 1, sequence_id, num_messages: 1 },
        entry(`m${sequence_id}`, { sequence_id, producer_name: 'p' }),
      );
      const [[name, { message_id: id }]] = await client.next(1);
      return [
        name,
        id?.ledgerId === undefined || BigInt.asIntN(64, BigInt(id.ledgerId)) === -1n
          ? 'duplicate'
          : 'stored',
      ];
    };
    t.observe('off', [await send(5), await send(5)]);
    await t.policy('POST', `${t.pathOf(topic)}/deduplicationEnabled`, true);
    await t.until(
      async () =>
        (await t.admin('GET', `${t.pathOf(topic)}/stats`))[1].deduplicationStatus === 'Enabled',
    );
    t.observe('on, seen before', await send(5));
    t.observe('on', [await send(6), await send(6), await send(5), await send(7)]);
    await t.policy('POST', `${t.pathOf(topic)}/deduplicationEnabled`, false);
    await t.until(
      async () =>
        (await t.admin('GET', `${t.pathOf(topic)}/stats`))[1].deduplicationStatus === 'Disabled',
    );
    t.observe('off again', [await send(7), await send(1)]);
    await t.policy('POST', `${t.pathOf(topic)}/deduplicationEnabled`, true);
    await t.until(
      async () =>
        (await t.admin('GET', `${t.pathOf(topic)}/stats`))[1].deduplicationStatus === 'Enabled',
    );
    t.observe('on again', [await send(2), await send(2), await send(7), await send(8)]);
    await client.ask('CLOSE_PRODUCER', { producer_id: 1, request_id: 77 });
    t.observe('last sequence id', await producer(client, 2, topic, { producer_name: 'p' }));
  },
});

// Non-persistent topics, frame by frame.

import { entry } from '../client.mjs';
import { group, subscribe } from '../stage.mjs';

const volatile = (t, suffix = '') => t.topic(suffix).replace('persistent://', 'non-persistent://');

/** MESSAGEs as `consumer:ledger:entry`, all else by its name; receipts and messages apart. */
const shown = (frames) => {
  const messages = frames.filter(([name]) => name === 'MESSAGE');
  return {
    messages: messages.map(([, { consumer_id: id, message_id: at, redelivery_count: count }]) =>
      [id, at.ledgerId, at.entryId, at.partition, count ?? 'no count'].join(':'),
    ),
    rest: frames.filter(([name]) => name !== 'MESSAGE'),
  };
};

async function both(t, topic, subType) {
  const client = await t.connect();
  await client.ask('LOOKUP', { topic, request_id: 1 });
  for (const id of [1, 2]) {
    const body = { subType, consumer_id: id, consumer_name: `c${id}`, request_id: id + 1 };
    await client.ask('SUBSCRIBE', subscribe(topic, body));
  }
  await client.ask('PRODUCER', { topic, producer_id: 1, request_id: 9 });
  return client;
}

async function sendAll(client, count, metadata = () => ({})) {
  for (let at = 0; at < count; at++) {
    const body = { producer_id: 1, sequence_id: at, num_messages: 1 };
    client.send(body, entry(`m${at}`, metadata(at)));
  }
  return shown(await client.rest());
}

group('non_persistent', {
  async permits(t) {
    const topic = volatile(t);
    const client = await t.consuming(topic);
    await client.ask('PRODUCER', { topic, producer_id: 1, request_id: 3 });
    t.observe('without permits', await sendAll(client, 1));
    client.say('FLOW', { consumer_id: 1, messagePermits: 3 });
    t.observe('they come too late', await client.rest());
    t.observe('fewer than messages', await sendAll(client, 5));
  },

  async shared_consumers(t) {
    const client = await both(t, volatile(t), 1);
    client.say('FLOW', { consumer_id: 1, messagePermits: 100 });
    client.say('FLOW', { consumer_id: 2, messagePermits: 2 });
    const { messages } = await sendAll(client, 10);
    const count = (id) => messages.filter((each) => each.startsWith(`${id}:`)).length;
    t.observe('of each', [count(1), count(2)]);
  },

  async key_shared_consumers(t) {
    const client = await both(t, volatile(t), 3);
    client.say('FLOW', { consumer_id: 1, messagePermits: 2 });
    client.say('FLOW', { consumer_id: 2, messagePermits: 100 });
    const { messages } = await sendAll(client, 24, (at) => ({ partition_key: `key${at}` }));
    const count = (id) => messages.filter((each) => each.startsWith(`${id}:`)).length;
    t.observe('of each', [count(1), count(2)]);
  },

  async failover_consumers(t) {
    const topic = volatile(t);
    const client = await t.connect();
    await client.ask('LOOKUP', { topic, request_id: 1 });
    for (const [id, priority_level] of [
      [1, 0],
      [2, 1],
    ]) {
      const body = { subType: 2, consumer_id: id, priority_level, request_id: id + 1 };
      await client.ask('SUBSCRIBE', subscribe(topic, body));
      client.say('FLOW', { consumer_id: id, messagePermits: 10 });
    }
    t.observe('notices', await client.rest(1_300));
    await client.ask('PRODUCER', { topic, producer_id: 1, request_id: 9 });
    t.observe('the active one', (await sendAll(client, 1)).messages);
    await client.ask('CLOSE_CONSUMER', { consumer_id: 1, request_id: 10 });
    t.observe('the next one', (await sendAll(client, 1)).messages);
  },

  async what_needs_a_cursor(t) {
    const topic = volatile(t);
    const client = await t.consuming(topic, { subType: 1 });
    const message_id = [{ ledgerId: 0, entryId: 0 }];
    const ask = (name, body) => client.ask(name, { consumer_id: 1, ...body });
    t.observe('ack', await ask('ACK', { ack_type: 0, message_id, request_id: 11 }));
    client.say('REDELIVER_UNACKNOWLEDGED_MESSAGES', { consumer_id: 1, message_ids: message_id });
    t.observe('redeliver', await client.rest());
    t.observe('seek', await ask('SEEK', { message_id: message_id[0], request_id: 12 }));
    t.observe('seek to a time', await ask('SEEK', { message_publish_time: 1, request_id: 13 }));
    t.observe('then', await client.rest());
    t.observe('last', await ask('GET_LAST_MESSAGE_ID', { request_id: 14 }));
    const compacted = subscribe(topic, {
      subscription: 'compacted',
      consumer_id: 2,
      read_compacted: true,
      request_id: 15,
    });
    t.observe('compacted', await client.ask('SUBSCRIBE', compacted));
    t.observe('unsubscribe', await ask('UNSUBSCRIBE', { request_id: 16 }));
  },

  async partitions(t) {
    const topic = volatile(t);
    await t.admin('PUT', `${t.pathOf(topic)}/partitions`, 2);
    const client = await t.connect();
    const produce = (name, id) =>
      client.ask('PRODUCER', { topic: name, producer_id: id, request_id: id });
    await client.ask('LOOKUP', { topic: `${topic}-partition-0`, request_id: 1 });
    const { 0: name } = await produce(`${topic}-partition-0`, 2);
    t.observe('one of them', name);
    t.observe('one too many', await produce(`${topic}-partition-2`, 3));
    t.observe('the whole', await produce(topic, 4));
    t.observe('of a topic without', await produce(`${topic}-none-partition-0`, 5));
    t.observe('metadata', await client.ask('PARTITIONED_METADATA', { topic, request_id: 6 }));
  },

  async statistics(t) {
    const topic = volatile(t);
    const client = await t.consuming(topic, { subType: 3 });
    await client.ask('PRODUCER', { topic, producer_id: 1, request_id: 3 });
    const [, stats] = await t.admin('GET', `${t.pathOf(topic)}/stats`);
    const [publisher] = stats.publishers;
    const { consumers, ...subscription } = stats.subscriptions.sub;
    const fields = (of) => Object.keys(of).sort();
    t.observe('of the topic', fields(stats));
    t.observe('of a publisher', fields(publisher));
    t.observe('of a subscription', fields(subscription));
    t.observe('of a consumer', fields(consumers[0]));
    const [, internal] = await t.admin('GET', `${t.pathOf(topic)}/internalStats`);
    t.observe('internal', internal);
  },

  async among_the_topics_of_a_namespace(t) {
    const topic = volatile(t);
    const client = await t.producing(topic);
    const lists = {};
    for (const [at, mode] of [undefined, 0, 1, 2].entries()) {
      const request = { namespace: 'public/default', mode, request_id: 10 + at };
      const [, answer] = await client.ask('GET_TOPICS_OF_NAMESPACE', request);
      lists[mode ?? 'unsaid'] = (answer.topics ?? []).includes(topic);
    }
    t.observe('by mode', lists);
  },
});

group('rates', {
  async of_subscribing(t) {
    const path = `${t.pathOf()}/subscribeRate`;
    const client = await t.producing();
    await t.admin('POST', path, { subscribeThrottlingRatePerConsumer: 1, ratePeriodInSecond: 30 });
    const ask = (body) => client.ask('SUBSCRIBE', subscribe(t.topic(), { subType: 1, ...body }));
    // The topic does not say that it has heard of the rate: it then refuses another consumer.
    let requests = 100;
    await t.until(async () => {
      const [name] = await ask({ consumer_id: 9, request_id: requests++ });
      if (name === 'ERROR') return true;
      await client.ask('CLOSE_CONSUMER', { consumer_id: 9, request_id: requests++ });
      return false;
    });
    t.observe('once', await ask({ request_id: 11 }));
    await client.ask('CLOSE_CONSUMER', { consumer_id: 1, request_id: 12 });
    t.observe('twice', await ask({ request_id: 13 }));
    t.observe('another one', await ask({ consumer_id: 2, request_id: 14 }));
    const again = subscribe(t.topic(), { subType: 1, request_id: 15 });
    const elsewhere = await t.connect();
    t.observe('over another connection', await elsewhere.ask('SUBSCRIBE', again));
  },
});

// Producers that want a topic for themselves: epochs, and what becomes of those who wait for it or
// lose it.

import { entry } from '../client.mjs';
import { group } from '../stage.mjs';

const SHARED = 0;
const EXCLUSIVE = 1;
const WAITING = 2;
const FENCING = 3;

/** A connection of its own for each producer, so that what each hears is told apart. */
async function opener(t, topic = t.topic()) {
  let id = 0;
  await (await t.connect()).ask('LOOKUP', { topic, request_id: 1 });
  return async (mode, body = {}) => {
    id += 1;
    const client = await t.connect();
    const answer = await client.ask('PRODUCER', {
      topic,
      producer_id: id,
      request_id: id,
      producer_access_mode: mode,
      producer_name: `p${id}`,
      ...body,
    });
    return { client, id, answer };
  };
}

async function close({ client, id }) {
  return await client.ask('CLOSE_PRODUCER', { producer_id: id, request_id: 100 + id });
}

function send({ client, id }) {
  client.send({ producer_id: id, sequence_id: 0, num_messages: 1 }, entry());
}

group('exclusive', {
  async epochs_grow(t) {
    const open = await opener(t);
    const once = async (name, mode, body) => {
      const producer = await open(mode, body);
      t.observe(name, producer.answer);
      if (producer.answer[0] === 'PRODUCER_SUCCESS') await close(producer);
    };
    await once('shared', SHARED);
    await once('the first', EXCLUSIVE);
    await once('the next', EXCLUSIVE);
    await once('waiting, of a free topic', WAITING);
    await once('fencing, of a free topic', FENCING);
    await once('with its epoch', EXCLUSIVE, { topic_epoch: 3 });
    await once('with an old epoch', EXCLUSIVE, { topic_epoch: 2 });
    await once('waiting with an old epoch', WAITING, { topic_epoch: 2 });
    await once('fencing with an old epoch', FENCING, { topic_epoch: 2 });
    await once('shared with an old epoch', SHARED, { topic_epoch: 1 });
    await once('with a later epoch', EXCLUSIVE, { topic_epoch: 9 });
    await once('after it', EXCLUSIVE);
    await t.admin('PUT', `${t.pathOf()}/unload`);
    const again = await opener(t);
    const next = async (name, body) => t.observe(name, (await again(EXCLUSIVE, body)).answer);
    await next('after unload, old', { topic_epoch: 9 });
    await next('after unload', { topic_epoch: 10 });
    await next('beside it', { topic_epoch: 10 });
  },

  async waiting_has_an_order(t) {
    const open = await opener(t);
    const holder = await open(SHARED);
    const other = await open(SHARED);
    const first = await open(WAITING);
    const second = await open(WAITING);
    t.observe('first', first.answer);
    t.observe('second', second.answer);
    t.observe('shared meanwhile', code((await open(SHARED)).answer));
    t.observe('exclusive meanwhile', code((await open(EXCLUSIVE)).answer));
    await close(holder);
    t.observe('after one of two', await second.client.rest());
    other.client.close();
    t.observe('its turn', [await first.client.rest(), await second.client.rest()]);
    t.observe('closed', await close(first));
    t.observe('then the second', await second.client.rest());
    t.observe('stats', await numbers(t));
  },

  async waiting_may_be_given_up(t) {
    const open = await opener(t);
    const holder = await open(EXCLUSIVE);
    const first = await open(WAITING);
    t.observe('waiting', await numbers(t));
    t.observe('it closes', await close(first));
    await close(holder);
    t.observe('nobody is told', await first.client.rest());
    t.observe('the next has it', (await open(WAITING)).answer[1].producer_ready);
  },

  async fencing_drives_all_out(t) {
    const open = await opener(t);
    const shared = await open(SHARED);
    const fencing = await open(FENCING);
    t.observe('beside a shared one', fencing.answer);
    t.observe('it hears', await shared.client.rest());
    send(shared);
    t.observe('it sends', await shared.client.rest());
    const waiting = await open(WAITING);
    t.observe('beside a fencing one', (await open(FENCING)).answer);
    t.observe('the waiting one hears', await waiting.client.rest());
    t.observe('the fencing one hears', await fencing.client.rest());
    t.observe('it closes', await close(fencing));
    t.observe('it comes back', (await open(FENCING, { topic_epoch: 0 })).answer);
  },

  async when_the_topic_is_closed(t) {
    for (const [name, method, path] of [
      ['unload', 'PUT', '/unload'],
      ['terminate', 'POST', '/terminate'],
      ['delete', 'DELETE', '?force=true'],
    ]) {
      const topic = t.topic(`-${name}`);
      const open = await opener(t, topic);
      const holder = await open(EXCLUSIVE);
      const waiting = await open(WAITING);
      await t.admin(method, `${t.pathOf(topic)}${path}`);
      t.observe(`${name}: the holder`, await holder.client.rest());
      t.observe(`${name}: the waiting one`, await waiting.client.rest());
    }
  },

  async a_producer_comes_again(t) {
    const topic = t.topic();
    await (await t.connect()).ask('LOOKUP', { topic, request_id: 1 });
    const client = await t.connect();
    const again = (body) =>
      client.ask('PRODUCER', {
        topic,
        producer_id: 1,
        request_id: 7,
        producer_name: 'p',
        producer_access_mode: EXCLUSIVE,
        ...body,
      });
    t.observe('first', await again({ epoch: 1 }));
    t.observe('the same', await again({ epoch: 1 }));
    const other = await t.connect();
    t.observe(
      'elsewhere',
      await other.ask('PRODUCER', {
        topic,
        producer_id: 1,
        request_id: 8,
        producer_name: 'p',
        epoch: 2,
        topic_epoch: 0,
        producer_access_mode: EXCLUSIVE,
      }),
    );
  },
});

/** What is refused, without Pulsar's words: it knows no name of one that only waits. */
function code([name, { error }]) {
  return [name, error];
}

async function numbers(t) {
  const [, stats] = await t.admin('GET', `${t.pathOf()}/stats`);
  const { publishers, waitingPublishers, topicEpoch } = stats;
  return [publishers.length, waitingPublishers, topicEpoch];
}

// Producers: opening, sending and closing, in order and out of it.

import { entry } from '../client.mjs';
import { group } from '../stage.mjs';

group('producer', {
  async the_same_id_again(t) {
    const client = await t.producing();
    const topic = t.topic();
    const again = (body) =>
      client.ask('PRODUCER', { topic, producer_id: 1, request_id: 3, ...body });
    t.observe('same', await again({}));
    t.observe('with a name', await again({ producer_name: 'named' }));
    t.observe('with an epoch', await again({ epoch: 1 }));
    t.observe('another topic', await again({ topic: t.topic('-other') }));
    t.observe('closed', await client.ask('CLOSE_PRODUCER', { producer_id: 1, request_id: 4 }));
    t.observe('open again', await again({ producer_name: 'named', epoch: 2 }));
  },

  async names(t) {
    const topic = t.topic();
    const client = await t.producing(topic, { producer_name: 'name' });
    const other = await t.connect();
    const open = (c, id, body) =>
      c.ask('PRODUCER', { topic, producer_id: id, request_id: id, ...body });
    t.observe('taken here', await open(client, 2, { producer_name: 'name' }));
    t.observe('taken elsewhere', await open(other, 2, { producer_name: 'name' }));
    t.observe('taken, newer epoch', await open(other, 3, { producer_name: 'name', epoch: 1 }));
    t.observe('empty', await open(other, 4, { producer_name: '' }));
    t.observe(
      'generated',
      await open(other, 5, { producer_name: 'g', user_provided_producer_name: false }),
    );
    t.observe('odd', await open(other, 6, { producer_name: 'ünï ☃/#' }));
    t.observe('as a replicator', await open(other, 7, { producer_name: 'pulsar.repl.x' }));
    client.close();
    await other.rest();
    t.observe('free again', await open(other, 8, { producer_name: 'name' }));
  },

  async ids_at_the_ends_of_the_range(t) {
    const client = await t.connect();
    await client.ask('LOOKUP', { topic: t.topic(), request_id: 1 });
    for (const id of [0, 2 ** 53 - 1, 2n ** 63n - 1n, 2n ** 64n - 1n]) {
      t.observe(
        `${id}`,
        await client.ask('PRODUCER', { topic: t.topic(), producer_id: id, request_id: 5 }),
      );
      client.send({ producer_id: id, sequence_id: id, num_messages: 1 }, entry());
      t.observe(`${id} sent`, await client.next(1));
    }
  },

  async options(t) {
    const client = await t.connect();
    let id = 0;
    const variants = {
      encrypted: { encrypted: true },
      'in transactions': { txn_enabled: true },
      'with metadata': { metadata: [{ key: 'a', value: 'b' }] },
      'with much metadata': { metadata: [{ key: 'a', value: 'b'.repeat(5_000) }] },
      'exclusive with an epoch': { producer_access_mode: 1, topic_epoch: 5 },
      'exclusive without': { producer_access_mode: 1 },
      fencing: { producer_access_mode: 3 },
      'waiting alone': { producer_access_mode: 2 },
      'shared with an epoch': { topic_epoch: 3 },
      'with a subscription': { initial_subscription_name: 'first' },
      'with an empty subscription': { initial_subscription_name: '' },
    };
    for (const [name, body] of Object.entries(variants)) {
      id += 1;
      const topic = t.topic(`-${id}`);
      await client.ask('LOOKUP', { topic, request_id: 1000 + id });
      t.observe(
        name,
        await client.ask('PRODUCER', { topic, producer_id: id, request_id: id, ...body }),
      );
      const [, stats] = await t.admin('GET', `${t.pathOf(topic)}/stats`);
      t.observe(`${name}: stats`, [
        Object.keys(stats.subscriptions),
        stats.publishers.map(({ accessMode, metadata }) => [accessMode, Object.keys(metadata)]),
      ]);
    }
  },

  async access_modes(t) {
    const topic = t.topic();
    const client = await t.producing(topic, { producer_access_mode: 1, producer_name: 'holder' });
    const other = await t.connect();
    const open = (id, mode, body) =>
      other.ask('PRODUCER', {
        topic,
        producer_id: id,
        request_id: id,
        producer_access_mode: mode,
        ...body,
      });
    t.observe('shared', await open(2, 0));
    t.observe('exclusive', await open(3, 1));
    t.observe('waiting', await open(4, 2, { producer_name: 'waiting' }));
    t.observe('waiting too', await open(5, 2, { producer_name: 'waiting too' }));
    t.observe('closed', await client.ask('CLOSE_PRODUCER', { producer_id: 1, request_id: 9 }));
    t.observe('the next', await other.next(1));
    t.observe('fencing', await open(6, 3, { producer_name: 'fencing' }));
    t.observe('after fencing', await other.rest());
    other.send({ producer_id: 4, sequence_id: 0, num_messages: 1 }, entry());
    t.observe('the fenced one sends', await other.rest());
  },

  async closing(t) {
    const client = await t.producing();
    t.observe('unknown', await client.ask('CLOSE_PRODUCER', { producer_id: 99, request_id: 3 }));
    t.observe('open', await client.ask('CLOSE_PRODUCER', { producer_id: 1, request_id: 4 }));
    t.observe('closed', await client.ask('CLOSE_PRODUCER', { producer_id: 1, request_id: 5 }));
    client.send({ producer_id: 1, sequence_id: 0, num_messages: 1 }, entry());
    t.observe('then sends', await client.rest());
  },

  async on_a_terminated_topic(t) {
    const client = await t.producing();
    await t.admin('POST', `${t.pathOf()}/terminate`);
    t.observe('closed', await client.rest());
    client.send({ producer_id: 1, sequence_id: 0, num_messages: 1 }, entry());
    t.observe('sends', await client.rest());
    t.observe(
      'opens',
      await client.ask('PRODUCER', { topic: t.topic(), producer_id: 2, request_id: 8 }),
    );
    t.observe(
      'consumer',
      await client.ask('SUBSCRIBE', {
        topic: t.topic(),
        subscription: 'sub',
        subType: 0,
        consumer_id: 1,
        request_id: 9,
      }),
    );
    t.observe('end', await client.rest());
  },

  async whose_topic_goes(t) {
    for (const [name, method, path] of [
      ['unload', 'PUT', '/unload'],
      ['delete', 'DELETE', '?force=true'],
    ]) {
      const topic = t.topic(`-${name}`);
      const client = await t.producing(topic);
      await client.ask('SUBSCRIBE', {
        topic,
        subscription: 's',
        subType: 0,
        consumer_id: 1,
        request_id: 5,
      });
      await t.admin(method, `${t.pathOf(topic)}${path}`);
      t.observe(name, (await client.rest()).sort(byName));
      client.send({ producer_id: 1, sequence_id: 0, num_messages: 1 }, entry());
      client.say('FLOW', { consumer_id: 1, messagePermits: 1 });
      t.observe(`${name}: then sends`, await client.rest());
      t.observe(
        `${name}: then closes`,
        await client.ask('CLOSE_PRODUCER', { producer_id: 1, request_id: 6 }),
      );
    }
  },
});

group('send', {
  async receipts(t) {
    const client = await t.producing();
    const send = async (name, body, ...args) => {
      client.send({ producer_id: 1, sequence_id: 0, num_messages: 1, ...body }, entry(...args));
      t.observe(name, await client.rest());
    };
    await send('first', { sequence_id: 0 });
    await send('second', { sequence_id: 1 });
    await send('the same again', { sequence_id: 1 });
    await send('lower', { sequence_id: 0 });
    await send('far higher', { sequence_id: 2n ** 62n });
    await send('negative', { sequence_id: 2n ** 64n - 1n });
    await send('with the highest', { sequence_id: 5, highest_sequence_id: 9, num_messages: 5 });
    await send('with a lower highest', { sequence_id: 9, highest_sequence_id: 5 });
    await send('with an equal highest', { sequence_id: 9, highest_sequence_id: 9 });
    await send('with highest 0', { sequence_id: 9, highest_sequence_id: 0 });
    await send('no messages', { sequence_id: 10, num_messages: 0 });
    await send('fewer than no messages', { sequence_id: 11, num_messages: -1 });
    await send('without a count', { sequence_id: 12, num_messages: undefined });
    await send('more messages than there are', { sequence_id: 13, num_messages: 1000 });
    await send('empty', { sequence_id: 14 }, '');
    await send('of another producer name', { sequence_id: 15 }, 'x', { producer_name: 'zz' });
    await send('of another sequence id', { sequence_id: 16 }, 'x', { sequence_id: 99 });
    await send('a chunk', { sequence_id: 17, is_chunk: true }, 'x', {
      uuid: 'u',
      chunk_id: 0,
      num_chunks_from_msg: 2,
      total_chunk_msg_size: 2,
    });
    await send('with an id', { sequence_id: 18, message_id: { ledgerId: 1, entryId: 1 } });
  },

  async transactions_and_markers(t) {
    for (const [name, body] of [
      ['in a transaction', { txnid_least_bits: 1, txnid_most_bits: 1 }],
      ['a marker', { marker: true }],
    ]) {
      const client = await t.producing(t.topic(`-${name.replaceAll(' ', '-')}`));
      client.send({ producer_id: 1, sequence_id: 0, num_messages: 1, ...body }, entry());
      t.observe(name, await client.rest());
    }
  },

  async entries_that_are_broken(t) {
    const good = entry();
    const bad = {
      'of a wrong checksum': changed(good, 2, 0xff),
      'of changed payload': changed(good, good.length - 1, 0x21),
      'without checksum': good.subarray(6),
      'without anything': Buffer.alloc(0),
      'of magic and checksum': good.subarray(0, 6),
      'of another magic': changed(good, 1, 0x07),
      'of the magic alone': good.subarray(0, 2),
    };
    for (const [name, bytes] of Object.entries(bad)) {
      const client = await t.producing(t.topic(`-${name.replaceAll(' ', '-')}`));
      client.send({ producer_id: 1, sequence_id: 0, num_messages: 1 }, bytes);
      client.send({ producer_id: 1, sequence_id: 1, num_messages: 1 }, entry());
      t.observe(name, await client.rest());
    }
  },

  async to_unknown_producers(t) {
    const client = await t.connect();
    client.send({ producer_id: 7, sequence_id: 0, num_messages: 1 }, entry());
    t.observe('answer', await client.rest());
  },

  async of_the_largest_size(t) {
    const client = await t.producing();
    const max = 5 * 1024 * 1024;
    client.send({ producer_id: 1, sequence_id: 0, num_messages: 1 }, entry(Buffer.alloc(max)));
    t.observe('the limit', await client.rest(1_500));
    client.send(
      { producer_id: 1, sequence_id: 1, num_messages: 1 },
      entry(Buffer.alloc(max + 5_000)),
    );
    t.observe('in the padding', await client.rest(1_500));
    client.send(
      { producer_id: 1, sequence_id: 2, num_messages: 1 },
      entry(Buffer.alloc(max + 10_300)),
    );
    t.observe('beyond', await client.rest(1_500));
  },
});

group('deduplication', {
  async of_sends(t) {
    const namespace = `public/${t.topic().split('/').at(-1)}`;
    await t.admin('PUT', `/namespaces/${namespace}`, {});
    await t.admin('POST', `/namespaces/${namespace}/deduplication`, true);
    let isOn;
    do [, isOn] = await t.admin('GET', `/namespaces/${namespace}/deduplication`);
    while (isOn !== true);
    const topic = `persistent://${namespace}/topic`;
    const client = await t.producing(topic, { producer_name: 'dedup' });
    const send = async (name, body, metadata) => {
      client.send(
        { producer_id: 1, num_messages: 1, ...body },
        entry('x', { producer_name: 'dedup', sequence_id: body.sequence_id, ...metadata }),
      );
      t.observe(name, await client.rest());
    };
    await send('0', { sequence_id: 0 });
    await send('0 again', { sequence_id: 0 });
    await send('5', { sequence_id: 5 });
    await send('3', { sequence_id: 3 });
    await send(
      '6 to 9',
      { sequence_id: 6, highest_sequence_id: 9, num_messages: 4 },
      { highest_sequence_id: 9 },
    );
    await send(
      '6 to 9 again',
      { sequence_id: 6, highest_sequence_id: 9, num_messages: 4 },
      { highest_sequence_id: 9 },
    );
    await send(
      '8 to 12',
      { sequence_id: 8, highest_sequence_id: 12, num_messages: 5 },
      { highest_sequence_id: 12 },
    );
    await send('10', { sequence_id: 10 });
    const chunk = (id) => ({
      uuid: 'u',
      chunk_id: id,
      num_chunks_from_msg: 2,
      total_chunk_msg_size: 2,
    });
    await send('chunk 0 of 20', { sequence_id: 20, is_chunk: true }, chunk(0));
    await send('chunk 1 of 20', { sequence_id: 20, is_chunk: true }, chunk(1));
    await send('chunk 0 of 20 again', { sequence_id: 20, is_chunk: true }, chunk(0));
    await send('chunk 1 of 20 again', { sequence_id: 20, is_chunk: true }, chunk(1));
    await client.ask('CLOSE_PRODUCER', { producer_id: 1, request_id: 8 });
    t.observe(
      'opened again',
      await client.ask('PRODUCER', {
        topic,
        producer_id: 2,
        request_id: 9,
        producer_name: 'dedup',
      }),
    );
  },
});

function changed(buffer, at, value) {
  const copy = Buffer.from(buffer);
  copy[at] ^= value;
  return copy;
}

function byName([a], [b]) {
  return a < b ? -1 : 1;
}

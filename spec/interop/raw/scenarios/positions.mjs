// Where subscriptions stand: acknowledgement, seeks, last ids, statistics and their end.

import { group, subscribe } from '../stage.mjs';

group('ack', {
  async in_all_ways(t) {
    const ids = await t.filled(12);
    const client = await t.consuming(t.topic(), { subType: 1 });
    client.say('FLOW', { consumer_id: 1, messagePermits: 10 });
    await client.next(10);
    const ack = async (name, body) => {
      client.say('ACK', { consumer_id: 1, ack_type: 0, message_id: [ids[0]], ...body });
      t.observe(name, await client.rest());
      const [, { subscriptions }] = await t.admin('GET', `${t.pathOf()}/stats`);
      t.observe(
        `${name}: left`,
        subscriptions.sub && [subscriptions.sub.msgBacklog, subscriptions.sub.unackedMessages],
      );
    };
    await ack('without a request', {});
    await ack('with a request', { message_id: [ids[1]], request_id: 5 });
    await ack('again', { message_id: [ids[1]], request_id: 6 });
    await ack('of none', { message_id: [], request_id: 7 });
    await ack('of two', { message_id: [ids[2], ids[3]], request_id: 8 });
    await ack('of what was not delivered', { message_id: [ids[11]], request_id: 9 });
    await ack('of what does not exist', {
      message_id: [{ ...ids[0], entryId: 999 }],
      request_id: 10,
    });
    await ack('of another ledger', {
      message_id: [{ ledgerId: 99_999_999, entryId: 0 }],
      request_id: 11,
    });
    await ack('of -1', {
      message_id: [{ ledgerId: 2n ** 64n - 1n, entryId: 2n ** 64n - 1n }],
      request_id: 12,
    });
    await ack('in a transaction', {
      message_id: [ids[4]],
      request_id: 13,
      txnid_least_bits: 1,
      txnid_most_bits: 1,
    });
    await ack('with an error', { message_id: [ids[5]], request_id: 14, validation_error: 1 });
    await ack('with properties', {
      message_id: [ids[6]],
      request_id: 15,
      properties: [{ key: 'a', value: 1 }],
    });
    await ack('with a set of a message alone', {
      message_id: [{ ...ids[7], ack_set: [0] }],
      request_id: 16,
    });
    await ack('with a set of more', { message_id: [{ ...ids[8], ack_set: [6] }], request_id: 17 });
    await ack('cumulative on shared', { ack_type: 1, message_id: [ids[9]], request_id: 18 });
  },

  async cumulative(t) {
    const ids = await t.filled(8);
    const client = await t.consuming();
    client.say('FLOW', { consumer_id: 1, messagePermits: 10 });
    await client.next(8);
    const ack = async (name, body) => {
      client.say('ACK', { consumer_id: 1, ack_type: 1, ...body });
      t.observe(name, await client.rest());
      const [, { subscriptions }] = await t.admin('GET', `${t.pathOf()}/stats`);
      t.observe(
        `${name}: left`,
        subscriptions.sub && [subscriptions.sub.msgBacklog, subscriptions.sub.unackedMessages],
      );
    };
    await ack('of one', { message_id: [ids[1]], request_id: 5 });
    await ack('of an earlier one', { message_id: [ids[0]], request_id: 6 });
    await ack('of two', { message_id: [ids[2], ids[3]], request_id: 7 });
    await ack('of none', { message_id: [], request_id: 8 });
    await ack('beyond the end', { message_id: [{ ...ids[0], entryId: 999 }], request_id: 9 });
    await ack('of -1', {
      message_id: [{ ledgerId: 2n ** 64n - 1n, entryId: 2n ** 64n - 1n }],
      request_id: 10,
    });
    await ack('with properties', {
      message_id: [ids[4]],
      request_id: 11,
      properties: [{ key: 'a', value: 1 }],
    });
  },

  async of_nobody(t) {
    const client = await t.connect();
    const id = { ledgerId: 1, entryId: 1 };
    client.say('ACK', { consumer_id: 9, ack_type: 0, message_id: [id] });
    client.say('ACK', { consumer_id: 9, ack_type: 0, message_id: [id], request_id: 4 });
    client.say('PING');
    t.observe('answer', await client.rest());
  },
});

group('position', {
  async seeks(t) {
    const ids = await t.filled(5);
    const client = await t.consuming();
    const seek = async (name, body) => {
      t.observe(name, await client.ask('SEEK', { consumer_id: 1, request_id: 9, ...body }));
      const came = await client.rest();
      t.observe(
        `${name}: then`,
        came.map(([kind, fields]) => [kind, fields?.request_id]),
      );
      t.observe(
        `${name}: again`,
        await client.ask('SUBSCRIBE', subscribe(t.topic(), { request_id: 10 })),
      );
      client.say('FLOW', { consumer_id: 1, messagePermits: 1 });
      t.observe(
        `${name}: gets`,
        (await client.rest()).map(([kind, fields]) => [kind, fields?.message_id?.entryId]),
      );
    };
    await seek('an id', { message_id: ids[2] });
    await seek('nothing', {});
    await seek('both', { message_id: ids[1], message_publish_time: 1 });
    await seek('an early time', { message_publish_time: 1 });
    await seek('a late time', { message_publish_time: 4_000_000_000_000 });
    await seek('the start', { message_id: { ledgerId: 2n ** 64n - 1n, entryId: 2n ** 64n - 1n } });
    await seek('the end', { message_id: { ledgerId: 2n ** 63n - 1n, entryId: 2n ** 63n - 1n } });
    await seek('an entry that does not exist', { message_id: { ...ids[0], entryId: 77 } });
    await seek('a ledger that is not there', { message_id: { ledgerId: 0, entryId: 77 } });
    await seek('before the first', { message_id: { ...ids[0], entryId: 2n ** 64n - 1n } });
  },

  async the_last_message(t) {
    const client = await t.consuming(t.topic('-empty'));
    const ask = (c = client) => c.ask('GET_LAST_MESSAGE_ID', { consumer_id: 1, request_id: 9 });
    t.observe('of nothing', await ask());
    const ids = await t.filled(3);
    const other = await t.consuming();
    t.observe('of three', await ask(other));
    other.say('FLOW', { consumer_id: 1, messagePermits: 10 });
    await other.next(3);
    other.say('ACK', { consumer_id: 1, ack_type: 1, message_id: [ids[1]], request_id: 10 });
    await other.next(1);
    t.observe('after an acknowledgement', await ask(other));
  },

  async of_nobody(t) {
    const client = await t.connect();
    const ids = { consumer_id: 9, request_id: 5 };
    t.observe('seek', await client.ask('SEEK', { ...ids, message_publish_time: 1 }));
    t.observe('unsubscribe', await client.ask('UNSUBSCRIBE', ids));
    t.observe('last id', await client.ask('GET_LAST_MESSAGE_ID', ids));
    t.observe('close', await client.ask('CLOSE_CONSUMER', ids));
  },

  async statistics(t) {
    await t.filled(4);
    const client = await t.consuming(t.topic(), { subType: 1 });
    client.say('FLOW', { consumer_id: 1, messagePermits: 3 });
    await client.next(3);
    const [name, fields] = await client.ask('CONSUMER_STATS', { consumer_id: 1, request_id: 9 });
    t.observe('answer', [
      name,
      Object.fromEntries(
        Object.entries(fields).map(([key, value]) => [
          key,
          /Rate|Throughput/.test(key) ? typeof value : value,
        ]),
      ),
    ]);
  },

  async unsubscribing(t) {
    const client = await t.consuming(t.topic(), { subType: 1 });
    await client.ask(
      'SUBSCRIBE',
      subscribe(t.topic(), { subType: 1, consumer_id: 2, request_id: 5 }),
    );
    t.observe('beside another', await client.ask('UNSUBSCRIBE', { consumer_id: 1, request_id: 6 }));
    t.observe('closed', await client.ask('CLOSE_CONSUMER', { consumer_id: 2, request_id: 7 }));
    t.observe('alone', await client.ask('UNSUBSCRIBE', { consumer_id: 1, request_id: 8 }));
    t.observe('again', await client.ask('UNSUBSCRIBE', { consumer_id: 1, request_id: 9 }));
    t.observe('close', await client.ask('CLOSE_CONSUMER', { consumer_id: 1, request_id: 10 }));
  },
});

// Consumers: opening, permits and what they are sent, in order and out of it.

import { group, subscribe } from '../stage.mjs';

group('consumer', {
  async the_same_id_again(t) {
    const client = await t.consuming();
    const again = (body) =>
      client.ask('SUBSCRIBE', subscribe(t.topic(), { request_id: 3, ...body }));
    t.observe('same', await again({}));
    t.observe('another subscription', await again({ subscription: 'other' }));
    t.observe('another topic', await again({ topic: t.topic('-other') }));
    t.observe('closed', await client.ask('CLOSE_CONSUMER', { consumer_id: 1, request_id: 4 }));
    t.observe('open again', await again({}));
  },

  async subscription_names(t) {
    const client = await t.connect();
    await client.ask('LOOKUP', { topic: t.topic(), request_id: 1 });
    let id = 0;
    for (const subscription of [
      '',
      ' ',
      'a/b',
      'ünï☃',
      'a'.repeat(300),
      'pulsar.repl.x',
      'pulsar.dedup',
      '__compaction',
      '#x?y',
      '..',
    ]) {
      id += 1;
      const answer = await client.ask(
        'SUBSCRIBE',
        subscribe(t.topic(), { subscription, consumer_id: id, request_id: 10 + id }),
      );
      t.observe(`'${subscription.slice(0, 20)}'`, answer);
      if (answer[0] === 'closed') return;
    }
  },

  async types_beside_another(t) {
    for (const holder of [0, 1, 2, 3]) {
      const topic = t.topic(`-${holder}`);
      const client = await t.consuming(topic, {
        subType: holder,
        keySharedMeta: { keySharedMode: 0 },
      });
      for (const subType of [0, 1, 2, 3]) {
        const body = {
          subType,
          consumer_id: 10 + subType,
          request_id: 10,
          keySharedMeta: { keySharedMode: 0 },
        };
        t.observe(
          `${subType} beside ${holder}`,
          await client.ask('SUBSCRIBE', subscribe(topic, body)),
        );
      }
      t.observe(`others beside ${holder}`, await client.rest(1_300));
    }
  },

  async key_shared_modes(t) {
    const topic = t.topic();
    const client = await t.connect();
    await client.ask('LOOKUP', { topic, request_id: 1 });
    let id = 0;
    const open = async (name, keySharedMeta, subscription = 'sub') => {
      id += 1;
      t.observe(
        name,
        await client.ask(
          'SUBSCRIBE',
          subscribe(topic, {
            subType: 3,
            subscription,
            keySharedMeta,
            consumer_id: id,
            request_id: 10 + id,
          }),
        ),
      );
    };
    await open('without meta', undefined, 'none');
    await open('sticky without ranges', { keySharedMode: 1 }, 'a');
    await open('a reversed range', { keySharedMode: 1, hashRanges: [{ start: 10, end: 5 }] }, 'b');
    await open(
      'a range outside',
      { keySharedMode: 1, hashRanges: [{ start: 0, end: 70_000 }] },
      'c',
    );
    await open('a negative range', { keySharedMode: 1, hashRanges: [{ start: -5, end: 5 }] }, 'd');
    await open(
      'ranges that overlap',
      {
        keySharedMode: 1,
        hashRanges: [
          { start: 0, end: 50 },
          { start: 50, end: 99 },
        ],
      },
      'e',
    );
    await open('a half', { keySharedMode: 1, hashRanges: [{ start: 0, end: 32_767 }] });
    await open('the other half and more', {
      keySharedMode: 1,
      hashRanges: [{ start: 32_767, end: 65_535 }],
    });
    await open('automatic', { keySharedMode: 0 });
    await open('out of order', {
      keySharedMode: 1,
      allowOutOfOrderDelivery: true,
      hashRanges: [{ start: 40_000, end: 40_001 }],
    });
    await open('in order', { keySharedMode: 0 }, 'f');
    await open(
      'out of order beside in order',
      { keySharedMode: 0, allowOutOfOrderDelivery: true },
      'f',
    );
  },

  async durable_and_not(t) {
    const ids = await t.filled();
    const client = await t.connect();
    let id = 0;
    const open = async (name, body) => {
      id += 1;
      t.observe(
        name,
        await client.ask(
          'SUBSCRIBE',
          subscribe(t.topic(), { consumer_id: id, request_id: 10 + id, ...body }),
        ),
      );
      client.say('FLOW', { consumer_id: id, messagePermits: 10 });
      t.observe(
        `${name}: gets`,
        (await client.rest()).map(([kind, fields]) => [kind, fields?.message_id?.entryId]),
      );
      return id;
    };
    await open('durable', { subscription: 'a' });
    await open('not durable beside durable', { subscription: 'a', durable: false, subType: 1 });
    await open('not durable', { subscription: 'b', durable: false });
    await open('durable beside not durable', { subscription: 'b', subType: 1 });
    await open('from an id', { subscription: 'c', durable: false, start_message_id: ids[2] });
    await open('durable from an id', { subscription: 'd', start_message_id: ids[2] });
    await open('from the end', {
      subscription: 'e',
      durable: false,
      start_message_id: { ledgerId: 2n ** 63n - 1n, entryId: 2n ** 63n - 1n },
    });
    await open('from the start', {
      subscription: 'f',
      durable: false,
      start_message_id: { ledgerId: 2n ** 64n - 1n, entryId: 2n ** 64n - 1n },
    });
    await open('from a later entry', {
      subscription: 'g',
      durable: false,
      start_message_id: { ...ids[0], entryId: 1000 },
    });
    await open('from an earlier ledger', {
      subscription: 'h',
      durable: false,
      start_message_id: { ledgerId: 0, entryId: 0 },
    });
    await open('at the latest', { subscription: 'i', initialPosition: 0 });
    await open('not durable, at the latest', {
      subscription: 'j',
      durable: false,
      initialPosition: 0,
    });
    await open('not durable, at the earliest', {
      subscription: 'k',
      durable: false,
      initialPosition: 1,
    });
    await open('an hour ago', {
      subscription: 'l',
      initialPosition: 0,
      start_message_rollback_duration_sec: 3_600,
    });
    await open('compacted', { subscription: 'm', read_compacted: true });
    await open('compacted and shared', { subscription: 'n', read_compacted: true, subType: 1 });
    await open('compacted, by failover', { subscription: 'o', read_compacted: true, subType: 2 });
    await open('compacted, by key', {
      subscription: 'p',
      read_compacted: true,
      subType: 3,
      keySharedMeta: { keySharedMode: 0 },
    });
    await open('replicated', { subscription: 'q', replicate_subscription_state: true });
    await open('not to create', { subscription: 'r', force_topic_creation: false });
  },

  async metadata(t) {
    const client = await t.connect();
    await client.ask('LOOKUP', { topic: t.topic(), request_id: 1 });
    let id = 0;
    for (const size of [10, 1_023, 1_024, 2_000]) {
      id += 1;
      t.observe(
        `${size} bytes`,
        await client.ask(
          'SUBSCRIBE',
          subscribe(t.topic(), {
            subscription: `s${id}`,
            consumer_id: id,
            request_id: 10 + id,
            metadata: [{ key: 'k', value: 'v'.repeat(size - 1) }],
          }),
        ),
      );
    }
    t.observe(
      'no name',
      await client.ask(
        'SUBSCRIBE',
        subscribe(t.topic(), {
          subscription: 'n',
          consumer_id: 9,
          request_id: 90,
          consumer_name: undefined,
        }),
      ),
    );
    const [, stats] = await t.admin('GET', `${t.pathOf()}/stats`);
    t.observe('its name', stats.subscriptions.n.consumers[0].consumerName);
  },

  async failover(t) {
    const topic = t.topic();
    const client = await t.consuming(topic, { subType: 2, consumer_name: 'b' });
    t.observe('the first', await client.rest(1_500));
    const more = async (name, id, body) => {
      t.observe(
        name,
        await client.ask(
          'SUBSCRIBE',
          subscribe(topic, { subType: 2, consumer_id: id, request_id: 10 + id, ...body }),
        ),
      );
      t.observe(`${name}: then`, await client.rest(1_500));
    };
    await more('a smaller name', 2, { consumer_name: 'a' });
    await more('a larger name', 3, { consumer_name: 'c' });
    await more('a better priority', 4, { consumer_name: 'd', priority_level: -1 });
    await more('a worse priority', 5, { consumer_name: 'e', priority_level: 3 });
    t.observe('leaves', await client.ask('CLOSE_CONSUMER', { consumer_id: 4, request_id: 50 }));
    t.observe('left', await client.rest(1_500));
    t.observe('the others', await client.ask('UNSUBSCRIBE', { consumer_id: 1, request_id: 51 }));
    t.observe(
      'by force',
      await client.ask('UNSUBSCRIBE', { consumer_id: 1, request_id: 52, force: true }),
    );
    t.observe('after', await client.rest());
  },
});

group('permits', {
  async that_are_odd(t) {
    for (const permits of [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]) {
      const topic = t.topic(`-${permits}`);
      await t.filled(3, topic);
      const client = await t.consuming(topic);
      client.say('FLOW', { consumer_id: 1, messagePermits: permits });
      t.observe(
        `${permits}`,
        (await client.rest()).map(([name]) => name),
      );
    }
  },

  async of_nobody(t) {
    const client = await t.connect();
    client.say('FLOW', { consumer_id: 9, messagePermits: 1 });
    client.say('FLOW', { consumer_id: 9, messagePermits: 0 });
    client.say('REDELIVER_UNACKNOWLEDGED_MESSAGES', { consumer_id: 9 });
    client.say('PING');
    t.observe('answer', await client.rest());
  },

  async before_the_answer(t) {
    await t.filled(3);
    const client = await t.connect();
    client.say('SUBSCRIBE', subscribe(t.topic()));
    client.say('FLOW', { consumer_id: 1, messagePermits: 2 });
    t.observe('answers', (await client.rest()).map(([name]) => name).sort());
  },
});

/** In this order, after a subscription with epoch 3. */
const EPOCHS = { newer: 5, 'the same': 5, older: 4, none: undefined, 'newer again': 6 };

group('message', {
  async fields(t) {
    for (const [subType, name] of ['exclusive', 'shared', 'failover', 'key_shared'].entries()) {
      const topic = t.topic(`-${name}`);
      await t.filled(2, topic);
      const client = await t.consuming(topic, {
        subType,
        keySharedMeta: { keySharedMode: 0 },
        consumer_epoch: subType === 0 ? 3 : undefined,
      });
      client.say('FLOW', { consumer_id: 1, messagePermits: 10 });
      t.observe(name, await client.next(subType === 2 ? 3 : 2));
      client.say('REDELIVER_UNACKNOWLEDGED_MESSAGES', {
        consumer_id: 1,
        consumer_epoch: subType === 0 ? 4 : undefined,
      });
      t.observe(`${name}, again`, await client.next(2));
    }
  },

  /** Who asks for everything again counts how often, and drops what was sent before. */
  async by_epoch(t) {
    for (const [subType, name] of ['exclusive', 'shared', 'failover', 'key_shared'].entries()) {
      const topic = t.topic(`-${name}`);
      await t.filled(2, topic);
      const client = await t.consuming(topic, {
        subType,
        keySharedMeta: { keySharedMode: 0 },
        consumer_epoch: 3,
      });
      client.say('FLOW', { consumer_id: 1, messagePermits: 100 });
      const came = async (count) =>
        (await client.next(count)).map(([command, { consumer_epoch, message_id }]) =>
          [command, consumer_epoch ?? 'none', message_id?.entryId ?? ''].join(' '),
        );
      t.observe(name, await came(subType === 2 ? 3 : 2));
      for (const [what, consumer_epoch] of Object.entries(EPOCHS)) {
        client.say('REDELIVER_UNACKNOWLEDGED_MESSAGES', { consumer_id: 1, consumer_epoch });
        t.observe(`${name}, ${what}`, await came(2));
      }
    }
  },

  async for_clients_with_features(t) {
    await t.filled(1);
    const client = await t.connect({ feature_flags: { supports_broker_entry_metadata: true } });
    await client.ask('SUBSCRIBE', subscribe(t.topic()));
    client.say('FLOW', { consumer_id: 1, messagePermits: 10 });
    t.observe('message', await client.next(1));
  },

  async for_old_clients(t) {
    await t.filled(1);
    for (const version of [0, 5, 10, 11]) {
      const client = await t.connect({ protocol_version: version });
      await client.ask('LOOKUP', { topic: t.topic(), request_id: 1 });
      await client.ask(
        'SUBSCRIBE',
        subscribe(t.topic(), { subscription: `s${version}`, request_id: 2 }),
      );
      client.say('FLOW', { consumer_id: 1, messagePermits: 10 });
      t.observe(`version ${version}`, await client.next(1));
    }
  },

  async of_a_partition(t) {
    await t.admin('PUT', `${t.pathOf()}/partitions`, 2);
    const topic = `${t.topic()}-partition-1`;
    await t.filled(1, topic);
    const client = await t.consuming(topic);
    client.say('FLOW', { consumer_id: 1, messagePermits: 10 });
    t.observe('message', await client.next(1));
    t.observe('last', await client.ask('GET_LAST_MESSAGE_ID', { consumer_id: 1, request_id: 9 }));
  },
});

// How a conversation begins, and what ends it.

import { encodeCommand } from '../../../../dist/wire/codec.js';
import { group } from '../stage.mjs';

const VERSION = { client_version: 'Pulsar-Java-v4.2.4' };

group('handshake', {
  async the_protocol_version_is_the_lower_one(t) {
    for (const version of [undefined, 0, 1, 10, 21, 22, 99, -1]) {
      const client = await t.open();
      client.say('CONNECT', { ...VERSION, protocol_version: version });
      const [[name, fields]] = await client.next(1);
      t.observe(`version ${version}`, [name, fields.protocol_version]);
    }
  },

  async features_are_announced(t) {
    for (const flag of [
      'supports_auth_refresh',
      'supports_topic_watchers',
      'supports_topic_watcher_reconcile',
      'supports_repl_dedup_by_lid_and_eid',
      'supports_get_partitioned_metadata_without_auto_creation',
    ]) {
      const client = await t.open();
      client.say('CONNECT', { ...VERSION, protocol_version: 21, feature_flags: { [flag]: true } });
      t.observe(flag, await client.next(1));
    }
  },

  async credentials_that_nobody_asked_for(t) {
    const variants = {
      none: { auth_method_name: 'none' },
      empty: { auth_method_name: '' },
      token: { auth_method_name: 'token', auth_data: Buffer.from('nonsense') },
      unknown: { auth_method_name: 'zz', auth_data: Buffer.from('nonsense') },
      old: { auth_method: 0 },
      proxied: { proxy_to_broker_url: 'somewhere:6650' },
      'original principal': { original_principal: 'somebody' },
      'proxy version': { proxy_version: '4.2.4' },
    };
    for (const [name, body] of Object.entries(variants)) {
      const client = await t.open();
      client.say('CONNECT', { ...VERSION, protocol_version: 21, ...body });
      const came = await client.next(1);
      client.say('PING');
      t.observe(name, [came.map(([each]) => each), await client.rest()]);
    }
  },

  async commands_before_connect(t) {
    const topic = t.topic();
    const commands = {
      PING: {},
      PONG: {},
      LOOKUP: { topic, request_id: 1 },
      PRODUCER: { topic, producer_id: 1, request_id: 1 },
      FLOW: { consumer_id: 1, messagePermits: 1 },
      AUTH_RESPONSE: {},
      CLOSE_PRODUCER: { producer_id: 1, request_id: 1 },
    };
    for (const [name, body] of Object.entries(commands)) {
      const client = await t.open();
      client.say(name, body);
      t.observe(name, await client.rest());
    }
  },

  async a_second_connect(t) {
    const client = await t.connect();
    client.say('CONNECT', { ...VERSION, protocol_version: 21 });
    t.observe('answer', await client.rest());
  },

  async an_answer_to_no_challenge(t) {
    const client = await t.connect();
    client.say('AUTH_RESPONSE', {
      response: { auth_method_name: 'none', auth_data: Buffer.from('x') },
    });
    const first = await client.rest();
    client.say('PING');
    t.observe('answer', [first, await client.rest()]);
  },

  async a_ping_and_a_pong(t) {
    const client = await t.connect();
    client.say('PONG');
    client.say('PING');
    client.say('PING');
    t.observe('answer', await client.rest());
  },

  async what_only_brokers_say(t) {
    const id = { ledgerId: 1, entryId: 1 };
    const commands = {
      CONNECTED: { server_version: 'x' },
      SEND_RECEIPT: { producer_id: 1, sequence_id: 1 },
      SEND_ERROR: { producer_id: 1, sequence_id: 1, error: 0, message: 'x' },
      SUCCESS: { request_id: 1 },
      ERROR: { request_id: 1, error: 0, message: 'x' },
      MESSAGE: { consumer_id: 1, message_id: id },
      PRODUCER_SUCCESS: { request_id: 1, producer_name: 'x' },
      LOOKUP_RESPONSE: { request_id: 1 },
      PARTITIONED_METADATA_RESPONSE: { request_id: 1 },
      CONSUMER_STATS_RESPONSE: { request_id: 1 },
      REACHED_END_OF_TOPIC: { consumer_id: 1 },
      ACTIVE_CONSUMER_CHANGE: { consumer_id: 1 },
      GET_LAST_MESSAGE_ID_RESPONSE: { request_id: 1, last_message_id: id },
      GET_TOPICS_OF_NAMESPACE_RESPONSE: { request_id: 1 },
      GET_SCHEMA_RESPONSE: { request_id: 1 },
      GET_OR_CREATE_SCHEMA_RESPONSE: { request_id: 1 },
      ACK_RESPONSE: { consumer_id: 1 },
      AUTH_CHALLENGE: {},
      WATCH_TOPIC_LIST_SUCCESS: { request_id: 1, watcher_id: 1, topics_hash: 'x' },
      WATCH_TOPIC_UPDATE: { watcher_id: 1, topics_hash: 'x' },
      TC_CLIENT_CONNECT_RESPONSE: { request_id: 1 },
      NEW_TXN_RESPONSE: { request_id: 1 },
    };
    for (const [name, body] of Object.entries(commands)) {
      const client = await t.connect();
      client.say(name, body);
      client.say('PING');
      t.observe(name, await client.rest());
    }
  },
});

group('frames', {
  async that_are_broken(t) {
    const ping = encodeCommand('PING', {});
    const frames = {
      'size 0': bytes(0),
      'size 0 then a ping': Buffer.concat([bytes(0), ping]),
      'size 3': Buffer.concat([bytes(3), Buffer.alloc(3)]),
      'command size 0': Buffer.concat([bytes(4), bytes(0)]),
      'command larger than frame': Buffer.concat([bytes(8), bytes(100), bytes(0)]),
      'negative command size': Buffer.concat([bytes(8), bytes(0xffffffff), bytes(0)]),
      'negative size': Buffer.concat([bytes(0xffffffff), bytes(4)]),
      'size over the limit': Buffer.concat([bytes(0x7fffffff), bytes(4)]),
      'size one over the limit': Buffer.concat([bytes(5_253_121), bytes(4)]),
      'half a frame': ping.subarray(0, 9),
      'a frame in parts': ping,
      'bytes behind the command': extended(ping, 5),
      http: Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
      tls: Buffer.from('160301020001', 'hex'),
    };
    for (const [name, frame] of Object.entries(frames)) {
      const client = await t.connect();
      for (const byte of name === 'a frame in parts' ? frame : []) {
        client.write(Buffer.from([byte]));
      }
      if (name !== 'a frame in parts') client.write(frame);
      t.observe(name, await client.rest());
    }
  },

  async with_commands_that_cannot_be_read(t) {
    const commands = {
      'type 0': '0800',
      'type 1': '0801',
      'type 60': '083c',
      'type 99': '0863',
      'type 255': '08ff01',
      'no type': '1a00',
      'type twice': '080208129201009a0100',
      'a truncated varint': '0892',
      'a truncated body': '08119a01050801',
      'lookup without topic': '0817ba01021001',
      'lookup without request id': '0817ba01030a0178',
      'lookup without body': '0817',
      'flow without body': '080b',
      'an unknown field': '0812920100f83f01',
      'a group': '08129201007b7c',
      'a body of another type': '08129a0100',
      'text that is not utf-8': '0817ba01050a01ff1001',
    };
    for (const [name, hex] of Object.entries(commands)) {
      const client = await t.connect();
      client.write(framed(Buffer.from(hex, 'hex')));
      t.observe(name, await client.rest());
    }
  },
});

function bytes(value) {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
}

function framed(command) {
  return Buffer.concat([bytes(command.length + 4), bytes(command.length), command]);
}

/** The frame with more bytes behind its command. */
function extended(frame, count) {
  const longer = Buffer.concat([frame, Buffer.alloc(count)]);
  longer.writeUInt32BE(longer.length - 4, 0);
  return longer;
}

// Features that meet: what each does alone other scenarios show.

import { Member } from '../member.mjs';
import { group } from '../stage.mjs';

const SHARED = 1;
const FAILOVER = 2;
const KEY_SHARED = 3;
const FAILOVER_MS = 1_300;

/** A key of its own for each text. */
const byKey = (member, texts) =>
  texts.reduce(
    (before, text) => before.then(() => member.send([text], { partition_key: text[0] })),
    Promise.resolve(),
  );

/** An operator moves a subscription while its consumer holds messages. */
async function moved(t, subType) {
  const member = await Member.of(t);
  const quietMs = subType === FAILOVER ? FAILOVER_MS : undefined;
  await member.consume('a', { subType });
  await member.send(['m0', 'm1', 'm2', 'm3', 'm4']);
  member.flow('a', 2);
  t.observe('at first', await member.seen(quietMs));
  const step = async (what, said) => {
    const seen = await member.seen(quietMs);
    t.observe(what, { said, seen, left: await member.backlog() });
  };
  const ask = (path) => member.rest('POST', `/subscription/sub/${path}`);
  await step('one skipped', await ask('skip/1'));
  await step('what was skipped', await member.ack('a', ['m0']));
  await step('three more', await ask('skip/3'));
  await step('sent back', member.nack('a'));
  await step('permits', member.flow('a', 10));
  await step('too many', await ask('skip/10'));
  await step('none', await ask('skip/0'));
  await step('expired', await ask('expireMessages/1'));
  await step('reset', await ask('resetcursor/1'));
  await member.consume('a', { subType });
  await step('from the start', member.flow('a', 10));
}

group('combined', {
  exclusive_moved_while_messages_are_out: (t) => moved(t, 0),
  shared_moved_while_messages_are_out: (t) => moved(t, SHARED),
  failover_moved_while_messages_are_out: (t) => moved(t, FAILOVER),

  async batches_acknowledged_in_parts(t) {
    const member = await Member.of(t);
    await member.consume('a', { subType: SHARED });
    await member.sendBatch(['b0', 'b1', 'b2', 'b3']);
    await member.send(['m']);
    member.flow('a', 100);
    t.observe('at first', await member.seen());
    const step = async (name, said) =>
      t.observe(name, { said, seen: await member.seen(), left: await member.backlog() });
    await step('b1', await member.ack('a', ['b1']));
    await step('b1 again', await member.ack('a', ['b1']));
    await step('wanted again', member.nack('a', ['b0']));
    await step('closed', await member.close('a'));
    await member.consume('b', { subType: SHARED });
    await step('another one', member.flow('b', 100));
    await step('b0 and m', await member.ack('b', ['b0', 'm']));
    await step('unloaded', await member.rest('PUT', '/unload'));
    await member.ask('LOOKUP', { topic: member.topic });
    await member.consume('b', { subType: SHARED });
    await step('after that', member.flow('b', 100));
    await step('the rest', await member.ack('b', ['b2', 'b3']));
  },

  async up_to_a_message_and_into_a_batch(t) {
    const member = await Member.of(t);
    await member.consume('a');
    await member.send(['m0']);
    await member.sendBatch(['b0', 'b1', 'b2']);
    await member.send(['m1', 'm2']);
    member.flow('a', 100);
    t.observe('at first', await member.seen());
    const step = async (name, said) =>
      t.observe(name, { said, seen: await member.seen(), left: await member.backlog() });
    await step('m1 alone', await member.ack('a', ['m1']));
    await step('up to b1', await member.ack('a', ['b1'], true));
    await step('back to b0', await member.ack('a', ['b0'], true));
    await step('everything again', member.nack('a'));
    await step('b2 alone', await member.ack('a', ['b2']));
    await step('sought', await member.seekTo('a', 'm0'));
    await member.consume('a');
    await step('from there', member.flow('a', 100));
  },

  async seeking_while_keys_drain(t) {
    const member = await Member.of(t);
    const body = { subType: KEY_SHARED, keySharedMeta: { keySharedMode: 0 } };
    await member.consume('a', body);
    member.flow('a', 100);
    await byKey(member, ['a0', 'b0', 'c0', 'd0', 'e0', 'f0']);
    t.observe('alone', (await member.seen()).length);
    await member.consume('b', body);
    member.flow('b', 100);
    await byKey(member, ['a1', 'b1', 'c1', 'd1', 'e1', 'f1']);
    const drained = (await member.seen()).map((line) => line.slice(3));
    t.observe('nothing of a key that drains', drained.length < 6);
    t.observe('sought', await member.seekTo('a', 'a0'));
    t.observe('closed', (await member.seen()).sort());
    await member.consume('a', body);
    await member.consume('b', body);
    member.flow('a', 100);
    member.flow('b', 100);
    const all = (await member.seen()).map((line) => line.slice(3));
    t.observe('all of it', [...all].sort());
    t.observe(
      'each key in order',
      [...'abcdef'].every((key) => all.indexOf(`${key}0`) < all.indexOf(`${key}1`)),
    );
  },

  async permits_that_a_batch_overdraws(t) {
    for (const [name, subType] of Object.entries({
      exclusive: 0,
      shared: SHARED,
      key_shared: KEY_SHARED,
    })) {
      const member = await Member.of(t, t.topic(`-${name}`));
      await member.consume('a', { subType });
      await member.sendBatch(['b0', 'b1', 'b2', 'b3'], { partition_key: 'k' });
      await member.send(['m0', 'm1'], { partition_key: 'k' });
      member.flow('a', 1);
      t.observe(`${name}: one`, await member.seen());
      member.flow('a', 2);
      t.observe(`${name}: two more`, await member.seen());
      member.flow('a', 2);
      t.observe(`${name}: two more again`, await member.seen());
      await member.ack('a', ['b0', 'b1']);
      member.nack('a');
      t.observe(`${name}: everything again`, await member.seen());
      member.flow('a', 10);
      t.observe(`${name}: then`, await member.seen());
    }
  },
});

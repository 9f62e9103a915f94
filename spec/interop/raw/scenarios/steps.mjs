// What the statistics say of a topic, step by step: of each step what it has changed.

import { Member } from '../member.mjs';
import { group } from '../stage.mjs';

const TYPES = { exclusive: 0, shared: 1, failover: 2, key_shared: 3 };
/** Failover tells of a new active consumer a second later. */
const FAILOVER_MS = 1_300;

async function walk(t, subType) {
  const topic = t.topic();
  const member = await Member.of(t, topic);
  const quietMs = subType === TYPES.failover ? FAILOVER_MS : undefined;
  const step = async (name, said) => {
    t.observe(name, { said, seen: await member.seen(quietMs), ...(await member.changes()) });
  };
  await member.changes();
  await step('subscribed', await member.consume('a', { subType }));
  await step('sent', await member.send(['m0', 'm1', 'm2']));
  await step('a batch', await member.sendBatch(['b0', 'b1', 'b2', 'b3']));
  await step('permits', member.flow('a', 5));
  await step('one acknowledged', await member.ack('a', ['m0']));
  await step('a part acknowledged', await member.ack('a', ['b1']));
  await step('one sent back', member.nack('a', ['m1']));
  await step('more permits', member.flow('a', 20));
  await step('all wanted again', member.nack('a'));
  await step('closed', await member.close('a'));
  await step('come again', await member.consume('a', { subType }));
  await step('permits again', member.flow('a', 10));
  await step('sought', await member.seekTo('a', 'm1'));
  await step('back', await member.consume('a', { subType }));
  await step('skipped', await member.rest('POST', '/subscription/sub/skip/1'));
  await step('cleared', await member.rest('POST', '/subscription/sub/skip_all'));
  await step('unsubscribed', await member.unsubscribe('a'));
  t.observe('gone', await member.changes());
}

group(
  'steps',
  Object.fromEntries(
    Object.entries(TYPES).map(([name, subType]) => [`of_${name}`, (t) => walk(t, subType)]),
  ),
);

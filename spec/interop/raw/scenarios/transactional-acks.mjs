// Acknowledgements in transactions: conflicts, and what becomes of them when other things happen.

import { group } from '../stage.mjs';
import { Party } from '../transacting.mjs';

/** Shared: every consumer may have any message. */
const SHARED = 1;
const KEY_SHARED = { subType: 3, keySharedMeta: { keySharedMode: 0 } };

const scenarios = {
  async acknowledged_for_nobody(t) {
    const party = await Party.join(t);
    const topic = t.topic();
    await party.produce(topic);
    await party.consume(topic, { subType: SHARED });
    await party.send(topic, 'a');
    await party.seen(topic, 1);
    const txn = { txnid_most_bits: 0, txnid_least_bits: 999_999 };
    t.observe('acknowledged', await party.acknowledge(topic, ['a'], { txn }));
    party.redeliver(topic);
    t.observe('redelivered', await party.seen(topic));
  },

  async acknowledged_by_several(t) {
    const kinds = {
      shared: { subType: SHARED },
      key_shared: KEY_SHARED,
      exclusive: {},
      failover: { subType: 2 },
    };
    await Promise.all(
      Object.entries(kinds).map(([name, body]) => acknowledgedBySeveral(t, name, body)),
    );
  },

  async acknowledged_up_to(t) {
    const party = await Party.join(t);
    const topic = t.topic();
    await party.produce(topic);
    await party.consume(topic);
    for (const text of ['a', 'b', 'c', 'd', 'e']) await party.send(topic, text);
    await party.seen(topic, 5);
    const [one, two] = [await party.begin(), await party.begin()];
    for (const txn of [one, two]) await party.acknowledgesOn(txn, topic);
    const said = async (what, texts, options) =>
      t.observe(what, await party.acknowledge(topic, texts, options));
    const isCumulative = true;
    await said('a in one', ['a'], { txn: one });
    await said('up to b in two', ['b'], { txn: two, isCumulative });
    await said('up to c in one', ['c'], { txn: one, isCumulative });
    await said('c in one', ['c'], { txn: one });
    await said('up to d plainly', ['d'], { isCumulative });
    await said('a in two, then', ['a'], { txn: two });
    await said('up to c in two', ['c'], { txn: two, isCumulative });
    t.observe('one aborted', await party.abort(one));
    t.observe('seen', await party.seen(topic));
    t.observe('two committed', await party.commit(two));
    party.redeliver(topic);
    t.observe('what is left', await party.seen(topic, 1));
  },

  async after_its_consumer_has_left(t) {
    const party = await Party.join(t);
    const topic = t.topic();
    await party.produce(topic);
    await party.consume(topic, { subType: SHARED });
    for (const text of ['a', 'b', 'c']) await party.send(topic, text);
    await party.seen(topic, 3);
    const [one, two] = [await party.begin(), await party.begin()];
    for (const txn of [one, two]) await party.acknowledgesOn(txn, topic);
    await party.acknowledge(topic, ['a'], { txn: one });
    await party.acknowledge(topic, ['b'], { txn: two });
    party.client.close();
    const other = await Party.join(t);
    await other.consume(topic, { subType: SHARED });
    t.observe('seen by the next', await other.seen(topic, 1));
    t.observe('one aborted', await other.abort(one));
    t.observe('came', await other.seen(topic, 1));
    t.observe('two committed', await other.commit(two));
    other.redeliver(topic);
    t.observe('what is left', await other.seen(topic, 2));
  },

  async sought_meanwhile(t) {
    const party = await Party.join(t);
    const topic = t.topic();
    await party.produce(topic);
    await party.consume(topic, { subType: SHARED });
    for (const text of ['a', 'b', 'c']) await party.send(topic, text);
    const txn = await party.begin();
    await party.publishesTo(txn, topic);
    await party.acknowledgesOn(txn, topic);
    await party.send(topic, 'in it', { txn });
    await party.send(topic, 'plain');
    t.observe('seen', await party.seen(topic, 3));
    await party.acknowledge(topic, ['b'], { txn });
    t.observe('sought', await party.seek(topic, 'a'));
    t.observe('closed', await party.seen(topic));
    await party.consume(topic, { subType: SHARED });
    t.observe('from a', await party.seen(topic, 2));
    t.observe('committed', await party.commit(txn));
    t.observe('came', await party.seen(topic, 2));
    party.redeliver(topic);
    t.observe('what is left', await party.seen(topic, 4));
  },

  async while_its_subscription_goes(t) {
    const party = await Party.join(t);
    for (const end of ['commit', 'abort']) {
      const topic = t.topic(`-${end}`);
      await party.produce(topic);
      await party.consume(topic, { subType: SHARED });
      await party.send(topic, 'a');
      await party.send(topic, 'b');
      await party.seen(topic, 2);
      const txn = await party.begin();
      await party.acknowledgesOn(txn, topic);
      await party.acknowledge(topic, ['a'], { txn });
      t.observe(`${end}: unsubscribed`, await party.unsubscribe(topic));
      await party.consume(topic, { subType: SHARED });
      t.observe(`${end}: made again`, await party.seen(topic, 2));
      t.observe(`${end}: ended`, await party[end](txn));
      party.redeliver(topic);
      t.observe(`${end}: seen`, await party.seen(topic, 2));
    }
  },

  async of_indexes(t) {
    const party = await Party.join(t);
    const topic = t.topic();
    await party.produce(topic);
    await party.consume(topic, { subType: SHARED });
    const metadata = { num_messages_in_batch: 4 };
    await party.send(topic, 'batch', { num_messages: 4, metadata });
    await party.seen(topic, 1);
    const [one, two] = [await party.begin(), await party.begin()];
    for (const txn of [one, two]) await party.acknowledgesOn(txn, topic);
    /** `left`: the indexes that are not acknowledged, as bits. */
    const said = async (what, left, options) => {
      const batch = { ack_set: [left], batch_size: 4 };
      t.observe(what, await party.acknowledge(topic, ['batch'], { ...options, batch }));
    };
    await said('0 in one', 0b1110n, { txn: one });
    await said('0 and 1 in two', 0b1100n, { txn: two });
    await said('1 in two', 0b1101n, { txn: two });
    await said('0 plainly', 0b1110n, {});
    await said('2 plainly', 0b1011n, {});
    await said('2 in one', 0b1011n, { txn: one });
    party.redeliver(topic);
    t.observe('redelivered', await party.seen(topic, 1));
    await party.abort(one);
    t.observe('one aborted', await party.seen(topic, 1));
    await party.commit(two);
    party.redeliver(topic);
    t.observe('two committed', await party.seen(topic, 1));
    await said('3 plainly', 0b0111n, {});
    party.redeliver(topic);
    t.observe('in the end', await party.seen(topic));
  },

  async up_to_an_index(t) {
    const party = await Party.join(t);
    const topic = t.topic();
    await party.produce(topic);
    await party.consume(topic);
    const metadata = { num_messages_in_batch: 4 };
    for (const text of ['first', 'second'])
      await party.send(topic, text, { num_messages: 4, metadata });
    await party.seen(topic, 2);
    const txn = await party.begin();
    await party.acknowledgesOn(txn, topic);
    const said = async (what, text, left, options) => {
      const batch = { ack_set: [left], batch_size: 4 };
      const all = { isCumulative: true, batch, ...options };
      t.observe(what, await party.acknowledge(topic, [text], all));
    };
    await said('to 1 of the first', 'first', 0b1100n, { txn });
    await said('to 0 of the first', 'first', 0b1110n, { txn });
    await said('to 1 again', 'first', 0b1100n, { txn });
    await said('to 2 of the second', 'second', 0b1000n, { txn });
    party.redeliver(topic);
    t.observe('redelivered', await party.seen(topic, 2));
    t.observe('committed', await party.commit(txn));
    party.redeliver(topic);
    t.observe('what is left', await party.seen(topic, 1));
    const undone = await party.begin();
    await party.acknowledgesOn(undone, topic);
    t.observe(
      'all of it',
      await party.acknowledge(topic, ['second'], { txn: undone, isCumulative: true }),
    );
    t.observe('aborted', await party.abort(undone));
    party.redeliver(topic);
    t.observe('as before', await party.seen(topic, 1));
  },

  async of_keys(t) {
    const party = await Party.join(t);
    const topic = t.topic();
    await party.produce(topic);
    await party.consume(topic, KEY_SHARED);
    for (const text of ['a1', 'a2', 'b1', 'b2']) {
      await party.send(topic, text, { metadata: { partition_key: text[0] } });
    }
    t.observe('seen', await party.seen(topic, 4));
    const txn = await party.begin();
    await party.acknowledgesOn(txn, topic);
    await party.acknowledge(topic, ['a1', 'b2'], { txn });
    party.redeliver(topic, ['a2']);
    t.observe('a2 given back', await party.seen(topic, 1));
    await party.abort(txn);
    t.observe('aborted', await party.seen(topic, 2));
    const other = await party.begin();
    await party.acknowledgesOn(other, topic);
    await party.acknowledge(topic, ['a1', 'b2'], { txn: other });
    await party.commit(other);
    party.redeliver(topic);
    t.observe('what is left', await party.seen(topic, 2));
  },
};

async function acknowledgedBySeveral(t, name, body) {
  const party = await Party.join(t);
  const topic = t.topic(`-${name}`);
  await party.produce(topic);
  await party.consume(topic, body);
  for (const text of ['a', 'b', 'c', 'd', 'e']) await party.send(topic, text);
  await party.seen(topic, 5);
  const [one, two] = [await party.begin(), await party.begin()];
  for (const txn of [one, two]) await party.acknowledgesOn(txn, topic);
  const said = async (what, texts, options) =>
    t.observe(`${name}: ${what}`, await party.acknowledge(topic, texts, options));
  await said('a in one', ['a'], { txn: one });
  await said('a in one again', ['a'], { txn: one });
  await said('a in two', ['a'], { txn: two });
  await said('a plain', ['a'], {});
  await said('b plain', ['b'], {});
  await said('b in two', ['b'], { txn: two });
  await said('d in two', ['d'], { txn: two });
  await said('c and d in one', ['c', 'd'], { txn: one });
  await said('c in one', ['c'], { txn: one });
  party.redeliver(topic);
  t.observe(`${name}: redelivered`, await party.seen(topic, 1));
  t.observe(`${name}: one aborted`, await party.abort(one));
  // One that receives alone is given all again.
  t.observe(`${name}: came`, await party.seen(topic, name.endsWith('shared') ? 1 : 2));
  t.observe(`${name}: two committed`, await party.commit(two));
  t.observe(`${name}: came then`, await party.seen(topic));
  party.redeliver(topic);
  t.observe(`${name}: what is left`, await party.seen(topic, 2));
}

group('transacting', scenarios, 'transactionCoordinatorEnabled=true');

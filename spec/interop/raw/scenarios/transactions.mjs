// Transactions by clients that say things twice, too late, or in the place of others.

import { setTimeout } from 'node:timers/promises';
import { group } from '../stage.mjs';
import { Party } from '../transacting.mjs';

/** Shared: every consumer may have any message. */
const SHARED = 1;
/** Deduplication begins a moment after the policy. */
const HEARD_MS = 500;

const scenarios = {
  async ended_again(t) {
    const one = await Party.join(t);
    const two = await Party.join(t);
    const topic = t.topic();
    t.observe('producer', await one.produce(topic));
    for (const first of ['commit', 'abort']) {
      const txn = await one.begin();
      t.observe(`${first}: added`, await one.publishesTo(txn, topic));
      t.observe(`${first}: sent`, await one.send(topic, first, { txn }));
      t.observe(first, await two[first](txn));
      for (const again of ['commit', 'abort'])
        t.observe(`${first}, ${again}`, await one[again](txn));
      t.observe(`${first}: added late`, await one.publishesTo(txn, topic));
      t.observe(`${first}: subscribed late`, await one.acknowledgesOn(txn, topic));
      t.observe(`${first}: sent late`, await one.send(topic, 'late', { txn }));
      t.observe(`${first}: a plain one`, await one.send(topic, `plain after ${first}`));
    }
    await one.consume(topic);
    t.observe('seen', await one.seen(topic));
  },

  async ended_by_time(t) {
    const party = await Party.join(t);
    const topic = t.topic();
    await party.produce(topic);
    await party.consume(topic, { subType: SHARED });
    await party.send(topic, 'before');
    await party.seen(topic, 1);
    const txn = await party.begin(1_000);
    await party.publishesTo(txn, topic);
    await party.acknowledgesOn(txn, topic);
    await party.send(topic, 'in it', { txn });
    t.observe('acknowledged', await party.acknowledge(topic, ['before'], { txn }));
    t.observe('after its time', await party.seen(topic, 1));
    t.observe('sent', await party.send(topic, 'late', { txn }));
    t.observe('acknowledged late', await party.acknowledge(topic, ['before'], { txn }));
    t.observe('added', await party.publishesTo(txn, topic));
    t.observe('committed', await party.commit(txn));
    t.observe('aborted', await party.abort(txn));
    await party.send(topic, 'plain');
    t.observe('then', await party.seen(topic, 1));
  },

  async of_nobody(t) {
    const party = await Party.join(t);
    const topic = t.topic();
    await party.produce(topic);
    await party.consume(topic);
    const unknown = { txnid_most_bits: 0, txnid_least_bits: 1_000_000 };
    const elsewhere = { txnid_most_bits: 77, txnid_least_bits: 0 };
    for (const [name, txn] of Object.entries({ unknown, elsewhere })) {
      t.observe(`${name}: committed`, await party.commit(txn));
      t.observe(`${name}: aborted`, await party.abort(txn));
      t.observe(`${name}: added`, await party.publishesTo(txn, topic));
      t.observe(`${name}: subscribed`, await party.acknowledgesOn(txn, topic));
    }
  },

  async odd_participants(t) {
    const party = await Party.join(t);
    const topic = t.topic();
    await party.produce(topic);
    await party.consume(topic);
    const names = ['', 'a/b', 'persistent://nope/default/x', t.topic('-not-there')];
    for (const name of names) {
      const txn = await party.begin();
      t.observe(`${t.plain(name)}: added`, await party.publishesTo(txn, name));
      t.observe(`${t.plain(name)}: subscribed`, await party.acknowledgesOn(txn, topic, name));
      t.observe(`${t.plain(name)}: there`, await party.acknowledgesOn(txn, name));
    }
    const txn = await party.begin();
    t.observe('nothing', await party.publishesTo(txn));
    t.observe('twice', await party.publishesTo(txn, topic, topic));
    t.observe('again', await party.publishesTo(txn, topic));
    t.observe('commit', await party.commit(txn));
  },

  async while_its_topic_goes(t) {
    /** How many messages there are in the end, and what is done to the topic. */
    const ways = {
      unloaded: [3, (topic) => t.admin('PUT', `${t.pathOf(topic)}/unload`)],
      deleted: [1, (topic) => t.admin('DELETE', `${t.pathOf(topic)}?force=true`)],
      truncated: [1, (topic) => t.admin('DELETE', `${t.pathOf(topic)}/truncate`)],
      trimmed: [3, (topic) => t.admin('POST', `${t.pathOf(topic)}/trim`)],
      compacted: [3, (topic) => t.admin('PUT', `${t.pathOf(topic)}/compaction`)],
    };
    const all = Object.entries(ways).flatMap(([way, [left, act]]) => {
      return ['commit', 'abort'].map((end) => endedOnceGone(t, { way, act, end, left }));
    });
    await Promise.all(all);
  },

  async while_its_topic_is_terminated(t) {
    const act = (topic) => t.admin('POST', `${t.pathOf(topic)}/terminate`);
    for (const end of ['commit', 'abort']) {
      await endedOnceGone(t, { way: 'terminated', act, end, left: end === 'commit' ? 1 : 2 });
    }
  },

  async while_one_of_its_topics_goes(t) {
    const party = await Party.join(t);
    const [gone, kept] = [t.topic('-gone'), t.topic('-kept')];
    for (const topic of [gone, kept]) {
      await party.produce(topic);
      await party.consume(topic, { subType: SHARED });
      await party.send(topic, 'before');
      await party.seen(topic, 1);
    }
    const txn = await party.begin();
    await party.publishesTo(txn, gone, kept);
    for (const topic of [gone, kept]) {
      await party.acknowledgesOn(txn, topic);
      await party.send(topic, 'in it', { txn });
      await party.acknowledge(topic, ['before'], { txn });
    }
    const [status] = await t.admin('DELETE', `${t.pathOf(gone)}?force=true`);
    t.observe('deleted', status);
    t.observe('committed', await party.commit(txn));
    t.observe('seen', await party.seen(kept, 1));
    party.redeliver(kept);
    t.observe('what is left', await party.seen(kept, 1));
  },

  async what_passes_over_it(t) {
    const sub = (topic) => `${t.pathOf(topic)}/subscription/sub`;
    /** How many messages come then, and what is done to the subscription. */
    const ways = {
      skipped: [1, (topic) => t.admin('POST', `${sub(topic)}/skip/3`)],
      cleared: [0, (topic) => t.admin('POST', `${sub(topic)}/skip_all`)],
      reset: [0, (topic) => t.admin('POST', `${sub(topic)}/resetcursor/${Date.now() + 1_000}`)],
      expired: [0, (topic) => t.admin('POST', `${sub(topic)}/expireMessages/3600`)],
    };
    const all = Object.entries(ways).flatMap(([way, [left, act]]) => {
      return ['commit', 'abort'].map((end) => endedOncePassed(t, { way, act, end, left }));
    });
    await Promise.all(all);
  },

  async compacted_and_aborted(t) {
    const party = await Party.join(t);
    const topic = t.topic();
    await party.produce(topic);
    const [kept, undone] = [await party.begin(), await party.begin()];
    for (const txn of [kept, undone]) await party.publishesTo(txn, topic);
    const say = (text, key, txn) =>
      party.send(topic, text, { txn, metadata: { partition_key: key } });
    await say('a1', 'a');
    await say('b1', 'b');
    await say('a2', 'a', kept);
    await say('b2', 'b', undone);
    await say('c1', 'c', undone);
    await say('d1', 'd');
    await party.commit(kept);
    await party.abort(undone);
    const path = `${t.pathOf(topic)}/compaction`;
    const [status] = await t.admin('PUT', path);
    t.observe('status', status);
    await t.until(async () => (await t.admin('GET', path))[1].status === 'SUCCESS');
    const open = await party.begin();
    await party.publishesTo(open, topic);
    await say('d2', 'd', open);
    await party.consume(topic, { read_compacted: true, durable: false });
    t.observe('seen', await party.seen(topic, 3));
    await party.commit(open);
    t.observe('then', await party.seen(topic, 1));
  },

  async delayed(t) {
    const party = await Party.join(t);
    const topic = t.topic();
    await party.produce(topic);
    await party.consume(topic, { subType: SHARED });
    const [kept, undone] = [await party.begin(), await party.begin()];
    const metadata = { deliver_at_time: Date.now() + 4_000 };
    for (const txn of [kept, undone]) await party.publishesTo(txn, topic);
    await party.send(topic, 'later', { txn: kept, metadata });
    await party.send(topic, 'never', { txn: undone, metadata });
    await party.send(topic, 'at once', { txn: kept });
    await party.send(topic, 'plain');
    t.observe('open', await party.seen(topic));
    await party.commit(kept);
    await party.abort(undone);
    t.observe('ended, then in time', await party.seen(topic, 3));
  },

  async its_producer_is_fenced(t) {
    const [one, two] = [await Party.join(t), await Party.join(t)];
    const topic = t.topic();
    const exclusively = { producerAccessMode: 3 };
    t.observe('producer', await one.produce(topic, exclusively));
    const [kept, undone] = [await one.begin(), await one.begin()];
    for (const txn of [kept, undone]) await one.publishesTo(txn, topic);
    await one.send(topic, 'kept', { txn: kept });
    await one.send(topic, 'undone', { txn: undone });
    t.observe('the next', await two.produce(topic, exclusively));
    t.observe('it goes on', await two.send(topic, 'kept, too', { txn: kept }));
    t.observe('committed', await one.commit(kept));
    t.observe('aborted', await one.abort(undone));
    await two.consume(topic);
    t.observe('seen', await two.seen(topic, 2));
  },

  async deduplicated(t) {
    const party = await Party.join(t);
    const topic = t.topic();
    const named = { producer_name: 'p', user_provided_producer_name: true };
    await party.produce(topic, named);
    await t.policy('POST', `${t.pathOf(topic)}/deduplicationEnabled`, true);
    await setTimeout(HEARD_MS);
    const [one, two] = [await party.begin(), await party.begin()];
    for (const txn of [one, two]) await party.publishesTo(txn, topic);
    const metadata = { producer_name: 'p' };
    const say = async (what, sequence_id, txn) =>
      t.observe(what, await party.send(topic, what, { sequence_id, txn, metadata }));
    await say('0 in one', 0, one);
    await say('0 in one again', 0, one);
    await say('1 in two', 1, two);
    await say('1 in one', 1, one);
    await party.abort(one);
    await say('0 plainly after the abort', 0);
    await say('2 in two', 2, two);
    party.client.close();
    const again = await Party.join(t);
    t.observe('there again', await again.produce(topic, named));
    t.observe(
      '2 once more',
      await again.send(topic, '2 once more', { sequence_id: 2, txn: two, metadata }),
    );
    t.observe('3', await again.send(topic, '3', { sequence_id: 3, txn: two, metadata }));
    t.observe('committed', await again.commit(two));
    await again.consume(topic);
    t.observe('seen', await again.seen(topic, 3));
  },

  async the_last_id(t) {
    const party = await Party.join(t);
    const topic = t.topic();
    await party.produce(topic);
    await party.consume(topic);
    const last = async (name) => {
      const [, { last_message_id: id }] = await party.client.ask('GET_LAST_MESSAGE_ID', {
        consumer_id: 2,
        request_id: 5,
      });
      await party.seen(topic);
      t.observe(name, Number(BigInt.asIntN(64, BigInt(id?.entryId ?? -2))));
    };
    await last('empty');
    const txn = await party.begin();
    await party.publishesTo(txn, topic);
    await party.send(topic, 'in it', { txn });
    await last('nothing but an open one');
    await party.send(topic, 'plain');
    await last('with a plain one behind');
    await party.commit(txn);
    await last('committed');
    const undone = await party.begin();
    await party.publishesTo(undone, topic);
    await party.send(topic, 'undone', { txn: undone });
    await last('another open');
    await party.abort(undone);
    await last('aborted');
  },
};

/** A transaction ends when its topic is not what it was. */
async function endedOnceGone(t, { way, act, end, left }) {
  const party = await Party.join(t);
  const topic = t.topic(`-${way}-${end}`);
  const name = `${way}, ${end}`;
  await party.produce(topic);
  await party.consume(topic, { subType: SHARED });
  await party.send(topic, 'before');
  await party.send(topic, 'also before');
  await party.seen(topic, 2);
  const txn = await party.begin();
  await party.publishesTo(txn, topic);
  await party.acknowledgesOn(txn, topic);
  await party.send(topic, 'in it', { txn });
  await party.acknowledge(topic, ['before'], { txn });
  const [status] = await act(topic);
  t.observe(`${name}: status`, status);
  t.observe(`${name}: heard`, await party.seen(topic));
  await party.leave(topic);
  const later = await Party.join(t);
  if (way !== 'terminated') {
    t.observe(`${name}: produced again`, await later.produce(topic));
    t.observe(`${name}: sent behind`, await later.send(topic, 'behind'));
  }
  t.observe(`${name}: ended`, await later[end](txn));
  t.observe(`${name}: consumed again`, await later.consume(topic, { subType: SHARED }));
  t.observe(`${name}: seen`, await later.seen(topic, left));
}

/** A transaction ends when its subscription stands behind what is in it. */
async function endedOncePassed(t, { way, act, end, left }) {
  const name = `${way}, ${end}`;
  const topic = t.topic(`-${way}-${end}`);
  const { party, txn } = await Party.amid(t, topic, { subType: SHARED });
  await party.send(topic, 'in it', { txn });
  await party.send(topic, 'plain');
  await party.send(topic, 'another');
  const [status] = await act(topic);
  t.observe(`${name}: status`, status);
  const heard = await party.seen(topic);
  t.observe(`${name}: heard`, heard);
  if (heard.includes('CLOSE_CONSUMER')) await party.consume(topic, { subType: SHARED });
  t.observe(`${name}: ended`, await party[end](txn));
  t.observe(`${name}: seen`, await party.seen(topic, left));
  party.redeliver(topic);
  t.observe(`${name}: what is left`, await party.seen(topic, left));
}

group('transacting', scenarios, 'transactionCoordinatorEnabled=true');

group(
  'transacting_within_limits',
  {
    async one_too_many(t) {
      // One that no other scenario leaves transactions open with: the broker may have been theirs.
      const party = await Party.join(t, 11);
      const topic = t.topic();
      await party.produce(topic);
      // Short ones: what is left open by an attempt must not stand in the way of the next.
      const [one] = [await party.begin(3_000), await party.begin(3_000)];
      await party.publishesTo(one, topic);
      await party.send(topic, 'in it', { txn: one });
      const { coordinator: tc_id } = party;
      party.client.say('NEW_TXN', { tc_id, txn_ttl_millis: 3_000, request_id: 1 });
      t.observe('a third', await party.client.rest());
      t.observe('committed', await party.commit(one));
      t.observe('heard then', await party.client.rest());
      t.observe('there is room', (await party.begin(3_000)) !== undefined);
      await setTimeout(4_000);
    },
  },
  'transactionCoordinatorEnabled=true&maxActiveTransactionsPerCoordinator=2',
);

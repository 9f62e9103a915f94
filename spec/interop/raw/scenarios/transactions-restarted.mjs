// Transactions over which the broker is killed, or stopped in good order: what was open may go on
// and ends as its client wants, what has ended has ended.

import { restartingGroup } from '../stage.mjs';
import { Party } from '../transacting.mjs';

const SHARED = { subType: 1 };
const BOTH_ENDS = ['commit', 'abort'];
const TIMEOUT_MS = 3_000;

const scenarios = {
  /** Its client comes back and ends it: what was sent in it, before and behind it. */
  async ends(t) {
    const begun = await ofEach(t, async (topic) => {
      const amid = await Party.amid(t, topic, SHARED);
      await amid.party.send(topic, 'in it', { txn: amid.txn });
      await amid.party.send(topic, 'behind');
      return amid;
    });
    await t.restarted();
    for (const { end, topic, txn } of begun) {
      const party = await Party.join(t);
      t.observe(`${end}: consumer`, await party.consume(topic, SHARED));
      t.observe(`${end}: open`, await party.seen(topic));
      t.observe(`${end}: ended`, await party[end](txn));
      t.observe(`${end}: came`, textsOf(await party.seen(topic, 2)));
      party.redeliver(topic);
      t.observe(`${end}: left`, textsOf(await party.seen(topic, 2)));
      for (const again of BOTH_ENDS) {
        t.observe(`${end}: ${again} again`, await party[again](txn));
      }
    }
  },

  /** It goes on where it was: more messages, more topics, more acknowledgements. */
  async goes_on(t) {
    const begun = await ofEach(t, async (topic) => {
      const amid = await Party.amid(t, topic, SHARED);
      await amid.party.send(topic, 'sent before', { txn: amid.txn });
      return amid;
    });
    await t.restarted();
    for (const { end, topic, txn } of begun) {
      const party = await Party.join(t);
      const other = `${topic}-other`;
      for (const each of [topic, other]) {
        t.observe(`${end}: producer`, await party.produce(each));
        t.observe(`${end}: consumer`, await party.consume(each, SHARED));
      }
      t.observe(`${end}: sent on`, await party.send(topic, 'sent since', { txn }));
      t.observe(`${end}: added`, await party.publishesTo(txn, other));
      t.observe(`${end}: sent there`, await party.send(other, 'there', { txn }));
      await party.send(other, 'plain');
      t.observe(`${end}: nothing of it`, [await party.seen(topic), await party.seen(other)]);
      t.observe(`${end}: ended`, await party[end](txn));
      await party.send(topic, 'behind');
      const [here, there] = end === 'commit' ? [3, 2] : [2, 1];
      t.observe(`${end}: came`, textsOf(await party.seen(topic, here)));
      t.observe(`${end}: came there`, textsOf(await party.seen(other, there)));
    }
  },

  /** What was acknowledged in it stays taken, for others too, until it ends. */
  async holds_acknowledgements(t) {
    const begun = await ofEach(t, (topic) => Party.amid(t, topic, SHARED));
    await t.restarted();
    for (const { end, topic, txn: one } of begun) {
      const party = await Party.join(t);
      await party.produce(topic);
      await party.consume(topic, SHARED);
      await party.send(topic, 'next');
      t.observe(`${end}: seen`, textsOf(await party.seen(topic, 1)));
      const two = await party.begin();
      t.observe(`${end}: another`, same(one, two) ? 'has its number' : 'has a number of its own');
      await party.acknowledgesOn(two, topic);
      t.observe(`${end}: next`, await party.acknowledge(topic, ['next'], { txn: two }));
      t.observe(`${end}: one ended`, await party[end](one));
      t.observe(`${end}: came`, textsOf(await party.seen(topic, end === 'abort' ? 1 : 0)));
      t.observe(`${end}: two aborted`, await party.abort(two));
      t.observe(`${end}: came then`, textsOf(await party.seen(topic, 1)));
    }
  },

  /** Acknowledged up to somewhere, and some of a batch. */
  async holds_parts(t) {
    const begun = await ofEach(t, async (topic) => {
      const party = await Party.join(t);
      await party.produce(topic);
      await party.consume(topic);
      for (const text of ['a', 'b', 'c']) await party.send(topic, text);
      const metadata = { num_messages_in_batch: 4 };
      await party.send(topic, 'batch', { num_messages: 4, metadata });
      await party.seen(topic, 4);
      const txn = await party.begin();
      await party.acknowledgesOn(txn, topic);
      const batch = { ack_set: [0b1100n], batch_size: 4 };
      const upTo = { txn, isCumulative: true };
      t.observe('up to b', await party.acknowledge(topic, ['b'], upTo));
      t.observe('into it', await party.acknowledge(topic, ['batch'], { ...upTo, batch }));
      return { party, txn };
    });
    await t.restarted();
    for (const { end, topic, txn } of begun) {
      const party = await Party.join(t);
      t.observe(`${end}: consumer`, await party.consume(topic));
      t.observe(`${end}: open`, textsOf(await party.seen(topic, 1)));
      t.observe(`${end}: ended`, await party[end](txn));
      party.redeliver(topic);
      const left = end === 'commit' ? 1 : 4;
      t.observe(`${end}: left`, textsOf(await party.seen(topic, left)));
    }
  },

  /** Its time is over while nobody is there. */
  async is_out_of_time(t) {
    const topic = t.topic();
    const party = await Party.join(t);
    await party.produce(topic);
    await party.consume(topic, SHARED);
    await party.send(topic, 'before');
    await party.seen(topic, 1);
    const txn = await party.begin(TIMEOUT_MS);
    await party.publishesTo(txn, topic);
    await party.acknowledgesOn(txn, topic);
    await party.acknowledge(topic, ['before'], { txn });
    await party.send(topic, 'in it', { txn });
    await party.send(topic, 'behind');
    await t.restarted();
    const next = await Party.join(t);
    await next.consume(topic, SHARED);
    t.observe('came', textsOf(await next.seen(topic, 2)).sort());
    for (const end of BOTH_ENDS) t.observe(`${end} then`, await next[end](txn));
    t.observe('producer', await next.produce(topic));
    t.observe('sent in it', await next.send(topic, 'late', { txn }));
    t.observe('nothing of that', await next.seen(topic));
  },

  /** What has ended takes nothing in, and is not ended again. */
  async has_ended(t) {
    const begun = await ofEach(t, async (topic, end) => {
      const amid = await Party.amid(t, topic, SHARED);
      await amid.party.send(topic, 'in it', { txn: amid.txn });
      await amid.party[end](amid.txn);
      return amid;
    });
    await t.restarted();
    for (const { end, topic, txn } of begun) {
      const party = await Party.join(t);
      await party.produce(topic);
      await party.consume(topic, SHARED);
      t.observe(`${end}: seen`, textsOf(await party.seen(topic, 1)));
      for (const again of BOTH_ENDS) t.observe(`${end}: ${again} again`, await party[again](txn));
      t.observe(`${end}: publishes`, await party.publishesTo(txn, topic));
      t.observe(`${end}: acknowledges`, await party.acknowledgesOn(txn, topic));
      t.observe(`${end}: sent`, await party.send(topic, 'late', { txn }));
      await party.send(topic, 'plain');
      t.observe(`${end}: came`, textsOf(await party.seen(topic, 1)));
    }
  },

  /** Somebody who asks for its end without having greeted its coordinator. */
  async is_ended_by_who_greets_nobody(t) {
    const begun = await ofEach(t, async (topic) => {
      const amid = await Party.amid(t, topic, SHARED);
      await amid.party.send(topic, 'in it', { txn: amid.txn });
      return amid;
    });
    await t.restarted();
    await (await Party.join(t)).begin();
    for (const { end, topic, txn } of begun) {
      const stranger = await Party.unannounced(t);
      t.observe(`${end}: ended`, await stranger[end](txn));
      await stranger.consume(topic, SHARED);
      t.observe(`${end}: came`, textsOf(await stranger.seen(topic, 1)));
    }
  },

  /** One that nothing was done in, and one that only said what it would do. */
  async was_empty(t) {
    const party = await Party.join(t);
    const topic = t.topic();
    await party.produce(topic);
    const txns = [];
    for (let i = 0; i < 4; i++) txns.push(await party.begin());
    for (const txn of txns.slice(2)) await party.publishesTo(txn, topic);
    await t.restarted();
    const next = await Party.join(t);
    const ends = [...BOTH_ENDS, ...BOTH_ENDS];
    for (const [i, end] of ends.entries()) {
      const what = i < 2 ? 'nothing said' : 'nothing done';
      t.observe(`${what}, ${end}`, await next[end](txns[i]));
    }
  },
};

/** Begins one for each end, on a topic of its own. */
async function ofEach(t, begin) {
  return Promise.all(
    BOTH_ENDS.map(async (end) => {
      const topic = t.topic(`-${end}`);
      return { end, topic, ...(await begin(topic, end)) };
    }),
  );
}

/** Without how often they came before: that is kept here over a restart, and not by Pulsar. */
function textsOf(seen) {
  return seen.map((text) => text.replace(/ #\d+$/, ''));
}

function same(one, other) {
  const fields = ['txnid_most_bits', 'txnid_least_bits'];
  return fields.every((field) => String(one[field]) === String(other[field]));
}

const settings = 'transactionCoordinatorEnabled=true';
restartingGroup('transaction_killed', scenarios, { end: 'kill', settings });
restartingGroup('transaction_stopped', scenarios, { end: 'restart', settings });

// Transactions in whose middle something else happens to their topics: they grow, get schemas that
// do not fit, or exceed their backlog quotas.

import { group } from '../stage.mjs';
import { Party } from '../transacting.mjs';

const SHARED = 1;
const BOTH_ENDS = ['commit', 'abort'];
/** What a backlog quota counts, in bytes. */
const LARGE = 'x'.repeat(1_000);

const JSON_SCHEMA = (...fields) => ({
  name: 'thing',
  type: 2,
  schema_data: Buffer.from(JSON.stringify({ type: 'record', name: 'Thing', fields })),
});
const A = { name: 'a', type: 'int' };
const B = { name: 'b', type: 'string' };
const B_OR_NONE = { ...B, default: '' };

const scenarios = {
  async while_its_topic_grows(t) {
    for (const end of BOTH_ENDS) {
      const party = await Party.join(t);
      const topic = t.topic(`-${end}`);
      const partition = (i) => `${topic}-partition-${i}`;
      const path = `${t.pathOf(topic)}/partitions`;
      t.observe(`${end}: made`, (await t.admin('PUT', path, 1))[0]);
      const join = async (i) => {
        t.observe(`${end}: producer ${i}`, await party.produce(partition(i)));
        t.observe(`${end}: consumer ${i}`, await party.consume(partition(i)));
      };
      await join(0);
      const txn = await party.begin();
      t.observe(`${end}: not there`, await party.publishesTo(txn, partition(0), partition(1)));
      await party.send(partition(0), 'before it grows', { txn });
      t.observe(`${end}: grown`, (await t.admin('POST', path, 2))[0]);
      await join(1);
      t.observe(`${end}: added`, await party.publishesTo(txn, partition(1)));
      t.observe(`${end}: sent`, await party.send(partition(1), 'since it grew', { txn }));
      t.observe(`${end}: sent on`, await party.send(partition(0), 'as before', { txn }));
      t.observe(`${end}: open`, await party.seen(partition(1)));
      t.observe(`${end}: ended`, await party[end](txn));
      for (const i of [0, 1]) await party.send(partition(i), 'behind');
      t.observe(`${end}: the old one`, await party.seen(partition(0), end === 'commit' ? 3 : 1));
      t.observe(`${end}: the new one`, await party.seen(partition(1), end === 'commit' ? 2 : 1));
    }
  },

  async while_its_schema_changes(t) {
    for (const end of BOTH_ENDS) {
      const [one, two] = [await Party.join(t), await Party.join(t)];
      const topic = t.topic(`-${end}`);
      const note = (what, said) => t.observe(`${end}: ${what}`, firstOf(said));
      note('producer', await one.produce(topic, { schema: JSON_SCHEMA(A) }));
      await one.consume(topic, { schema: JSON_SCHEMA(A) });
      const txn = await one.begin();
      await one.publishesTo(txn, topic);
      note('sent', await one.send(topic, 'first', { txn }));
      note('another schema', await two.produce(topic, { schema: JSON_SCHEMA(B) }));
      note('a later version', await two.produce(topic, { schema: JSON_SCHEMA(A, B_OR_NONE) }));
      note('sent with it', await two.send(topic, 'second', { txn }));
      const [status] = await t.admin('DELETE', `${pathOfSchemas(topic)}/schema`);
      note('deleted', status);
      note('sent on', await one.send(topic, 'third', { txn }));
      note('open', await one.seen(topic));
      note('ended', await one[end](txn));
      t.observe(`${end}: seen`, await one.seen(topic, end === 'commit' ? 3 : 0));
    }
  },

  async while_its_backlog_is_evicted(t) {
    await Promise.all(BOTH_ENDS.map((end) => evictedMeanwhile(t, end)));
  },

  async while_its_producers_are_let_go(t) {
    const policies = ['producer_exception', 'producer_request_hold'];
    const all = policies.flatMap((policy) =>
      BOTH_ENDS.map((end) => blockedMeanwhile(t, policy, end)),
    );
    await Promise.all(all);
  },
};

/** The error alone: the words say what the registry has, in its own order. */
function firstOf(said) {
  return Array.isArray(said) && typeof said[0] === 'number' ? said[0] : said;
}

function pathOfSchemas(topic) {
  return `/schemas/${topic.replace('persistent://', '')}`;
}

async function limit(t, topic, policy, limitSize) {
  const path = `${t.pathOf(topic)}/backlogQuota?backlogQuotaType=destination_storage`;
  await t.policy('POST', path, { limitSize, limitTime: -1, policy });
  await t.until(async () => (await statsOf(t, topic)).backlogQuotaLimitSize === limitSize);
}

async function statsOf(t, topic) {
  const [, stats] = await t.admin('GET', `${t.pathOf(topic)}/stats`);
  return stats;
}

/** Messages of a transaction lie where a quota evicts, and an acknowledged one before them. */
async function evictedMeanwhile(t, end) {
  const topic = t.topic(`-${end}`);
  const note = (what, said) => t.observe(`${end}: ${what}`, said);
  const { party, txn } = await Party.amid(t, topic, { subType: SHARED });
  for (let i = 1; i <= 30; i++) await party.send(topic, `in it ${i} ${LARGE}`, { txn });
  await limit(t, topic, 'consumer_backlog_eviction', 10_000);
  await t.until(async () => (await statsOf(t, topic)).backlogSize < 10_000);
  note('ended', await party[end](txn));
  note('sent behind', await party.send(topic, 'behind'));
  const seen = await party.seen(topic, 1);
  note('what is behind comes', seen.includes('behind'));
  note(
    'the first comes',
    seen.some((text) => text.startsWith('in it 1')),
  );
  note(
    'the last comes',
    seen.some((text) => text.startsWith('in it 30 ')),
  );
  note('what was acknowledged comes again', seen.includes('before'));
}

/** A quota drives the producers out of an open transaction, or lets them wait. */
async function blockedMeanwhile(t, policy, end) {
  const party = await Party.join(t);
  const topic = t.topic(`-${policy}-${end}`);
  const note = (what, said) => t.observe(`${policy}, ${end}: ${what}`, said);
  await party.produce(topic);
  await party.consume(topic, { subType: SHARED });
  const txn = await party.begin();
  await party.publishesTo(txn, topic);
  await limit(t, topic, policy, 2_000);
  for (const i of [1, 2, 3]) await party.send(topic, `${i} ${LARGE}`, { txn });
  await t.until(async () => (await statsOf(t, topic)).publishers.length === 0);
  note('a producer', firstOf(await party.produce(topic)));
  note('ended', await party[end](txn));
  const ids = (await party.seen(topic, end === 'commit' ? 3 : 0)).map((text) => text[0]);
  note('seen', ids);
}

group('transacting', scenarios, 'transactionCoordinatorEnabled=true');

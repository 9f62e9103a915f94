// The transactions check: pipelines that consume, transform and produce in transactions, written with
// the official Java and Go clients, while the broker and they themselves are killed at random. Each
// message that went in must have come out once, and in the order of its key.
//
//   npm run check:transactions -- [--rounds 200] [--seed N] [--against oracle]
//                                 [--victims broker,stop,java,go]
//
// `broker` is killed, `stop` lets it end in order. The broker's log stays in .check/logs.
//
// Each language has a pipeline that keeps the order of keys, and both share the work of a third one,
// where transactions of the killed are left to their time-outs. Prints a line a round, figures at
// the end.

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startBroker } from '../broker.mjs';
import { goSuite, javaSuite } from '../toolchain.mjs';
import { chance } from './chance.mjs';
import { Fates } from './fates.mjs';
import { Clerk, Worker } from './program.mjs';
import { problemsOf } from './results.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    against: { type: 'string', default: 'velamq' },
    victims: { type: 'string', default: 'broker,stop,java,go' },
  },
});
const rounds = Number(values.rounds);
const seed = Number(values.seed);
const against = values.against;
const draw = chance(seed);

/** The pipelines, and how many messages they are given a round. */
const PIPELINES = [
  // The Go client acknowledges batches in transactions by what it knows of the whole batch.
  { name: 'ordered-java', isOrdered: true, isBatched: true, perRound: 30 },
  { name: 'ordered-go', isOrdered: true, isBatched: false, perRound: 30 },
  { name: 'shared', isOrdered: false, isBatched: false, perRound: 30 },
];

const SETTINGS = {
  transactionCoordinatorEnabled: true,
  // Without it, what is sent again after a reconnection is stored again, in transactions, too.
  brokerDeduplicationEnabled: true,
};

/** Kills come within so many ms of what both programs have committed first. */
const MOST_BEFORE_KILL_MS = 120;

/**
 * How long a pipeline may take to commit something, and to finish everything at the end. Pulsar's
 * coordinators and buffers read their logs again first, on a machine that may have other work.
 */
const PATIENCE_MS = { velamq: 90_000, oracle: 300_000 }[against];

const MOST_READINGS = 5;

async function main() {
  const logs = resolve(import.meta.dirname, '../../../.check/logs');
  console.log(`transactions: ${rounds} rounds, --seed ${seed}, against ${against}`);
  const programs = { java: javaSuite('Pipeline'), go: [goSuite()] };
  const broker = await startBroker(against, resolve(logs, `pipeline-${against}.log`));
  process.once('exit', broker.killNow);
  await broker.configure(SETTINGS);
  const stage = await open(broker, programs);
  const began = performance.now();
  try {
    for (let round = 1; round <= rounds; round++) await play(stage, round);
    await finish(stage);
    const isKept = await judge(stage);
    const seconds = Math.round((performance.now() - began) / 1000);
    const { broker: killed, stop, java, go } = stage.kills;
    console.log(
      `\ntransactions ${isKept ? 'passed' : 'FAILED'} against ${against}: ${rounds} rounds ` +
        `(${killed} kills of the broker, ${stop} orderly ends of it, ${java} kills of the ` +
        `Java client, ${go} of the Go client), ` +
        `${stage.fates.summary()}, ${stage.fed} messages in, ${seconds} s, --seed ${seed}`,
    );
    return isKept;
  } finally {
    await stage.close();
    await broker.close();
  }
}

async function open(broker, programs) {
  const fates = new Fates(broker.adminUrl);
  for (const { name } of PIPELINES) {
    await createTopics(broker.adminUrl, name);
  }
  const clerk = new Clerk([...programs.java, 'clerk', broker.serviceUrl, '0']);
  const workers = {};
  const start = async (language) => {
    const command = [...programs[language], 'work', broker.serviceUrl, String(draw.whole(2 ** 31))];
    workers[language] = new Worker(language, command, fates);
  };
  const stage = {
    ...{
      broker,
      fates,
      clerk,
      workers,
      start,
      fed: 0,
      kills: { broker: 0, stop: 0, java: 0, go: 0 },
    },
    async close() {
      for (const each of [...Object.values(workers), clerk]) await each.kill();
    },
  };
  process.once('exit', () => void stage.close());
  await Promise.all([start('java'), start('go')]);
  return stage;
}

/**
 * Results go to a partitioned topic and to a plain one, which keep them for a subscription that
 * nobody uses; the shared input has partitions, too.
 */
async function createTopics(adminUrl, name) {
  const put = async (path, body) => {
    const url = `${adminUrl}/admin/v2/persistent/public/default/${path}`;
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(url, { method: 'PUT', headers, body });
    if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  };
  for (const topic of [`out-a-${name}`, ...(name === 'shared' ? [`in-${name}`] : [])]) {
    await put(`${topic}/partitions`, '3');
  }
  await put(`out-b-${name}`);
  for (const letter of ['a', 'b']) await put(`out-${letter}-${name}/subscription/kept`);
}

const VICTIMS = [
  ['broker'],
  ['broker'],
  ['stop'],
  ['java'],
  ['go'],
  ['java', 'go'],
  ['broker', 'java', 'go'],
  ['stop', 'java', 'go'],
].filter((group) => group.every((victim) => values.victims.split(',').includes(victim)));

/** More input, something committed by each program, then somebody is killed. */
async function play(stage, round) {
  const { fates, clerk, kills } = stage;
  // Programs may be done with all of it before the last of it is said to be there.
  const seen = { ...fates.committedBy };
  await feed(stage);
  await until('both programs have committed something', async () => {
    await revive(stage);
    return ['java', 'go'].every((language) => fates.committedBy[language] > seen[language]);
  }).catch((error) => report(stage, error));
  // In the middle of the rest.
  await pause(draw.whole(MOST_BEFORE_KILL_MS));
  const victims = VICTIMS[draw.whole(VICTIMS.length)];
  for (const victim of victims) kills[victim] += 1;
  await Promise.all(victims.map((victim) => kill(stage, victim)));
  const problem = clerk.problem;
  if (problem !== undefined) throw new Error(`the clerk: ${problem}`);
  console.log(`${String(round).padStart(4)}  ${victims.join(' and ')}, ${fates.summary()}`);
}

/** A program that gives up, since it finds no broker when it starts, is started again. */
async function revive({ workers, start }) {
  for (const [language, { problem }] of Object.entries(workers)) {
    if (problem === undefined) continue;
    console.log(`      ${language} ${problem}`);
    await start(language);
  }
}

/** What is known of a round that does not go on. */
async function report({ broker, fates, workers }, error) {
  console.log(`\ncommitted: ${JSON.stringify(fates.committedBy)}`);
  console.log(`unsettled: ${JSON.stringify(fates.unsettled)}, ongoing: ${await fates.ongoing()}`);
  for (const { name } of PIPELINES) {
    console.log(`in-${name}: ${JSON.stringify(await standingOf(broker, name))}`);
  }
  for (const [language, { open, last }] of Object.entries(workers)) {
    console.log(`${language}: open ${JSON.stringify(open)}, said last: ${last.join('; ')}`);
  }
  throw error;
}

async function feed(stage) {
  for (const { name, perRound, isBatched } of PIPELINES) {
    const words = ['feed', `in-${name}`, stage.fed, perRound, ...(isBatched ? ['batched'] : [])];
    await stage.clerk.ask(words.join(' '));
  }
  stage.fed += PIPELINES[0].perRound;
}

/** Kills and starts again; what a dead one has left open and must not stay so is aborted before. */
async function kill({ broker, workers, fates, start }, victim) {
  if (victim === 'stop') {
    await broker.restart();
    return;
  }
  if (victim === 'broker') {
    await broker.kill();
    await broker.start();
    return;
  }
  await workers[victim].kill();
  const left = workers[victim].open;
  await Promise.all(left.map((txn) => fates.settle(txn)));
  await start(victim);
}

/** Everything that went in is acknowledged, and no transaction is open. */
async function finish(stage) {
  const { broker, fates, workers } = stage;
  await until('the inputs have no backlog', async () => {
    const standings = await Promise.all(PIPELINES.map(({ name }) => standingOf(broker, name)));
    return standings.every((standing) => standing?.msgBacklog === 0);
  }).catch((error) => report(stage, error));
  for (const each of Object.values(workers)) await each.kill();
  await until('no transaction is open', async () => (await fates.ongoing()) === 0);
}

/** What statistics say of the subscription to an input. */
async function standingOf({ adminUrl }, name) {
  const kind = name === 'shared' ? 'partitioned-stats' : 'stats';
  const url = `${adminUrl}/admin/v2/persistent/public/default/in-${name}/${kind}`;
  const stats = await fetch(url).then((answer) => answer.json());
  const subscription = stats.subscriptions?.['pipeline'];
  if (subscription === undefined) return undefined;
  const { msgBacklog, unackedMessages, consumers } = subscription;
  const ofConsumer = (each) => [each.consumerName, each.availablePermits, each.unackedMessages];
  return { msgBacklog, unackedMessages, consumers: consumers.map(ofConsumer) };
}

async function judge({ clerk, fates, fed }) {
  let isKept = true;
  for (const { name, isOrdered } of PIPELINES) {
    const { failures, known, attempt } = await examine({ name, clerk, isOrdered, fates, fed });
    for (const each of failures) console.log(`${name}: ${each}`);
    if (attempt > 1) console.log(`${name}: read ${attempt} times`);
    if (known > 0) {
      console.log(`${name}: ${known} messages of the Go client's transactions that were aborted`);
    }
    isKept &&= failures.length === 0;
  }
  return isKept;
}

/** Statistics know of a commit before it is on the disk and may be read: then it is read again. */
async function examine({ name, clerk, isOrdered, fates, fed }) {
  for (let attempt = 1; ; attempt++) {
    const a = [];
    // One by one: a reader of all partitions may say that nothing is left while it passes it on.
    for (const part of [0, 1, 2]) a.push(...(await clerk.read(`out-a-${name}-partition-${part}`)));
    const outputs = [a, await clerk.read(`out-b-${name}`)];
    const found = problemsOf({ outputs, fed, isOrdered, fates, against });
    if (found.failures.length === 0 || attempt === MOST_READINGS) return { ...found, attempt };
    await pause(1_000);
  }
}

async function until(what, isSo) {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`not within ${PATIENCE_MS} ms: ${what}`);
    await pause(20);
  }
}

function pause(ms) {
  return new Promise((done) => setTimeout(done, ms));
}

process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
process.exit((await main()) ? 0 : 1);

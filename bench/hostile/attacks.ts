/**
 * What a hostile tenant does. An attack is prepared once, and then begun and ended again and again;
 * it counts what it gets done, so that one that is throttled shows.
 */
import { Agent, get, request } from 'node:http';
import { Client, flood, sendFrame, type Target } from './client.ts';
import { ASKS_FOR_CREDENTIALS, wrongPassword, wrongToken } from './credentials.ts';

export interface Attack {
  readonly name: string;
  /** What is counted. */
  readonly unit: string;
  /** Lines of configuration of a broker that can be attacked so. */
  readonly settings?: readonly string[];
  prepare?(target: Target): Promise<void>;
  /** Calls `done` for each unit; the result ends it. */
  begin(target: Target, done: (count?: number) => void): Promise<() => void>;
}

const NAMESPACE = 'hostile/flood';
const topicOf = (name: string | number) => `persistent://${NAMESPACE}/${name}`;

export const ATTACKS: readonly Attack[] = [
  publishing('publish flood, 1 KB', 16, 1_024, 1_000),
  publishing('publish flood, 4 MB', 8, 4 * 1024 * 1024, 4),
  { name: 'drains of backlogs', unit: 'messages', prepare: fillBacklogs, begin: drainBacklogs },
  { name: 'slow consumers', unit: 'connections', prepare: fillBacklogs, begin: openSlowConsumers },
  { name: '10,000 connections', unit: 'connections', begin: openConnections },
  {
    name: 'connection storm',
    unit: 'connections',
    begin: (target, done) => storm(target, done, () => ['token', BAD_TOKEN]),
  },
  guessing('wrong tokens', 'token', wrongToken),
  guessing('wrong passwords', 'basic', wrongPassword),
  guessingOverRest('REST with wrong tokens', () => `Bearer ${wrongToken()}`),
  guessingOverRest('REST with wrong passwords', () => `Basic ${btoa(wrongPassword())}`),
  { name: 'huge frames', unit: 'frames', begin: openHugeFrames },
  { name: 'lookups', unit: 'lookups', begin: askForLookups },
  { name: 'lists', unit: 'lists', prepare: makeTopics, begin: askForLists },
  { name: '/metrics', unit: 'scrapes', prepare: makeTopics, begin: scrape },
  { name: 'REST lists', unit: 'lists', prepare: makeTopics, begin: listOverRest },
  { name: 'REST bodies', unit: 'bodies', begin: sendBodies },
  { name: 'topic creation', unit: 'topics', begin: createTopics },
];

function publishing(name: string, connections: number, bytes: number, window: number): Attack {
  const payload = Buffer.alloc(bytes, 'h');
  return {
    name,
    unit: 'messages',
    async begin(target, done) {
      const clients = await connect(target, connections);
      for (const [index, client] of clients.entries()) {
        await client.produce(topicOf(`flood-${index}`));
        flood(client, payload, window, done);
      }
      return () => closeAll(clients);
    },
  };
}

const BACKLOGS = 10;
const BACKLOG_MESSAGES = 20_000;

async function fillBacklogs(target: Target): Promise<void> {
  for (const [index, client] of (await connect(target, BACKLOGS)).entries()) {
    await client.subscribe(topicOf(`backlog-${index}`), 'slow');
    await client.produce(topicOf(`backlog-${index}`));
    const frame = sendFrame(1, Buffer.alloc(1_024));
    let answered = 0;
    await new Promise<void>((filled) => {
      client.listen(() => {
        if (++answered === BACKLOG_MESSAGES) filled();
      });
      client.socket.write(Buffer.concat(Array.from({ length: BACKLOG_MESSAGES }, () => frame)));
    });
    client.close();
  }
}

/** Each takes the whole backlog as fast as it can, hangs up and comes back. */
async function drainBacklogs(target: Target, done: () => void): Promise<() => void> {
  let isOver = false;
  const drain = async (topic: string): Promise<void> => {
    while (!isOver) {
      const client = await Client.connected(target);
      await client.subscribe(topic, 'slow');
      await new Promise<void>((drained) => {
        let received = 0;
        client.socket.once('close', drained);
        client.listen(() => {
          done();
          if (++received >= BACKLOG_MESSAGES || isOver) client.close();
        });
        client.flow(BACKLOG_MESSAGES);
      });
    }
  };
  for (let i = 0; i < BACKLOGS; i++) drain(topicOf(`backlog-${i}`)).catch(() => {});
  return () => {
    isOver = true;
  };
}

/** They ask for everything and read nothing. */
async function openSlowConsumers(target: Target, done: () => void): Promise<() => void> {
  const clients = await connect(target, BACKLOGS * 20);
  for (const [index, client] of clients.entries()) {
    await client.subscribe(topicOf(`backlog-${index % BACKLOGS}`), 'slow');
    client.socket.pause();
    client.flow(BACKLOG_MESSAGES);
    done();
  }
  return () => closeAll(clients);
}

async function openConnections(target: Target, done: () => void): Promise<() => void> {
  const clients: Client[] = [];
  let isOver = false;
  const open = async (): Promise<void> => {
    while (!isOver && clients.length < 10_000) {
      clients.push(await Client.connected(target));
      done();
    }
    if (isOver) closeAll(clients);
  };
  for (let i = 0; i < 50; i++) open().catch(() => {});
  return () => {
    isOver = true;
    closeAll(clients);
  };
}

/** Come, say who they are (badly, where somebody asks), and go. */
async function storm(
  target: Target,
  done: () => void,
  credentials: () => readonly [method: string, data: string],
): Promise<() => void> {
  let isOver = false;
  const come = async (): Promise<void> => {
    while (!isOver) {
      try {
        const client = await Client.open(target);
        const [method, data] = credentials();
        client.say('CONNECT', {
          client_version: 'hostile',
          protocol_version: 21,
          auth_method_name: method,
          auth_data: Buffer.from(data),
        });
        await client.next();
        client.close();
      } catch {
        // Refused, as it should be.
      }
      done();
    }
  };
  for (let i = 0; i < COMING_AT_ONCE; i++) come();
  return () => {
    isOver = true;
  };
}

const COMING_AT_ONCE = 64;
const BAD_TOKEN = `eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJob3N0aWxlIn0.${'A'.repeat(342)}`;

function guessing(name: string, method: string, guess: () => string): Attack {
  return {
    name,
    unit: 'guesses',
    settings: ASKS_FOR_CREDENTIALS,
    begin: (target, done) => storm(target, done, () => [method, guess()]),
  };
}

function guessingOverRest(name: string, guess: () => string): Attack {
  return {
    name,
    unit: 'guesses',
    settings: ASKS_FOR_CREDENTIALS,
    begin: async (target, done) =>
      fetching(target, `/admin/v2/persistent/${NAMESPACE}`, 32, done, guess),
  };
}

/** Frames that say they are as large as may be, and of which most comes, but never the end. */
async function openHugeFrames(target: Target, done: () => void): Promise<() => void> {
  const clients = await connect(target, 200);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(5 * 1024 * 1024);
  const body = Buffer.alloc(4 * 1024 * 1024);
  const timer = setInterval(() => {
    const client = clients.shift();
    client?.socket.write(Buffer.concat([head, body]));
    if (client !== undefined) open.push(client);
    done();
  }, 5);
  const open: Client[] = [];
  return () => {
    clearInterval(timer);
    closeAll([...clients, ...open]);
  };
}

async function askForLookups(target: Target, done: () => void): Promise<() => void> {
  const clients = await connect(target, 10);
  for (const client of clients) {
    keepAsking(client, 1_000, done, (requestId) => {
      const topic = topicOf(`lookup-${requestId % 100}`);
      if (requestId % 2 === 0) client.say('LOOKUP', { topic, request_id: requestId });
      else client.say('PARTITIONED_METADATA', { topic, request_id: requestId });
    });
  }
  return () => closeAll(clients);
}

const TOPICS = 5_000;

async function makeTopics(target: Target): Promise<void> {
  const clients = await connect(target, 10);
  await Promise.all(
    clients.map(async (client, index) => {
      for (let i = index; i < TOPICS; i += clients.length) await client.produce(topicOf(i), i + 1);
    }),
  );
  // They stay in memory while somebody is connected to them.
  for (const client of clients) client.listen(() => {});
}

async function askForLists(target: Target, done: () => void): Promise<() => void> {
  const clients = await connect(target, 10);
  for (const client of clients) {
    keepAsking(client, 10, done, (requestId) => {
      const namespace = NAMESPACE;
      client.say('GET_TOPICS_OF_NAMESPACE', { namespace, request_id: requestId });
    });
  }
  return () => closeAll(clients);
}

async function scrape(target: Target, done: () => void): Promise<() => void> {
  return fetching(target, '/metrics/', 16, done);
}

async function listOverRest(target: Target, done: () => void): Promise<() => void> {
  return fetching(target, `/admin/v2/persistent/${NAMESPACE}`, 32, done);
}

function fetching(
  target: Target,
  path: string,
  atOnce: number,
  done: () => void,
  guess?: () => string,
): () => void {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  let isOver = false;
  const again = (): void => {
    if (isOver) return;
    const headers = guess === undefined ? {} : { authorization: guess() };
    get({ port: target.httpPort, host: '127.0.0.1', path, agent, headers }, (response) => {
      response.resume().on('end', () => {
        done();
        setImmediate(again);
      });
    }).on('error', () => setTimeout(again, 10));
  };
  for (let i = 0; i < atOnce; i++) again();
  return () => {
    isOver = true;
    agent.destroy();
  };
}

/** As large as they may be, and no JSON. */
function sendBodies(target: Target, done: () => void): Promise<() => void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const body = Buffer.alloc(1024 * 1024 - 1, '[');
  let isOver = false;
  const again = (): void => {
    if (isOver) return;
    const path = `/admin/v2/namespaces/${NAMESPACE}`;
    const options = { port: target.httpPort, host: '127.0.0.1', path, agent, method: 'PUT' };
    request(options, (response) => {
      response.resume().on('end', () => {
        done();
        setImmediate(again);
      });
    })
      .on('error', () => setTimeout(again, 10))
      .end(body);
  };
  for (let i = 0; i < 64; i++) again();
  return Promise.resolve(() => {
    isOver = true;
    agent.destroy();
  });
}

let created = 0;

async function createTopics(target: Target, done: () => void): Promise<() => void> {
  const clients = await connect(target, 10);
  for (const client of clients) {
    keepAsking(client, 100, done, (requestId) => {
      const topic = topicOf(`new-${++created}`);
      client.say('PRODUCER', { topic, producer_id: requestId, request_id: requestId });
    });
  }
  return () => closeAll(clients);
}

/** So many requests without an answer, always. */
function keepAsking(
  client: Client,
  atOnce: number,
  done: () => void,
  ask: (requestId: number) => void,
): void {
  let requestId = 0;
  client.listen(() => {
    done();
    if (!client.isGone) ask(++requestId);
  });
  while (requestId < atOnce) ask(++requestId);
}

async function connect(target: Target, count: number): Promise<Client[]> {
  return Promise.all(Array.from({ length: count }, () => Client.connected(target)));
}

function closeAll(clients: readonly Client[]): void {
  for (const client of clients) client.close();
}

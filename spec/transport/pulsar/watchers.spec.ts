import { describe, expect, it } from 'vitest';
import { topicsHash } from '../../../src/wire/topics-hash.ts';
import type { RawClient } from './raw-client.ts';
import { useStage } from './stage.ts';

const stage = useStage();

const A = 'persistent://public/default/a';
const A1 = `${A}-partition-1`;
const B = 'persistent://public/default/b';
const SYSTEM = 'persistent://public/default/__change_events';
const WATCH = {
  request_id: 5,
  watcher_id: 9,
  namespace: 'public/default',
  topics_pattern: 'persistent://public/default/[a_].*',
} as const;

async function watching(): Promise<RawClient> {
  await stage().listen();
  stage().broker.topics = [A, B, SYSTEM];
  const client = await stage().connect();
  client.say('WATCH_TOPIC_LIST', WATCH);
  expect(await client.expect('WATCH_TOPIC_LIST_SUCCESS')).toEqual({
    request_id: 5,
    watcher_id: 9,
    topic: [A],
    topics_hash: topicsHash([A]),
  });
  return client;
}

function happens(...changes: readonly (readonly [topic: string, exists: boolean])[]): void {
  const { lists } = stage().broker;
  for (const [topic, exists] of changes) lists.receive({ type: 'topic-listed', topic, exists });
  lists.flush();
}

describe('a watch over topics', () => {
  it('tells of those that match, as they come and go', async () => {
    const client = await watching();
    happens([A1, true], [B, false], [SYSTEM, true], ['persistent://public/other/a', true]);
    expect(await client.expect('WATCH_TOPIC_UPDATE')).toEqual({
      watcher_id: 9,
      new_topics: [A1],
      topics_hash: topicsHash([A, A1]),
    });
    happens([A, false], [A1, true]);
    expect(await client.expect('WATCH_TOPIC_UPDATE')).toEqual({
      watcher_id: 9,
      deleted_topics: [A],
      topics_hash: topicsHash([A1]),
    });
  });

  it('asked for again is told once more, without the list if the client knows it', async () => {
    const client = await watching();
    client.say('WATCH_TOPIC_LIST', { ...WATCH, request_id: 6 });
    expect((await client.expect('WATCH_TOPIC_LIST_SUCCESS')).topic).toEqual([A]);
    client.say('WATCH_TOPIC_LIST', { ...WATCH, request_id: 7, topics_hash: topicsHash([A]) });
    expect((await client.expect('WATCH_TOPIC_LIST_SUCCESS')).topic).toBeUndefined();
  });

  it('misses nothing that happens while the list is made', async () => {
    await stage().listen();
    let list: (topics: readonly string[]) => void = () => {};
    const asked = new Promise<void>((resolve) => {
      stage().broker.topicsOf = () => {
        resolve();
        return new Promise((listed) => (list = listed));
      };
    });
    const client = await stage().connect();
    client.say('WATCH_TOPIC_LIST', WATCH);
    await asked;
    happens([A1, true], [A, false]);
    list([A]);
    expect((await client.expect('WATCH_TOPIC_LIST_SUCCESS')).topic).toEqual([A1]);
  });

  it('closed while the list is made is refused, asked for twice is told twice', async () => {
    await stage().listen();
    const lists: ((topics: readonly string[]) => void)[] = [];
    stage().broker.topicsOf = () => new Promise((listed) => lists.push(listed));
    const client = await stage().connect();
    client.say('WATCH_TOPIC_LIST', WATCH);
    client.say('WATCH_TOPIC_LIST_CLOSE', { request_id: 6, watcher_id: 9 });
    await client.expect('SUCCESS');
    client.say('WATCH_TOPIC_LIST', { ...WATCH, request_id: 7 });
    client.say('WATCH_TOPIC_LIST', { ...WATCH, request_id: 8 });
    expect(await client.settled()).toEqual([]);
    lists[0]!([A]);
    expect(await client.expect('ERROR')).toMatchObject({
      request_id: 5,
      message: 'Closed watcher before creation was complete.',
    });
    lists[1]!([A]);
    expect((await client.expect('WATCH_TOPIC_LIST_SUCCESS')).request_id).toBe(7);
    expect((await client.expect('WATCH_TOPIC_LIST_SUCCESS')).request_id).toBe(8);
    happens([A1, true]);
    await client.expect('WATCH_TOPIC_UPDATE');
    expect(await client.settled()).toEqual([]);
    expect(lists).toHaveLength(2);
  });

  it('ends with its CLOSE, and with its connection', async () => {
    const client = await watching();
    client.say('WATCH_TOPIC_LIST_CLOSE', { request_id: 6, watcher_id: 9 });
    await client.expect('SUCCESS');
    happens([A1, true]);
    expect(await client.settled()).toEqual([]);
    const other = await stage().connect();
    other.say('WATCH_TOPIC_LIST', WATCH);
    await other.expect('WATCH_TOPIC_LIST_SUCCESS');
    other.close();
    await client.settled();
    happens([A1, false]);
    expect(await client.settled()).toEqual([]);
  });

  it.each([
    [{ topics_pattern: 'x'.repeat(51) }, 22, /Pattern longer than maximum: 50$/],
    [{ topics_pattern: 'public/default/(' }, 17, /^Invalid topics pattern/],
    [{ namespace: 'public' }, 17, /^Invalid namespace name/],
  ])('of %j is refused', async (body, error, message) => {
    await stage().listen();
    const client = await stage().connect();
    client.say('WATCH_TOPIC_LIST', { ...WATCH, ...body });
    expect(await client.expect('ERROR')).toMatchObject({
      request_id: 5,
      error,
      message: expect.stringMatching(message),
    });
  });

  it('counts among what a connection may have', async () => {
    await stage().listen({ maxHandlesPerConnection: 1 });
    const client = await stage().connect();
    client.say('WATCH_TOPIC_LIST', WATCH);
    await client.expect('WATCH_TOPIC_LIST_SUCCESS');
    client.say('WATCH_TOPIC_LIST', { ...WATCH, request_id: 6, watcher_id: 10 });
    expect(await client.expect('ERROR')).toMatchObject({ request_id: 6, error: 22 });
  });
});

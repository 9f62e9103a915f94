import { describe, expect, it } from 'vitest';
import type { Publish } from '../../../src/actors/topic/commands.ts';
import { entryOf, frame, type RawClient, sendFrame } from './raw-client.ts';
import { producing, until, useStage } from './stage.ts';

const LOOKUPS = 2_000;

/** All of them at once, as one who does not wait for answers sends them. */
function askForMany(client: RawClient): void {
  const asked = Array.from({ length: LOOKUPS }, (_, i) =>
    frame('LOOKUP', { topic: 't', request_id: i }),
  );
  client.write(...asked);
}

describe('a client with much to say', () => {
  const stage = useStage();

  it('is served a little at a time, and others meanwhile', async () => {
    await stage().listen();
    const [crowd, neighbour] = [await stage().connect(), await stage().connect()];
    askForMany(crowd);
    await until(() => stage().broker.admitted.length > 0);
    await neighbour.settled();
    expect(stage().broker.admitted.length).toBeLessThan(LOOKUPS / 2);
    await until(() => crowd.received.length === LOOKUPS);
    const ids = crowd.received.map(({ body }) => body['request_id']);
    expect(ids).toEqual(Array.from({ length: LOOKUPS }, (_, i) => i));
  });

  it('takes turns with its own kind, while another tenant is served in the next one', async () => {
    await stage().listen();
    const neighbour = await producing(stage());
    const crowd = await Promise.all(Array.from({ length: 20 }, () => stage().connect()));
    for (const client of crowd) askForMany(client);
    await until(() => stage().broker.admitted.length > 0);
    const sends = Array.from({ length: 1_000 }, (_, i) =>
      sendFrame({ producer_id: 1, sequence_id: i }, entryOf(Buffer.alloc(1_024))),
    );
    neighbour.write(...sends);
    const publishes = () => stage().broker.commands<Publish>('publish');
    await until(() => publishes().reduce((sum, { entries }) => sum + entries.length, 0) === 1_000);
    expect(stage().broker.admitted.length).toBeLessThan((20 * LOOKUPS) / 4);
  });

  it('that opens producers is served fewer of them at a time: each may make a topic', async () => {
    await stage().listen();
    const [crowd, neighbour] = [await stage().connect(), await stage().connect()];
    const asked = Array.from({ length: 500 }, (_, i) =>
      frame('PRODUCER', { topic: `t${i}`, producer_id: i, request_id: i }),
    );
    crowd.write(...asked);
    await until(() => stage().broker.admitted.length > 0);
    // In one turn of the loop it has its own turn, and one of those that wait for theirs.
    expect(stage().broker.admitted.length).toBeLessThanOrEqual(16);
    await neighbour.settled();
    expect(stage().broker.admitted.length).toBeLessThan(500 / 2);
    await until(() => crowd.received.length === 500);
  });

  it('shares turns of the loop with all of its tenant’s, beside another tenant', async () => {
    await stage().listen();
    const crowd = await Promise.all(Array.from({ length: 20 }, () => producing(stage())));
    const neighbour = await stage().connect();
    neighbour.say('PRODUCER', { topic: 'other/space/t', producer_id: 1, request_id: 1 });
    await neighbour.expect('PRODUCER_SUCCESS');
    const sends = Array.from({ length: 200 }, (_, i) =>
      sendFrame({ producer_id: 1, sequence_id: i }, entryOf(Buffer.alloc(1_024))),
    );
    for (const client of crowd) client.write(...sends);
    const { told } = stage().broker;
    const sizes: number[] = [];
    let [seen, all] = [told.length, 0];
    while (all < 20 * 200) {
      await new Promise((resolve) => setImmediate(resolve));
      const entries = told.slice(seen).flatMap(({ command }) => command['entries'] ?? []);
      seen = told.length;
      all += entries.length;
      sizes.push(entries.length);
    }
    // Half a megabyte, what came with the last of it, and what two that waited have.
    expect(Math.max(...sizes)).toBeLessThan(1_300);
  });

  it('is hung up on in the middle of it like any other', async () => {
    await stage().listen();
    const client = await stage().connect();
    askForMany(client);
    client.write(frame('CONNECT', { client_version: 'again', protocol_version: 21 }));
    await client.closed;
    expect(stage().broker.admitted).toHaveLength(LOOKUPS);
  });

  it('is left alone once it is gone', async () => {
    await stage().listen();
    const [crowd, neighbour] = [await stage().connect(), await stage().connect()];
    askForMany(crowd);
    await until(() => stage().broker.admitted.length > 0);
    crowd.close();
    await until(() => stage().listener.connections() === 1);
    const { length } = stage().broker.admitted;
    for (let i = 0; i < 10; i++) await neighbour.settled();
    expect(stage().broker.admitted).toHaveLength(length);
    expect(length).toBeLessThan(LOOKUPS);
  });
});

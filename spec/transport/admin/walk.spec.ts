/**
 * Every endpoint that users, tools and clients call, walked here as Pulsar 4.2.4 was walked: what
 * it answered is in `spec/data/rest` (`npm run check:rest` walks both, and records).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startBroker } from './real-broker.ts';
import { contrasts } from './walk/compare.ts';
import { type Conversation, conversationsOf } from './walk/conversation.ts';
import { Differences } from './walk/differences.ts';
import { endpointsIn } from './walk/endpoints.ts';
import { played } from './walk/player.ts';
import { conversationOf } from './walk/walk.ts';

const FOLDER = new URL('../../data/rest/', import.meta.url);
/** All of them together take a few seconds, on a machine that does nothing else. */
const PATIENCE_MS = 300_000;

function recorded(): readonly Conversation[] {
  const folder = new URL('recorded/', FOLDER);
  return readdirSync(folder).flatMap((file) =>
    conversationsOf(readFileSync(new URL(file, folder), 'utf8')),
  );
}

describe('the walk over REST', () => {
  const byTitle = new Map(recorded().map((one) => [one.title, one]));
  const endpoints = endpointsIn(FOLDER);

  it('is recorded as it is walked', () => {
    const requests = (one: Conversation | undefined) => one?.turns.map(({ request }) => request);
    expect(byTitle.size).toBe(endpoints.length);
    for (const endpoint of endpoints) {
      const walked = requests(conversationOf(endpoint));
      expect(requests(byTitle.get(endpoint.path))).toEqual(walked);
    }
  });

  it(
    'hears what Pulsar answers, or what differs on purpose',
    async () => {
      const { port } = await startBroker();
      const where = { http: `localhost:${port}`, broker: 'localhost:6650' };
      const differences = new Differences(FOLDER);
      const lines: string[] = [];
      for (const { path } of endpoints) {
        const there = byTitle.get(path);
        if (there === undefined) continue;
        lines.push(...contrasts(there, await played(there, where), differences));
      }
      expect(lines).toEqual([]);
      expect(differences.unused).toEqual([]);
    },
    PATIENCE_MS,
  );
});

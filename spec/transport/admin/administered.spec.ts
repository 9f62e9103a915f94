/**
 * Conversations about administration with the broker itself, for what has an effect on it: as with
 * Pulsar 4.2.4, but for what the files say. Files are of several conversations; each has a broker.
 * An answer that ends with … begins so.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encodeEntry } from '../../../src/wire/entry.ts';
import { publish, startBroker } from './real-broker.ts';
import { conversationsOf, requestOf } from './walk/conversation.ts';

const FOLDER = new URL('./administered/', import.meta.url);

async function answerTo(port: number, request: string): Promise<string> {
  const { method, path, type = 'application/json', body } = requestOf(request);
  const response = await fetch(
    `http://127.0.0.1:${port}${path.replace('{http}', `localhost:${port}`)}`,
    {
      method,
      ...(body === undefined ? {} : { body, headers: { 'content-type': type } }),
    },
  );
  const text = await response.text();
  const known = text
    .replaceAll(`localhost:${port}`, '{http}')
    .replaceAll('localhost:6650', '{broker}')
    .replaceAll(/"(\w*Timestamp|statGeneratedAt|timestamp)":\d+/g, '"$1":{time}');
  return `${response.status} ${known}`.trimEnd();
}

for (const file of readdirSync(FOLDER)) {
  describe(file.replace('.txt', ''), () => {
    const conversations = conversationsOf(readFileSync(new URL(file, FOLDER), 'utf8'));
    it.each(conversations)('$title', async ({ turns }) => {
      const { port } = await startBroker();
      expect(turns.length).toBeGreaterThan(3);
      for (const { request, answer } of turns) {
        const heard = await answerTo(port, request);
        if (answer === undefined) expect(`${request}\n${heard}`).toMatch(/\n20[04]/);
        else if (answer.endsWith('…'))
          expect(heard.slice(0, answer.length - 1)).toBe(answer.slice(0, -1));
        else expect(`${request}\n${heard}`).toBe(`${request}\n${answer}`);
      }
    });
  });
}

it('a topic in use tells its backlog', async () => {
  const { core, port } = await startBroker();
  const base = `http://127.0.0.1:${port}/admin/v2/persistent/public/default/t`;
  await fetch(`${base}/subscription/s%2F1`, {
    method: 'PUT',
    body: '{"ledgerId":-1,"entryId":-1}',
  });
  const metadata = { producer_name: 'p', sequence_id: 0, publish_time: 1 };
  const entries = [1, 2].map(() => encodeEntry(metadata, Buffer.from('x')));
  await publish(core, 'persistent://public/default/t', entries, [1, 1]);
  const stats = (await (await fetch(`${base}/backlog`)).json()) as Record<string, unknown>;
  expect(stats).toMatchObject({ totalMessages: 2, messageBacklog: 2 });
  expect(stats['cursorDetails']).toEqual({ 's%2F1': { cursorBacklog: 2, cursorLedgerId: -1 } });
  expect(stats['dataLedgerDetails']).toMatchObject([{ entries: 2, size: stats['storageSize'] }]);
});

it('the load report counts what is in memory, by bundle', async () => {
  const { core, port } = await startBroker();
  const base = `http://127.0.0.1:${port}/admin/v2`;
  const topic = `${base}/persistent/public/default/t`;
  await fetch(`${topic}/subscription/s`, { method: 'PUT' });
  const metadata = { producer_name: 'p', sequence_id: 0, publish_time: 1 };
  const entries = [encodeEntry(metadata, Buffer.from('x'))];
  await publish(core, 'persistent://public/default/t', entries, [1]);
  const report = (await (await fetch(`${base}/broker-stats/load-report`)).json()) as {
    readonly bundles: readonly string[];
    readonly lastStats: Readonly<Record<string, unknown>>;
  };
  const { bundles, lastStats } = report;
  expect(report).toMatchObject({ numTopics: 1, numBundles: 1, numConsumers: 0 });
  expect(bundles[0]).toMatch(/^public\/default\/0x/);
  expect(lastStats[bundles[0] ?? '']).toMatchObject({ topics: 1, consumerCount: 0, msgRateIn: 0 });
});

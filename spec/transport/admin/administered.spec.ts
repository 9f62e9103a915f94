/**
 * Conversations about administration with the broker itself, for what has an effect on it: as with
 * Pulsar 4.2.4, but for what the files say. Files are of several conversations; each has a broker.
 * An answer that ends with … begins so.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startBroker } from './real-broker.ts';
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

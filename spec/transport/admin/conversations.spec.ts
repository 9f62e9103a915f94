/** Whole conversations that Pulsar 4.2.4 was recorded in: the answers here are the same. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BROKER_PORT, type Rest, startRest } from './rest.ts';
import { conversationsOf, requestOf } from './walk/conversation.ts';

const NOTHING = { title: '', turns: [] };
const FOLDER = new URL('./conversations/', import.meta.url);

async function answerTo(rest: Rest, request: string): Promise<string> {
  const { method, path, body, type } = requestOf(request);
  const { status, text } = await rest.send(method, path, body, type);
  const known = text
    .replaceAll(rest.http, '{http}')
    .replaceAll(`localhost:${BROKER_PORT}`, '{broker}');
  return `${status} ${known}`.trimEnd();
}

describe('REST as Pulsar speaks it', () => {
  for (const file of readdirSync(FOLDER)) {
    const [{ title, turns } = NOTHING] = conversationsOf(
      readFileSync(new URL(file, FOLDER), 'utf8'),
    );
    it(`${file.replace('.txt', '')}: ${title}`, async () => {
      const rest = await startRest();
      expect(turns.length).toBeGreaterThan(5);
      for (const { request, answer } of turns) {
        expect(`${request}\n${await answerTo(rest, request)}`).toBe(`${request}\n${answer}`);
      }
    });
  }
});

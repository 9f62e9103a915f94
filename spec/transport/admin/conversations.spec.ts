/** Whole conversations that Pulsar 4.2.4 was recorded in: the answers here are the same. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BROKER_PORT, type Rest, startRest } from './rest.ts';

interface Turn {
  readonly request: string;
  readonly answer: string;
}

/** The first line says what the conversation shows; `>` is a request and `<` its answer. */
function conversation(file: string): { readonly title: string; readonly turns: readonly Turn[] } {
  const lines = readFileSync(new URL(file, FOLDER), 'utf8').split('\n');
  const turns = lines.flatMap((line, index) => {
    if (!line.startsWith('> ')) return [];
    return [{ request: line.slice(2), answer: (lines[index + 1] ?? '').slice(2) }];
  });
  return { title: (lines[0] ?? '').slice(2), turns };
}

const FOLDER = new URL('./conversations/', import.meta.url);

async function answerTo(rest: Rest, request: string): Promise<string> {
  const [method = '', path = '', ...words] = request.split(' ');
  const typed = words[0]?.startsWith('@') ? words.shift() : undefined;
  const body = words.length > 0 ? words.join(' ') : undefined;
  const { status, text } = await rest.send(method, path, body, typed?.slice(1));
  const known = text
    .replaceAll(rest.http, '{http}')
    .replaceAll(`localhost:${BROKER_PORT}`, '{broker}');
  return `${status} ${known}`.trimEnd();
}

describe('REST as Pulsar speaks it', () => {
  for (const file of readdirSync(FOLDER)) {
    const { title, turns } = conversation(file);
    it(`${file.replace('.txt', '')}: ${title}`, async () => {
      const rest = await startRest();
      expect(turns.length).toBeGreaterThan(5);
      for (const { request, answer } of turns) {
        expect(`${request}\n${await answerTo(rest, request)}`).toBe(`${request}\n${answer}`);
      }
    });
  }
});

/** Stored messages over REST, on a real broker: what Pulsar 4.2.4 answered to the same requests. */
import { readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parseTopicName } from '../../../src/base/topic-name.ts';
import { buildBatch } from '../../../src/wire/batch.ts';
import { encodeEntry } from '../../../src/wire/entry.ts';
import { CompressionType, type MessageMetadata } from '../../../src/wire/messages.ts';
import { publish, startBroker } from './real-broker.ts';

/** Creates something below the default namespace, which must succeed. */
async function put(port: number, path: string, body?: string): Promise<void> {
  const url = `http://127.0.0.1:${port}/admin/v2/persistent/public/default/${path}`;
  const answer = await fetch(url, { method: 'PUT', ...(body === undefined ? {} : { body }) });
  expect(`${path} ${answer.status}`).toBe(`${path} 204`);
}

/** Of the entries below. */
const MESSAGE_COUNTS = [1, 1, 1, 1, 3, 1];

const LONG_AGO_MS = 1_700_000_000_000;

/** The messages that were sent to Pulsar, a second apart. */
function messages(publishedAtMs = LONG_AGO_MS): Buffer[] {
  const from = (name: string, at: number): MessageMetadata => ({
    producer_name: name,
    sequence_id: 0,
    publish_time: publishedAtMs + at * 1_000,
  });
  const three = Buffer.from('three '.repeat(50));
  const four = Buffer.from('four '.repeat(50));
  const batch = buildBatch(
    [0, 1, 2].map((i) => ({
      metadata: { properties: [{ key: 'n', value: `${i}` }], partition_key: `k${i}` },
      payload: Buffer.from(`b${i}`),
    })),
  );
  return [
    encodeEntry(
      {
        ...from('prod', 0),
        properties: [
          { key: 'k', value: 'v' },
          { key: 'x', value: 'y "q" é' },
        ],
        partition_key: 'key1',
        event_time: 1234567890123,
        ordering_key: Buffer.from('ok'),
      },
      Buffer.from('one'),
    ),
    encodeEntry(from('prod', 1), Buffer.from('two')),
    encodeEntry(
      { ...from('zl', 2), compression: CompressionType.ZLIB, uncompressed_size: 300 },
      deflateSync(three),
    ),
    encodeEntry(
      { ...from('lz', 3), compression: CompressionType.LZ4, uncompressed_size: 250 },
      // One literal of all its bytes.
      Buffer.concat([Buffer.from([0xf0, 235]), four]),
    ),
    encodeEntry({ ...from('bat', 4), num_messages_in_batch: 3, partition_key: 'k0' }, batch),
    encodeEntry({ ...from('nul', 5), sequence_id: 77 }, Buffer.alloc(0)),
  ];
}

interface Turn {
  readonly request: string;
  readonly answer: readonly string[];
}

/** `>` is a request; `<` its answer, and the lines below its headers that begin with X-Pulsar. */
function conversation(file: string): readonly Turn[] {
  const text = readFileSync(new URL(`./stored/${file}`, import.meta.url), 'utf8');
  return text
    .split('\n\n')
    .map((block) => block.split('\n').filter((line) => line !== '' && !line.startsWith('#')))
    .filter((lines) => lines.length > 0)
    .map(([first = '', ...answer]) => ({ request: first.slice(2), answer }));
}

async function answerTo(port: number, request: string, ledger: number): Promise<string[]> {
  const [method = '', path = '', ...words] = request.replaceAll('{ledger}', `${ledger}`).split(' ');
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    ...(words.length === 0 ? {} : { body: words.join(' ') }),
  });
  const known = (text: string) => text.replaceAll(new RegExp(`\\b${ledger}\\b`, 'g'), '{ledger}');
  const bytes = Buffer.from(await response.arrayBuffer());
  const text = /[^\P{Cc}\n]/u.test(bytes.toString()) ? `${bytes.length} bytes` : bytes.toString();
  const headers = [...response.headers].filter(([name]) => name.startsWith('x-pulsar-'));
  return [
    `< ${response.status} ${known(text)}`.trimEnd(),
    ...headers.map(([name, value]) => `  ${name}: ${known(value)}`).sort(),
  ];
}

const SUBSCRIPTIONS = [
  'a/subscription/s',
  'a/subscription/s2',
  'b/subscription/e',
  'p/subscription/ps',
];

describe('stored messages as Pulsar shows them', () => {
  it.each([
    ['messages.txt', LONG_AGO_MS],
    ['backlogs.txt', Date.now() - 60_000],
    ['properties.txt', LONG_AGO_MS],
    ['non-persistent.txt', LONG_AGO_MS],
  ])('%s', async (file, publishedAtMs) => {
    const { core, port } = await startBroker();
    // So that the ledger's number is in no answer by chance.
    await put(port, 'many/partitions', '1234');
    for (const path of ['a', 'b']) await put(port, path);
    await put(port, 'p/partitions', '2');
    for (const path of SUBSCRIPTIONS) {
      await put(port, path, '{"ledgerId":-1,"entryId":-1}');
    }
    const topic = 'persistent://public/default/a';
    await publish(core, topic, messages(publishedAtMs), MESSAGE_COUNTS);
    const ledger = core.broker.topicView(parseTopicName(topic))?.ledgers.at(-1)?.ledgerId ?? 0;
    const turns = conversation(file);
    expect(turns.length).toBeGreaterThan(10);
    for (const { request, answer } of turns) {
      const heard = await answerTo(port, request, ledger);
      const said = [
        answer[0] ?? '',
        ...answer
          .slice(1)
          .map((line) => `  ${line.trim()}`)
          .sort(),
      ];
      // Headers count where the conversation tells of any.
      const compared = said.length > 1 ? heard : heard.slice(0, 1);
      expect([request, ...compared]).toEqual([request, ...said]);
    }
  });

  it('tells how many bytes there are behind a message', async () => {
    const { core, port } = await startBroker();
    const base = `http://127.0.0.1:${port}/admin/v2/persistent/public/default/a`;
    await put(port, 'a');
    const entries = messages();
    await publish(core, 'persistent://public/default/a', entries, MESSAGE_COUNTS);
    const { ledgerId } = core.broker
      .topicView(parseTopicName('persistent://public/default/a'))!
      .ledgers.at(-1)!;
    const total = entries.reduce((sum, { length }) => sum + length, 0);
    const mean = Math.floor(total / entries.length);
    const behind = async (position: object) => {
      const answer = await fetch(`${base}/backlogSize`, {
        method: 'PUT',
        body: JSON.stringify(position),
      });
      return Number(await answer.text());
    };
    expect(await behind({ ledgerId, entryId: 0, partitionIndex: -1 })).toBe(total - mean);
    expect(await behind({ ledgerId, entryId: 3 })).toBe(total - 4 * mean);
    expect(await behind({ ledgerId, entryId: 5 })).toBe(0);
    expect(await behind({ ledgerId, entryId: -1 })).toBe(total);
    expect(await behind({ ledgerId: ledgerId + 7, entryId: 0 })).toBe(total);
    expect(await behind({})).toBe(total);
  });

  it('writes names of headers as Pulsar does, for clients that tell them apart', async () => {
    const { core, port } = await startBroker();
    await put(port, 'a');
    await publish(core, 'persistent://public/default/a', messages(), MESSAGE_COUNTS);
    const { request } = await import('node:http');
    const path = '/admin/v2/persistent/public/default/a/examinemessage?initialPosition=earliest';
    const names = await new Promise<string[]>((resolve) => {
      const asked = request({ port, host: '127.0.0.1', path }, (response) => {
        response.resume();
        resolve(response.rawHeaders.filter((_, i) => i % 2 === 0));
      });
      asked.end();
    });
    expect(names).toContain('X-Pulsar-Message-ID');
    expect(names).toContain('X-Pulsar-PROPERTY');
  });
});

/** Stored messages on the terminal, as pulsar-admin showed them. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { runAdmin } from '../../src/cli/admin-command.ts';
import { buildBatch } from '../../src/wire/batch.ts';
import { runCommand } from './terminal.ts';

const FIRST = `Message ID: 1:0
Publish time: 1795394213440
Event time: 1700000000000
Properties:
a    1
b    x y
         +-------------------------------------------------+
         |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |
+--------+-------------------------------------------------+----------------+
|00000000| 68 65 6c 6c 6f                                  |hello           |
+--------+-------------------------------------------------+----------------+
`;

const RULE = `${'-'.repeat(73)}\n\n`;

const batched = (index: number, digit: string) => `Batch Message ID: 1:1:${index}
Publish time: 1795394213463
Event time: 0
Properties:
X-Pulsar-batch-size    79
X-Pulsar-num-batch-message    2
n    ${index}
         +-------------------------------------------------+
         |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |
+--------+-------------------------------------------------+----------------+
|00000000| 62 61 74 63 68 65 64 20 ${digit} 62 61 74 63 68 65 64 |batched ${index}batched|
|00000010| 20 ${digit} 0a                                        | ${index}.             |
+--------+-------------------------------------------------+----------------+
`;

const MESSAGES = [
  {
    headers: {
      'X-Pulsar-Message-ID': '1:0',
      'X-Pulsar-PROPERTY': '{"a":"1","b":"x y"}',
      'X-Pulsar-publish-time': '2026-11-23T00:36:53.440Z',
      'X-Pulsar-event-time': '2023-11-14T22:13:20Z',
    },
    bytes: Buffer.from('hello'),
  },
  {
    headers: {
      'X-Pulsar-Message-ID': '1:1',
      'X-Pulsar-PROPERTY': '{}',
      'X-Pulsar-publish-time': '2026-11-23T00:36:53.463Z',
      'X-Pulsar-num-batch-message': '2',
      'X-Pulsar-batch-size': '79',
    },
    bytes: buildBatch(
      [0, 1].map((n) => ({
        metadata: { properties: [{ key: 'n', value: String(n) }] },
        payload: Buffer.from(`batched ${n}batched ${n}\n`),
      })),
    ),
  },
];

/** Answers what is asked for by its number, or its entry, and keeps what was asked. */
async function standIn(stored?: readonly Readonly<Record<string, string>>[]) {
  const messages = stored?.map((headers) => ({ headers, bytes: Buffer.from('x') })) ?? MESSAGES;
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const [, number = '1'] = /position\/(\d+)$/.exec(request.url ?? '') ?? [];
    const entry = /entry\/(\d+)$/.exec(request.url ?? '')?.[1];
    const message = messages[entry === undefined ? Number(number) - 1 : Number(entry)];
    response.writeHead(message === undefined ? 404 : 200, message?.headers);
    response.end(message?.bytes ?? '{"reason":"Message not found"}');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const topics = (words: string) =>
    runCommand(
      runAdmin,
      ['--admin-url', `http://127.0.0.1:${port}`, 'topics', ...words.split(' ')],
      { HOME: '/nowhere' },
    );
  return { asked, topics };
}

it('shows the next messages of a subscription, those of a batch one by one', async () => {
  const { asked, topics } = await standIn();
  const { code, out } = await topics('peek-messages t -s s -n 5');
  expect(out).toBe([FIRST, batched(0, '30'), batched(1, '31')].join(RULE));
  expect(code).toBe(0);
  const at = '/admin/v2/persistent/public/default/t/subscription/s/position';
  expect(asked).toEqual([`${at}/1`, `${at}/2`, `${at}/3`]);
});

it('shows as many messages as asked for, also of a batch', async () => {
  const { topics } = await standIn();
  const { out } = await topics('peek-messages t -s s -n 2');
  expect(out).toBe([FIRST, batched(0, '30')].join(RULE));
});

it('leaves out markers and what no transaction has committed, unless asked for', async () => {
  const idsOf = (out: string) =>
    (JSON.parse(out) as { messageId: string }[]).map((m) => m.messageId);
  const { topics } = await standIn([
    { 'X-Pulsar-Message-ID': '1:0', 'X-Pulsar-marker-type': '22' },
    { 'X-Pulsar-Message-ID': '1:1', 'X-Pulsar-txn-aborted': 'true' },
    { 'X-Pulsar-Message-ID': '1:2', 'X-Pulsar-txn-aborted': 'false' },
    { 'X-Pulsar-Message-ID': '1:3', 'X-Pulsar-txn-uncommitted': 'true' },
  ]);
  const peek = async (flags: string) =>
    idsOf((await topics(`peek-messages t -s s -n 4 --json ${flags}`.trim())).out);
  expect(await peek('')).toEqual(['1:2']);
  expect(await peek('-ssm')).toEqual(['1:0', '1:2']);
  expect(await peek('-til READ_UNCOMMITTED')).toEqual(['1:1', '1:2', '1:3']);
  const wrong = await topics('peek-messages t -s s -til SERIALIZABLE');
  expect(wrong).toMatchObject({ code: 1, out: '' });
});

it('shows one message by its place or by its id', async () => {
  const { asked, topics } = await standIn();
  expect((await topics('examine-messages t -i earliest -m 2')).out).toBe(FIRST);
  expect((await topics('get-message-by-id t -l 1 -e 1')).out).toBe(batched(0, '30'));
  const at = '/admin/v2/persistent/public/default/t';
  expect(asked).toEqual([
    `${at}/examinemessage?initialPosition=earliest&messagePosition=2`,
    `${at}/ledger/1/entry/1`,
  ]);
});

it('says that a message is missing, and gives all of it as JSON', async () => {
  const { topics } = await standIn();
  const missing = await topics('get-message-by-id t -l 1 -e 9');
  expect([missing.code, missing.err]).toEqual([
    1,
    'Message not found\n\nReason: Message not found\n',
  ]);
  expect(JSON.parse((await topics('peek-messages t -s s --json')).out)).toEqual([
    {
      messageId: '1:0',
      publishTime: 1_795_394_213_440,
      eventTime: 1_700_000_000_000,
      properties: { a: '1', b: 'x y' },
      payload: Buffer.from('hello').toString('base64'),
    },
  ]);
});

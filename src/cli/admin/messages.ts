/** Stored messages on the terminal: who they are, and their bytes beside what they read as. */
import type { Headers } from '../rest.ts';
import { isMissing, type Received, type Session } from './session.ts';
import { UsageError } from './words.ts';

interface Shown {
  readonly id: string;
  /** Of a batch, which the broker gives as a whole. */
  readonly isBatched: boolean;
  readonly headers: Headers;
  readonly properties: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch; 0 for none. */
  readonly eventTimeMs: number;
  readonly payload: Buffer;
}

/** The next messages of a subscription, of those that the flags let through. */
export async function peekMessages(session: Session): Promise<string> {
  const path = session.fill('{topic}/subscription/{--subscription}/position');
  const count = Number(session.flag('--count') ?? 1);
  const isShown = filterOf(session);
  const messages: Shown[] = [];
  for (let entry = 1; messages.length < count; entry += 1) {
    try {
      messages.push(
        ...(await messagesIn(await session.receive(`${path}/${entry}`))).filter(isShown),
      );
    } catch (error) {
      if (entry > 1 && isMissing(error)) break;
      throw error;
    }
  }
  return textOf(session, messages.slice(0, count));
}

/** Markers and what a transaction has not committed are left out unless asked for. */
function filterOf(session: Session): (message: Shown) => boolean {
  const withMarkers = '--show-server-marker' in session.words.flags;
  const level = session.flag('--transaction-isolation-level') ?? 'READ_COMMITTED';
  if (level !== 'READ_COMMITTED' && level !== 'READ_UNCOMMITTED') {
    throw new UsageError(
      `Invalid value for option '--transaction-isolation-level': expected one of ` +
        `[READ_COMMITTED, READ_UNCOMMITTED] (case-sensitive) but was '${level}'`,
    );
  }
  return ({ headers }) => {
    if (!withMarkers && textIn(headers, 'marker-type') !== undefined) return false;
    const isOpen = ['txn-aborted', 'txn-uncommitted'].some((n) => textIn(headers, n) === 'true');
    return level === 'READ_UNCOMMITTED' || !isOpen;
  };
}

/** The first message of an entry that is counted from one end. */
export async function examineMessages(session: Session): Promise<string> {
  const from = session.flag('--initialPosition') ?? 'latest';
  if (from !== 'latest' && from !== 'earliest') {
    throw new UsageError(`Invalid value for --initialPosition: '${from}'`);
  }
  const number = session.flag('--messagePosition') ?? '1';
  const path = session.fill('{topic}/examinemessage');
  const query = `initialPosition=${from}&messagePosition=${number}`;
  return textOf(session, (await messagesIn(await session.receive(`${path}?${query}`))).slice(0, 1));
}

export async function messageById(session: Session): Promise<string> {
  const path = session.fill('{topic}/ledger/{--ledgerId}/entry/{--entryId}');
  return textOf(session, (await messagesIn(await session.receive(path))).slice(0, 1));
}

async function messagesIn({ headers, bytes }: Received): Promise<Shown[]> {
  const id = textIn(headers, 'message-id') ?? '';
  const properties = JSON.parse(textIn(headers, 'property') ?? '{}') as Record<string, string>;
  const eventTimeMs = Date.parse(textIn(headers, 'event-time') ?? '') || 0;
  const whole = { id, isBatched: false, headers, properties, eventTimeMs, payload: bytes };
  const count = textIn(headers, 'num-batch-message');
  if (count === undefined || textIn(headers, 'is-encrypted') === 'true') return [whole];
  // Loaded only where there is a batch: most calls show none.
  const { readBatch } = await import('../../wire/batch.ts');
  return [...readBatch(bytes, Number(count))].map(({ metadata, payload }, index) => ({
    id: `${id}:${index}`,
    isBatched: true,
    headers,
    properties: Object.fromEntries(
      (metadata.properties ?? []).map(({ key, value }) => [key, value]),
    ),
    eventTimeMs: Number(metadata.event_time ?? 0),
    payload,
  }));
}

function textOf({ isJson }: Session, messages: readonly Shown[]): string {
  if (!isJson) return messages.map(shown).join(`${'-'.repeat(73)}\n\n`);
  const documents = messages.map(({ id, headers, properties, eventTimeMs, payload }) => ({
    messageId: id,
    publishTime: publishTimeMs(headers),
    eventTime: eventTimeMs,
    properties,
    payload: payload.toString('base64'),
  }));
  return `${JSON.stringify(documents)}\n`;
}

/** Line by line as pulsar-admin shows it. */
function shown({ id, isBatched, headers, properties, eventTimeMs, payload }: Shown): string {
  const deliverAt = textIn(headers, 'deliver-at-time');
  const all = { ...(isBatched ? batchOf(headers) : {}), ...properties };
  const lines = Object.entries(all).map(([key, value]) => `${key}    ${value}`);
  return [
    `${isBatched ? 'Batch ' : ''}Message ID: ${id}`,
    `Publish time: ${publishTimeMs(headers)}`,
    `Event time: ${eventTimeMs}`,
    ...(deliverAt === undefined ? [] : [`Deliver at time: ${Date.parse(deliverAt)}`]),
    ...(lines.length === 0 ? [] : ['Properties:', ...lines]),
    ...hexDump(payload),
    '',
  ].join('\n');
}

/** What Pulsar's client counts among the properties of a batched message. */
function batchOf(headers: Headers): Record<string, string> {
  const names = ['batch-size', 'num-batch-message'];
  return Object.fromEntries(names.map((name) => [`X-Pulsar-${name}`, textIn(headers, name) ?? '']));
}

function publishTimeMs(headers: Headers): number {
  return Date.parse(textIn(headers, 'publish-time') ?? '') || 0;
}

function textIn(headers: Headers, name: string): string | undefined {
  const value = headers[`x-pulsar-${name}`];
  return Array.isArray(value) ? value.join() : value;
}

const EDGE = `+${'-'.repeat(8)}+${'-'.repeat(49)}+${'-'.repeat(16)}+`;
const HEAD = [
  `         +${'-'.repeat(49)}+`,
  '         |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |',
  EDGE,
];

/** Sixteen bytes a line; nothing for none. */
function hexDump(bytes: Buffer): string[] {
  if (bytes.length === 0) return [];
  const rows: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const hex = row.map((byte) => ` ${byte.toString(16).padStart(2, '0')}`).join('');
    const text = row.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : '.'));
    const place = at.toString(16).padStart(8, '0');
    rows.push(`|${place}|${hex.padEnd(48)} |${text.join('').padEnd(16)}|`);
  }
  return [...HEAD, ...rows, EDGE];
}

/** What an answer looks like on the terminal, as pulsar-admin shows it. */
import { partsOfJson, prettyJson } from './json-text.ts';

/** The text of an answer's body, with its line end; nothing where nothing is to be said. */
export function show(output: string, body: string): string {
  const how = OUTPUTS[output] ?? plain;
  return how(body.trim());
}

/** Lists a value a line, texts bare, the rest as JSON; an answer without a body is null. */
function plain(body: string): string {
  if (body === '') return 'null\n';
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return `${body}\n`;
  }
  if (!Array.isArray(value)) return one(value, body);
  return partsOfJson(body)
    .map(({ text }, i) => one((value as unknown[])[i], text))
    .join('');
}

function one(value: unknown, text: string): string {
  return `${typeof value === 'string' ? value : prettyJson(text)}\n`;
}

/** A member a line: its name, four spaces, its value. */
function map(body: string): string {
  if (body === '') return '';
  return partsOfJson(body)
    .map(({ name, text }) => `${name}    ${javaText(text)}\n`)
    .join('');
}

/** Lists and texts as Java shows them. */
function javaText(text: string): string {
  const value: unknown = JSON.parse(text);
  if (Array.isArray(value)) return `[${value.join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, each]) => `${key}=${each}`)
      .join(', ')}}`;
  }
  return typeof value === 'string' ? value : text;
}

function terminated(body: string): string {
  return `Topic successfully terminated at ${idText(JSON.parse(body))}\n`;
}

export interface MessageId {
  readonly ledgerId: number;
  readonly entryId: number;
  readonly partitionIndex: number;
}

export function idText({ ledgerId, entryId, partitionIndex }: MessageId): string {
  return `${ledgerId}:${entryId}:${partitionIndex}`;
}

function lookup(body: string): string {
  const { brokerUrl, brokerUrlTls } = JSON.parse(body) as Record<string, string | undefined>;
  return `${brokerUrl ?? brokerUrlTls}\n`;
}

/** The answer of REST with the members of a SchemaInfo, its definition as an object where it is. */
function schema(body: string): string {
  const members = new Map(partsOfJson(body).map(({ name, text }) => [name, text]));
  const data = JSON.parse(members.get('data') ?? '""') as string;
  const definition = isObject(data) ? data : JSON.stringify(data);
  return `${prettyJson(
    `{"version":${members.get('version')},"schemaInfo":{"name":"","schema":${definition},` +
      `"type":${members.get('type')},"timestamp":${members.get('timestamp')},` +
      `"properties":${members.get('properties') ?? '{}'}}}`,
  )}\n`;
}

function isObject(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

const OUTPUTS: Readonly<Record<string, (body: string) => string>> = {
  show: plain,
  map,
  schema,
  lookup,
  terminated,
  json: (body) => `${prettyJson(body === '' ? 'null' : body)}\n`,
  bare: (body) => `${body}\n`,
  text: (body) => `${body}\n`,
  persistence: (body) => plain(body).replace(/(MarkDeleteRate" : -?\d+)(?=[,\s])/, '$1.0'),
  quiet: () => '',
  shadowSource: (body) => {
    const members = JSON.parse(body || '{}') as Record<string, string>;
    return `${members['PULSAR.SHADOW_SOURCE'] ?? 'null'}\n`;
  },
};

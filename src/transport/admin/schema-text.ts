/** Definitions of schemas as REST writes them: text, and pairs of key and value as one document. */
import { halves, textOf } from '../../actors/schema/compatibility.ts';
import { KIND, type Schema } from '../../actors/schema/schema.ts';
import { BrokerError } from '../../base/errors.ts';

/** The bytes that a definition given as text stands for. Throws `unprocessable`. */
export function definitionBytes(kind: number, text: string): Buffer {
  return kind === KIND.keyValue ? pairBytes(text) : Buffer.from(text);
}

/** The other way round. */
export function definitionText(schema: Schema): string {
  return schema.kind === KIND.keyValue ? pairText(schema) : textOf(schema);
}

function pairText(schema: Schema): string {
  const [key, value] = halves(schema).map((half) => {
    const text = textOf(half);
    return text.startsWith('{') ? (JSON.parse(text) as unknown) : text;
  });
  return JSON.stringify({ key, value });
}

function pairBytes(text: string): Buffer {
  const { key, value } = pairIn(text);
  const parts = [key, value].flatMap((half) => {
    const bytes = Buffer.from(typeof half === 'string' ? half : JSON.stringify(half ?? ''));
    const length = Buffer.alloc(4);
    length.writeInt32BE(bytes.length);
    return [length, bytes];
  });
  return Buffer.concat(parts);
}

function pairIn(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    throw new BrokerError('unprocessable', 'Invalid schema definition data for KEY_VALUE schema');
  }
}

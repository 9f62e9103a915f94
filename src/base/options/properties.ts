/**
 * Java's property-file syntax, as `java.util.Properties` reads it: comments, `=`, `:` or space
 * between key and value, lines continued by a backslash, escapes. Keeps the line of each key.
 */
import { BrokerError } from '../errors.ts';

export interface Property {
  readonly key: string;
  readonly value: string;
  /** Where the property begins, counted from 1. */
  readonly line: number;
}

/** Properties in the order of the file. Throws `bad-option` for an escape that means nothing. */
export function parseProperties(content: string, path: string): Property[] {
  return logicalLines(content).map(({ text, line }) => {
    const { key, value } = split(text);
    const place = `${path}:${line}`;
    return { key: unescapeText(key, place), value: unescapeText(value, place), line };
  });
}

interface LogicalLine {
  readonly text: string;
  readonly line: number;
}

/** Lines without blanks and comments; an odd number of backslashes at the end joins the next. */
function logicalLines(content: string): LogicalLine[] {
  const lines: LogicalLine[] = [];
  let open: LogicalLine | undefined;
  for (const [index, raw] of content
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const natural = raw.replace(/^[ \t\f]+/, '');
    if (open === undefined && /^([#!]|$)/.test(natural)) continue;
    const continues = /(^|[^\\])(\\\\)*\\$/.test(natural);
    const text = (open?.text ?? '') + (continues ? natural.slice(0, -1) : natural);
    open = { text, line: open?.line ?? index + 1 };
    if (continues) continue;
    lines.push(open);
    open = undefined;
  }
  if (open !== undefined) lines.push(open);
  return lines;
}

/** The key ends at the first `=`, `:` or blank that no backslash precedes. */
function split(text: string): { key: string; value: string } {
  const key = /^(?:\\.|[^\\=: \t\f])*/.exec(text)?.[0] ?? '';
  const value = text.slice(key.length).replace(/^[ \t\f]*[=:]?[ \t\f]*/, '');
  return { key, value };
}

const LETTERS: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

function unescapeText(text: string, place: string): string {
  return text.replace(/\\(u[0-9A-Fa-f]{4}|[\s\S]|$)/g, (_, escaped: string) => {
    if (/^u./.test(escaped)) return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
    if (escaped !== 'u') return LETTERS[escaped] ?? escaped;
    throw new BrokerError('bad-option', `${place}: \\u must be followed by four hex digits`);
  });
}

/**
 * The log: leveled lines with a few fields, as text for people or as JSON for collectors. No field
 * may hold a credential or the content of a message.
 */
import type { Clock } from './clock.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Facts beside the sentence. An `Error` is written with its stack and its causes. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log that adds `fields` to each line. */
  with(fields: LogFields): Log;
}

export interface LogOptions {
  /** Less severe lines are dropped. */
  readonly level: LogLevel;
  readonly format: 'human' | 'json';
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Takes one line with its line break. */
  readonly write: (line: string) => void;
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

export function createLog(options: LogOptions, bound: LogFields = {}): Log {
  const { level, format, clock, write } = options;
  const least = LEVELS.indexOf(level);
  const line = format === 'json' ? jsonLine : humanLine;
  const at =
    (severity: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (LEVELS.indexOf(severity) < least) return;
      const time = new Date(clock.nowMs()).toISOString();
      write(`${line(time, severity, message, { ...bound, ...fields })}\n`);
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => createLog(options, { ...bound, ...fields }),
  };
}

/** A log that says nothing. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  with: () => silentLog,
};

function jsonLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  return JSON.stringify({ ...fields, time, level, message }, plain);
}

/** What JSON cannot hold by itself. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Error ? story(value) : value;
}

function humanLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  const pairs = Object.entries(fields).filter(([, value]) => !(value instanceof Error));
  const facts = pairs.map(([name, value]) => ` ${name}=${shown(value)}`).join('');
  const errors = Object.values(fields).filter((value) => value instanceof Error);
  const stories = errors.map((error) => `\n${story(error)}`).join('');
  const oneLine = message.replace(/[\r\n]+/g, ' ');
  return `${time.slice(11)} ${level.toUpperCase().padEnd(5)} ${oneLine}${facts}${stories}`;
}

function shown(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"=]+$/.test(value)) return value;
  return JSON.stringify(value, plain) ?? 'undefined';
}

/** An error's stack, and what caused it. */
function story(error: Error): string {
  const own = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause instanceof Error ? `${own}\nCaused by: ${story(error.cause)}` : own;
}

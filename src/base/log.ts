/**
 * The log: leveled lines with a few fields, as text for people or as JSON for collectors. No field
 * may hold a credential or the content of a message; what looks like a credential all the same is
 * not written.
 */
import type { Clock } from './clock.ts';
import { RepeatedLines } from './repeated-lines.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Parts of the broker that may have levels of their own. */
export const LOG_MODULES = ['actors', 'compaction', 'metrics', 'protocol', 'rest'] as const;
export type LogModule = (typeof LOG_MODULES)[number];
export type ModuleLevels = Readonly<Partial<Record<LogModule, LogLevel>>>;

/** Facts beside the sentence. An `Error` is written with its stack and its causes. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log that adds `fields` to each line. */
  with(fields: LogFields): Log;
  /** The log of a part of the broker: it says which one in each line, and has its level. */
  of(module: LogModule): Log;
}

export interface LogOptions {
  /** Less severe lines are dropped. */
  readonly level: LogLevel;
  /** The same for parts of the broker that differ. */
  readonly levels?: ModuleLevels;
  readonly format: 'human' | 'json';
  /** Lines of one sentence that are written in a second; those of level debug all are. */
  readonly repeatsPerSecond?: number;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Takes one line with its line break. */
  readonly write: (line: string) => void;
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

export function createLog(options: LogOptions): Log {
  const { repeatsPerSecond = Number.POSITIVE_INFINITY } = options;
  return logWith(options, new RepeatedLines(repeatsPerSecond), {});
}

function logWith(options: LogOptions, repeated: RepeatedLines, bound: LogFields): Log {
  const { level, levels, format, clock } = options;
  const least = LOG_LEVELS.indexOf(level);
  const line = format === 'json' ? jsonLine : humanLine;
  const write = (severity: LogLevel, message: string, nowMs: number, fields: LogFields): void => {
    const time = new Date(nowMs).toISOString();
    options.write(`${withoutTokens(line(time, severity, message, fields))}\n`);
  };
  const at =
    (severity: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (LOG_LEVELS.indexOf(severity) < least) return;
      const nowMs = clock.nowMs();
      for (const { sentence, lines } of repeated.turn(nowMs)) {
        write('warn', 'lines that repeat one another were left out', nowMs, { sentence, lines });
      }
      if (severity !== 'debug' && !repeated.take(message)) return;
      write(severity, message, nowMs, { ...bound, ...fields });
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => logWith(options, repeated, { ...bound, ...fields }),
    of: (module) => {
      const own = { ...options, level: levels?.[module] ?? level };
      return logWith(own, repeated, { ...bound, module });
    },
  };
}

/** A log that says nothing. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  with: () => silentLog,
  of: () => silentLog,
};

/** The levels in a text such as `rest=debug,protocol=warn`, of the form that options allow. */
export function moduleLevels(text: string): ModuleLevels {
  const pairs = text.split(',').filter((pair) => pair.trim() !== '');
  return Object.fromEntries(pairs.map((pair) => pair.split('=').map((word) => word.trim())));
}

function jsonLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  return JSON.stringify({ ...fields, time, level, message }, plain);
}

/** Names of fields that hold credentials. */
const SECRET = /passw|secret|token|credential|authorization|private_?key|auth_?data/i;
const HIDDEN = '***';

/** What JSON cannot hold by itself, or a log must not. */
function plain(key: string, value: unknown): unknown {
  if (SECRET.test(key) && value !== undefined) return HIDDEN;
  if (typeof value === 'bigint') return String(value);
  return value instanceof Error ? story(value) : value;
}

/** A JSON web token, the credentials of a header, or the user's part of an address. */
const TOKEN = /\beyJ[\w-]+\.[\w-]+\.[\w-]*|\b((?:Bearer|Basic) +)[\w.~+/=-]{8,}|(:\/\/)[^\s/@"]+@/g;

function withoutTokens(line: string): string {
  return line.replace(TOKEN, (_, scheme = '', slashes = '') => {
    return `${scheme}${slashes}${HIDDEN}${slashes === '' ? '' : '@'}`;
  });
}

function humanLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  const pairs = Object.entries(fields).filter(([, value]) => !(value instanceof Error));
  const facts = pairs.map(([name, value]) => ` ${name}=${shown(plain(name, value))}`).join('');
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

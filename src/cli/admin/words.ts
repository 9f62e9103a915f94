/** The words behind a verb, as pulsar-admin reads them: flags in any order, `-x v` or `--x=v`. */
import { BrokerError } from '../../base/errors.ts';
import type { Flag, FlagType, Verb } from './table.ts';

export type Value =
  | string
  | number
  | boolean
  | readonly string[]
  | Readonly<Record<string, string>>;

export interface Words {
  readonly positionals: Readonly<Record<string, string>>;
  /** By the longest name of the flag. */
  readonly flags: Readonly<Record<string, Value>>;
}

/** What was typed cannot be understood. */
export class UsageError extends BrokerError {
  constructor(message: string) {
    super('bad-option', message);
  }
}

/** Throws `UsageError`. */
export function readWords(verb: Verb, argv: readonly string[]): Words {
  const flags: Record<string, Value> = {};
  const free: string[] = [];
  const words = [...argv];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (!word.startsWith('-') || /^-\d/.test(word)) {
      free.push(word);
      continue;
    }
    const [name = '', ...given] = word.split('=');
    const flag = verb.flags.find(({ names }) => names.includes(name));
    if (flag === undefined) throw new UsageError(`Unknown option: '${word}'`);
    const text = given.length > 0 ? given.join('=') : undefined;
    const key = flag.names.at(-1)!;
    if (flag.type === 'bool') flags[key] = text === undefined ? true : text === 'true';
    else flags[key] = merged(flags[key], parsed(flag, text ?? words.shift()));
  }
  return { positionals: positionalsOf(verb, free, flags), flags };
}

function positionalsOf(
  verb: Verb,
  free: readonly string[],
  flags: Readonly<Record<string, Value>>,
): Record<string, string> {
  const missing = [
    ...verb.flags.filter(({ isRequired, names }) => isRequired && !(names.at(-1)! in flags)),
  ].map(({ names }) => `'${names.at(-1)}=<value>'`);
  const absent = verb.positionals.filter(({ isOptional }, i) => !isOptional && i >= free.length);
  missing.push(...absent.map(({ name }) => `'<${name}>'`));
  if (missing.length === 1) throw new UsageError(`Missing required parameter: ${missing[0]}`);
  if (missing.length > 1)
    throw new UsageError(`Missing required parameters: ${missing.join(', ')}`);
  const surplus = free[verb.positionals.length];
  if (surplus !== undefined) throw new UsageError(`Unmatched argument: '${surplus}'`);
  return Object.fromEntries(
    verb.positionals.flatMap(({ name }, i) => {
      const word = free[i];
      return word === undefined ? [] : [[name, word]];
    }),
  );
}

/** A flag for several values may be given several times. */
function merged(before: Value | undefined, value: Value): Value {
  if (Array.isArray(before) && Array.isArray(value)) return [...before, ...value];
  if (typeof before === 'object' && typeof value === 'object') return { ...before, ...value };
  return value;
}

const UNITS: Readonly<Record<FlagType, Readonly<Record<string, number>>>> = {
  bool: {},
  text: {},
  list: {},
  map: {},
  n: {},
  d: {},
  size: { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 },
  seconds: { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800, y: 31_536_000 },
  millis: { s: 1e3, m: 6e4, h: 3.6e6, d: 8.64e7, w: 6.048e8, y: 3.1536e10 },
};

function parsed({ names, type }: Flag, text: string | undefined): Value {
  const name = names.at(-1)!;
  if (text === undefined) throw new UsageError(`Missing required parameter for option '${name}'`);
  if (type === 'text') return text;
  if (type === 'list') return text.split(',');
  if (type === 'map') return mapOf(name, text);
  // Without a unit a time is in seconds, whatever it is sent as.
  const bare = type === 'millis' ? 1_000 : 1;
  const [, digits = '', unit = ''] = /^(-?[\d.]+)([a-zA-Z]?)$/.exec(text) ?? [];
  const factor = unit === '' ? bare : UNITS[type][unit.toLowerCase()];
  const number = Number(digits);
  if (digits === '' || factor === undefined || Number.isNaN(number)) {
    throw new UsageError(`Invalid value for option '${name}': '${text}'`);
  }
  // A number below 0 says "without end" and is no amount of anything.
  return number < 0 && unit === '' ? number : number * factor;
}

function mapOf(name: string, text: string): Record<string, string> {
  const at = text.indexOf('=');
  if (at > 0) return { [text.slice(0, at)]: text.slice(at + 1) };
  throw new UsageError(`Invalid value for option '${name}': '${text}' is no key=value`);
}

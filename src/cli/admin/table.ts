/**
 * The tables of `velamq admin`: every verb with its flags, and the request that it makes. A table
 * is text, one verb after the other, read only when its noun is named:
 *
 *     verb|alias <positional> [optional]: what it does
 *       -f, --flag <type> !  what it is for; without a type it is a switch, with ! it is needed
 *       > METHOD path?query BODY output
 *       > --flag? METHOD ...    in place of the line above where the flag is given
 *
 * In a path `{topic}`, `{namespace}` and others are positional words, `{--flag}` is a flag's value,
 * and a part in brackets is left out where a value in it is not given. `BODY` is a flag, an object
 * of flags with what counts without them, or `@name` of `bodies.ts`; `list` or `text` behind a flag
 * is how its value is sent. A line that is `@name` alone
 * is a verb of `verbs.ts`, which needs more than one request. A line that is further in goes on
 * with the one above.
 */
import { assert } from '../../base/assert.ts';

export type FlagType = 'bool' | 'text' | 'n' | 'd' | 'list' | 'map' | 'size' | 'seconds' | 'millis';

export interface Flag {
  /** `-f`, `--flag` ... the longest last. */
  readonly names: readonly string[];
  readonly type: FlagType;
  readonly isRequired: boolean;
  readonly help: string;
}

export interface Request {
  /** The flag that it is for. */
  readonly when?: string;
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: string;
  /** How the answer is shown. */
  readonly output: string;
}

export interface Verb {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly help: string;
  readonly positionals: readonly { readonly name: string; readonly isOptional: boolean }[];
  readonly flags: readonly Flag[];
  readonly requests: readonly Request[];
  /** Of `verbs.ts`. */
  readonly special?: string;
}

export function parseTable(text: string): Verb[] {
  const verbs: { head: string; lines: string[] }[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    if (!line.startsWith(' ')) verbs.push({ head: line, lines: [] });
    else if (line.startsWith('    ')) {
      const { lines } = verbs.at(-1)!;
      const more = line.trim();
      const isOneWord = lines.at(-1)!.endsWith(',') || /^[?&/]/.test(more);
      lines.push(`${lines.pop()}${isOneWord ? '' : ' '}${more}`);
    } else verbs.at(-1)!.lines.push(line.trim());
  }
  return verbs.map(parseVerb);
}

function parseVerb({ head, lines }: { head: string; lines: readonly string[] }): Verb {
  const [, words = '', help = ''] = /^([^:]*): (.*)$/.exec(head) ?? [];
  const [names = '', ...positionals] = words.split(' ');
  const [name = '', ...aliases] = names.split('|');
  const requests = lines.filter((line) => line.startsWith('> ')).map((line) => line.slice(2));
  const special = requests[0]?.startsWith('@') ? requests[0].slice(1) : undefined;
  return {
    name,
    aliases,
    help,
    positionals: positionals.map((word) => ({
      name: word.slice(1, -1),
      isOptional: word.startsWith('['),
    })),
    flags: lines.filter((line) => line.startsWith('-')).map(parseFlag),
    requests: special === undefined ? requests.map(parseRequest) : [],
    ...(special === undefined ? {} : { special }),
  };
}

function parseFlag(line: string): Flag {
  const [, head = '', help = ''] = /^(.*?) {2}(.*)$/.exec(line) ?? [];
  const type = /<(\w+)>/.exec(head)?.[1] ?? 'bool';
  return {
    names: head.replace(/ <.*| !$/g, '').split(', '),
    type: type as FlagType,
    isRequired: head.endsWith('!'),
    help,
  };
}

function parseRequest(line: string): Request {
  const words = line.split(' ');
  const when = words[0]!.endsWith('?') ? words.shift()!.slice(0, -1) : undefined;
  const [method, path, ...rest] = words;
  assert(method !== undefined && path !== undefined, `a request has a method and a path: ${line}`);
  const body = rest[0] !== undefined && /^[@{-]/.test(rest[0]) ? rest.shift() : undefined;
  const kind = rest[0] === 'list' || rest[0] === 'text' ? rest.shift() : undefined;
  return {
    method: method as Request['method'],
    path,
    output: rest[0] ?? (method === 'GET' ? 'show' : 'quiet'),
    ...(when === undefined ? {} : { when }),
    ...(body === undefined ? {} : { body: kind === undefined ? body : `${body} ${kind}` }),
  };
}

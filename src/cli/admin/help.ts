/** What `--help` says of all nouns, of one noun, and of one verb. */
import { NOUNS, type Noun } from './nouns.ts';
import type { Flag, Verb } from './table.ts';

const WIDTH = 80;

/** The flags that come before the noun. */
const ROOT_HELP: readonly (readonly [string, string])[] = [
  ['--admin-url=<url>', 'the REST interface (default: that of the context)'],
  ['--context=<name>', 'the context to use: see velamq context'],
  ['--auth-plugin=<class>', 'AuthenticationToken, AuthenticationBasic or AuthenticationTls'],
  ['--auth-params=<params>', 'such as token:..., file:///path or tlsCertFile:...,tlsKeyFile:...'],
  ['--request-timeout=<seconds>', 'how long a request may take (default: 300)'],
  ['--tls-allow-insecure', 'take any certificate'],
  ['--tls-trust-cert-path=<file>', 'certificates to trust, as PEM'],
  ['--json', 'show answers as the broker gives them'],
  ['-v, --version', 'Print version information and exit.'],
  ['-h, --help', 'Show this help message and exit.'],
];

export function rootHelp(): string {
  return (
    'Usage: velamq admin [options] COMMAND\n' +
    columns(ROOT_HELP) +
    'Commands:\n' +
    columns(NOUNS.map(({ name, help }) => [name, help]))
  );
}

export function nounHelp({ name, help }: Noun, verbs: readonly Verb[]): string {
  return (
    `Usage: velamq admin ${name} [-h] COMMAND\n${help}\n` +
    `  -h, --help   Show this help message and exit.\nCommands:\n` +
    columns(verbs.map((verb) => [[verb.name, ...verb.aliases].join(', '), verb.help]))
  );
}

export function verbHelp(noun: string, verb: Verb): string {
  const flags = verb.flags.map((flag) => {
    const typed = `${flag.names.at(-1)}${valueName(flag)}`;
    return flag.isRequired ? typed : `[${typed}]`;
  });
  const positionals = verb.positionals.map(({ name, isOptional }) =>
    isOptional ? `[<${name}>]` : `<${name}>`,
  );
  const usage = ['Usage: velamq admin', noun, verb.name, ...flags, ...positionals].join(' ');
  return (
    `${wrap(usage, 23)}\n${verb.help}\n` +
    columns([
      ...verb.flags.map(
        (flag) => [`${flag.names.join(', ')}${valueName(flag)}`, flag.help] as const,
      ),
      ['-h, --help', 'Show this help message and exit.'],
    ])
  );
}

function valueName({ type, names }: Flag): string {
  return type === 'bool' ? '' : `=<${names.at(-1)!.replace(/^-+/, '')}>`;
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.min(34, Math.max(...rows.map(([name]) => name.length)) + 2);
  return rows
    .map(([name, help]) => {
      const head =
        name.length < width ? `  ${name.padEnd(width)}` : `  ${name}\n${' '.repeat(width + 2)}`;
      return `${wrapped(head, help, width + 2)}\n`;
    })
    .join('');
}

function wrapped(head: string, text: string, indent: number): string {
  let [done, line] = ['', head];
  for (const word of text.split(' ')) {
    if (line.length + word.length > WIDTH && line.trim() !== '') {
      done += `${line.trimEnd()}\n`;
      line = ' '.repeat(indent);
    }
    line += `${word} `;
  }
  return done + line.trimEnd();
}

function wrap(text: string, indent: number): string {
  return wrapped('', text, indent);
}

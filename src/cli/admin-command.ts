/**
 * `velamq admin`: pulsar-admin's nouns, verbs and flags, over the same REST interface. The tables
 * under `admin/tables` say what there is; only that of the noun that is named is read.
 */
import { BrokerError } from '../base/errors.ts';
import { nounHelp, rootHelp, verbHelp } from './admin/help.ts';
import { findNoun, verbsOf } from './admin/nouns.ts';
import { Refused, Session } from './admin/session.ts';
import type { Verb } from './admin/table.ts';
import { SPECIALS } from './admin/verbs.ts';
import { readWords, UsageError, type Words } from './admin/words.ts';
import type { RunCommand } from './command.ts';
import { type Context, chooseContext } from './contexts.ts';
import { reasonOf } from './reason.ts';
import type { Terminal } from './terminal.ts';

export const runAdmin: RunCommand = async (argv, terminal) => {
  try {
    return await admin(argv, terminal);
  } catch (error) {
    terminal.err(messageOf(error));
    return 1;
  }
};

/** As pulsar-admin: what the broker answered, then the reason. */
function messageOf(error: unknown): string {
  if (error instanceof Refused) return `${error.message}\n\nReason: ${error.message}\n`;
  return `${error instanceof BrokerError ? error.message : reasonOf(error)}\n`;
}

async function admin(argv: readonly string[], terminal: Terminal): Promise<number> {
  const { options, rest } = rootOptions(argv);
  const [nounName, verbName, ...words] = rest;
  if (options['--version'] === true) return await version(terminal);
  if (nounName === undefined || isHelp(nounName)) {
    terminal.out(rootHelp());
    return nounName === undefined && options['--help'] !== true ? 1 : 0;
  }
  const noun = findNoun(nounName);
  if (noun === undefined) throw new UsageError(`Unmatched argument: '${nounName}'\n${rootHelp()}`);
  const verbs = await verbsOf(noun);
  if (verbName === undefined || isHelp(verbName)) {
    terminal.out(nounHelp(noun, verbs));
    return verbName === undefined ? 1 : 0;
  }
  if (isVersion(verbName)) return await version(terminal);
  if (noun.asks !== undefined) return await refusal(noun.asks, options, terminal);
  const verb = verbs.find(({ name, aliases }) => name === verbName || aliases.includes(verbName));
  if (verb === undefined) {
    throw new UsageError(`Unmatched argument: '${verbName}'\n${nounHelp(noun, verbs)}`);
  }
  if (words.some(isHelp)) {
    terminal.out(verbHelp(noun.name, verb));
    return 0;
  }
  if (words.some((word) => isVersion(word) && !hasFlag(verb, word))) return await version(terminal);
  const isJson = options['--json'] === true || words.includes('--json');
  const given = readWords(
    verb,
    words.filter((word) => word !== '--json'),
  );
  const session = sessionOf(options, terminal, given, isJson);
  const special = verb.special === undefined ? undefined : SPECIALS[verb.special];
  terminal.out(await (special === undefined ? session.run(verb) : special(session)));
  return 0;
}

function sessionOf(options: RootOptions, terminal: Terminal, words: Words, isJson = false) {
  const timeoutMs = Number(options['--request-timeout'] ?? 300) * 1_000;
  return new Session(contextOf(options, terminal), words, { timeoutMs, isJson });
}

/** What this broker does not have it says itself; another one may, which pulsar-admin knows. */
async function refusal(path: string, options: RootOptions, terminal: Terminal): Promise<number> {
  await sessionOf(options, terminal, { positionals: {}, flags: {} }).send('GET', path);
  throw new UsageError('velamq admin knows nothing of it: use pulsar-admin');
}

async function version(terminal: Terminal): Promise<number> {
  const { ownVersion } = await import('./version.ts');
  terminal.out(`Current version of velamq admin is: ${ownVersion()}\n`);
  return 0;
}

const isVersion = (word: string) => word === '--version' || word === '-v';

const hasFlag = ({ flags }: Verb, name: string) => flags.some(({ names }) => names.includes(name));

const isHelp = (word: string) => word === '--help' || word === '-h';

type RootOptions = Readonly<Record<string, string | true>>;

const SWITCHES = ['--tls-allow-insecure', '--tls-enable-hostname-verification', '--json', '--help'];
const VALUES = [
  '--admin-url',
  '--context',
  '--auth-plugin',
  '--auth-params',
  '--request-timeout',
  '--tls-trust-cert-path',
  '--tls-provider',
];

/** The flags before the noun. Throws `UsageError`. */
function rootOptions(argv: readonly string[]): { options: RootOptions; rest: string[] } {
  const options: Record<string, string | true> = {};
  const rest = [...argv];
  while (rest[0]?.startsWith('-')) {
    const [name = '', ...given] = rest.shift()!.split('=');
    if (SWITCHES.includes(name)) options[name] = true;
    else if (isHelp(name)) options['--help'] = true;
    else if (isVersion(name)) options['--version'] = true;
    else if (VALUES.includes(name)) {
      const value = given.length > 0 ? given.join('=') : rest.shift();
      if (value === undefined)
        throw new UsageError(`Missing required parameter for option '${name}'`);
      options[name] = value;
    } else throw new UsageError(`Unknown option: '${name}'`);
  }
  return { options, rest };
}

function contextOf(options: RootOptions, { env }: Terminal): Context {
  const text = (name: string) => (typeof options[name] === 'string' ? options[name] : undefined);
  const [url, ca] = [text('--admin-url'), text('--tls-trust-cert-path')];
  return {
    ...chooseContext(env, text('--context')),
    ...(url === undefined ? {} : { url }),
    ...(ca === undefined ? {} : { caFile: ca }),
    ...(options['--tls-allow-insecure'] === true ? { insecure: true } : {}),
    ...loginOf(text('--auth-plugin') ?? '', text('--auth-params') ?? ''),
  };
}

/** The three of Pulsar's plugins that are about HTTP; parameters as `key:value,...` or JSON. */
function loginOf(plugin: string, params: string): Partial<Context> {
  const named = /Authentication(Token|Basic|Tls)$/.exec(plugin)?.[1];
  if (plugin !== '' && named === undefined) {
    throw new UsageError(`The authentication plugin ${plugin} is not known`);
  }
  if (named === 'Token') {
    if (params.startsWith('file:')) return { tokenFile: params.replace(/^file:(\/\/)?/, '') };
    return { token: params.replace(/^token:/, '') };
  }
  const given = paramsOf(params);
  if (named === 'Basic') return { basic: `${given['userId']}:${given['password']}` };
  if (named !== 'Tls') return {};
  const { tlsCertFile, tlsKeyFile } = given;
  if (tlsCertFile === undefined || tlsKeyFile === undefined) {
    throw new UsageError('AuthenticationTls needs tlsCertFile and tlsKeyFile');
  }
  return { certFile: tlsCertFile, keyFile: tlsKeyFile };
}

function paramsOf(params: string): Record<string, string> {
  if (params.trim().startsWith('{')) return JSON.parse(params) as Record<string, string>;
  return Object.fromEntries(
    params.split(',').map((pair) => {
      const at = pair.indexOf(':');
      return [pair.slice(0, at).trim(), pair.slice(at + 1)];
    }),
  );
}

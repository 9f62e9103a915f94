/** `velamq context`: the brokers that the user works with. */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { BrokerError } from '../base/errors.ts';
import { execute, type RunCommand } from './command.ts';
import { type Context, readContexts, writeContexts } from './contexts.ts';
import type { Terminal } from './terminal.ts';

export const runContext: RunCommand = (argv, terminal) =>
  execute(program(terminal), argv, terminal);

interface SetFlags {
  readonly url?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly basic?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure?: boolean;
}

function program(terminal: Terminal): Command {
  const command = new Command('velamq context').description(
    'name brokers, and say how to log in to them',
  );
  command
    .command('set <name>')
    .description('add a broker, or change what is given')
    .option('--url <url>', 'its REST interface, such as https://broker:8443')
    .option('--token <token>', 'a token to log in with')
    .option('--token-file <file>', 'a file with the token, read at every call')
    .option('--basic <user:password>', 'a name and a password')
    .option('--ca <file>', 'certificates to trust, as PEM')
    .option('--cert <file>', "the client's own certificate, as PEM")
    .option('--key <file>', 'the key of that certificate, as PEM')
    .option('--insecure', 'take any certificate')
    .action((name: string, flags: SetFlags) => setContext(name, flags, terminal));
  command
    .command('use <name>')
    .description('make a broker the one that commands go to')
    .action((name: string) => {
      const all = readContexts(terminal.env);
      requireKnown(all.contexts, name);
      writeContexts(terminal.env, { ...all, current: name });
    });
  command
    .command('list')
    .description('all brokers, the one in use with a star')
    .option('--json', 'as JSON, without secrets')
    .action(({ json }: { json?: boolean }) => list(json === true, terminal));
  command
    .command('remove <name>')
    .description('forget a broker')
    .action((name: string) => {
      const { current, contexts } = readContexts(terminal.env);
      requireKnown(contexts, name);
      const { [name]: _, ...others } = contexts;
      const keeps = current !== undefined && current !== name;
      writeContexts(terminal.env, { ...(keeps ? { current } : {}), contexts: others });
    });
  return command;
}

function setContext(name: string, flags: SetFlags, terminal: Terminal): void {
  const all = readContexts(terminal.env);
  const before = Object.hasOwn(all.contexts, name) ? all.contexts[name] : undefined;
  const url = flags.url ?? before?.url;
  if (url === undefined || !URL.canParse(url)) {
    throw new BrokerError('bad-option', '--url is needed: where the REST interface is.');
  }
  const { token, tokenFile, basic, ca, cert, key, insecure } = flags;
  const context: Context = {
    ...before,
    url,
    ...(token === undefined ? {} : { token }),
    ...(tokenFile === undefined ? {} : { tokenFile: resolve(tokenFile) }),
    ...(basic === undefined ? {} : { basic }),
    ...(ca === undefined ? {} : { caFile: resolve(ca) }),
    ...(cert === undefined ? {} : { certFile: resolve(cert) }),
    ...(key === undefined ? {} : { keyFile: resolve(key) }),
    ...(insecure === undefined ? {} : { insecure }),
  };
  const contexts = { ...all.contexts, [name]: context };
  writeContexts(terminal.env, { current: all.current ?? name, contexts });
}

function list(json: boolean, { env, out }: Terminal): void {
  const { current, contexts } = readContexts(env);
  const shown = Object.entries(contexts).map(([name, context]) => ({
    name,
    current: name === current,
    url: context.url,
    login: loginOf(context),
  }));
  if (json) {
    out(`${JSON.stringify(shown)}\n`);
    return;
  }
  for (const { name, current: isCurrent, url, login } of shown) {
    out(`${isCurrent ? '*' : ' '} ${name}  ${url}  ${login}\n`);
  }
}

/** How it logs in, never with what. */
function loginOf({ token, tokenFile, basic, certFile }: Context): string {
  if (token !== undefined || tokenFile !== undefined) return 'token';
  if (basic !== undefined) return 'basic';
  return certFile === undefined ? 'none' : 'certificate';
}

function requireKnown(contexts: Readonly<Record<string, Context>>, name: string): void {
  if (Object.hasOwn(contexts, name)) return;
  throw new BrokerError('bad-option', `There is no context ${name}.`);
}

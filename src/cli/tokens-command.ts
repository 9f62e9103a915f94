/** `velamq tokens`: makes keys and tokens, and looks into them, with the flags of Pulsar's tool. */
import { generateKeyPairSync, generateKeySync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { BrokerError } from '../base/errors.ts';
import { execute, type RunCommand } from './command.ts';
import type { Terminal } from './terminal.ts';
import { claimsOf, createToken, shownToken } from './tokens.ts';

export const runTokens: RunCommand = (argv, terminal) =>
  execute(program(terminal), longForms(argv), terminal);

/** Pulsar's tool has flags of two letters behind one dash. */
function longForms([command = '', ...rest]: readonly string[]): string[] {
  const names: Readonly<Record<string, string>> = {
    '-sk': '--secret-key',
    '-pk': command === 'create' ? '--private-key' : '--public-key',
    '-hs': '--headers',
  };
  const long = rest.map((word) => {
    const [flag = '', ...value] = word.split('=');
    return [names[flag] ?? flag, ...value].join('=');
  });
  return [command, ...long];
}

function program(terminal: Terminal): Command {
  const tokens = new Command('velamq tokens').description('make keys and tokens, look into them');
  addKeys(tokens, terminal);
  addTokens(tokens, terminal);
  return tokens;
}

function addKeys(tokens: Command, terminal: Terminal): void {
  tokens
    .command('create-secret-key')
    .description('a secret that signs tokens and checks them')
    .option('-a, --signature-algorithm <name>', 'HS256, HS384 or HS512', 'HS256')
    .option('-o, --output <file>', 'write it there')
    .option('-b, --base64', 'as base64')
    .action((flags: SecretFlags) => {
      const bits = bitsOf(flags.signatureAlgorithm);
      const secret = generateKeySync('hmac', { length: bits }).export();
      const shown = flags.base64 ? Buffer.from(secret.toString('base64')) : secret;
      if (flags.output !== undefined) writeSecret(flags.output, shown);
      else terminal.out(flags.base64 ? `${shown}\n` : secret.toString('base64'));
    });
  tokens
    .command('create-key-pair')
    .description('a private key that signs tokens, and a public one that checks them')
    .option('-a, --signature-algorithm <name>', 'RS256 to PS512, ES256 to ES512', 'RS256')
    .requiredOption('--output-private-key <file>', 'where the private key goes')
    .requiredOption('--output-public-key <file>', 'where the public key goes')
    .action((flags: PairFlags) => {
      const { privateKey, publicKey } = pairFor(flags.signatureAlgorithm);
      writeSecret(flags.outputPrivateKey, privateKey.export({ type: 'pkcs8', format: 'der' }));
      writeFileSync(flags.outputPublicKey, publicKey.export({ type: 'spki', format: 'der' }));
    });
}

function addTokens(tokens: Command, terminal: Terminal): void {
  tokens
    .command('create')
    .description('a token of a role')
    .requiredOption('-s, --subject <role>', 'the role')
    .option('--secret-key <key>', 'secret that signs it: file:, data: or base64 (-sk)')
    .option('--private-key <key>', 'private key that signs it, likewise (-pk)')
    .option('-a, --signature-algorithm <name>', 'how a private key signs (default: by its kind)')
    .option('-e, --expiry-time <time>', 'such as 1h, 3d or 10y (default: never)')
    .option('--headers <key=value...>', 'headers besides (-hs)')
    .action(async (flags: CreateFlags) => terminal.out(`${await createToken(flags)}\n`));
  const reading = (command: Command) =>
    command
      .argument('[token]')
      .option('-i, --stdin', 'read the token from standard input')
      .option('-f, --token-file <file>', 'read it from a file');
  reading(tokens.command('show'))
    .description('header and claims of a token, whoever signed it')
    .action((token: string | undefined, flags: TokenFlags) => {
      terminal.out(`${shownToken(tokenOf(token, flags))}\n`);
    });
  reading(tokens.command('validate'))
    .description('the claims of a token, if its signature and its time are right')
    .option('-a, --signature-algorithm <name>', 'of the public key', 'RS256')
    .option('--secret-key <key>', 'secret that signed it: file:, data: or base64 (-sk)')
    .option('--public-key <key>', 'public key of who signed it, likewise (-pk)')
    .action(async (token: string | undefined, flags: TokenFlags & ValidateFlags) => {
      terminal.out(`${await claimsOf(tokenOf(token, flags), flags)}\n`);
    });
}

interface SecretFlags {
  readonly signatureAlgorithm: string;
  readonly output?: string;
  readonly base64?: boolean;
}

interface PairFlags {
  readonly signatureAlgorithm: string;
  readonly outputPrivateKey: string;
  readonly outputPublicKey: string;
}

export interface CreateFlags {
  readonly subject: string;
  readonly secretKey?: string;
  readonly privateKey?: string;
  readonly signatureAlgorithm?: string;
  readonly expiryTime?: string;
  readonly headers?: readonly string[];
}

export interface ValidateFlags {
  readonly signatureAlgorithm: string;
  readonly secretKey?: string;
  readonly publicKey?: string;
}

interface TokenFlags {
  readonly stdin?: boolean;
  readonly tokenFile?: string;
}

function tokenOf(token: string | undefined, { stdin, tokenFile }: TokenFlags): string {
  if (stdin) return readFileSync(0, 'utf8').trim();
  if (tokenFile !== undefined) return readFileSync(tokenFile, 'utf8').trim();
  if (token !== undefined) return token;
  throw new BrokerError('bad-option', 'give a token, --stdin or --token-file');
}

/** Nobody but its owner may read it. */
function writeSecret(path: string, bytes: Buffer): void {
  writeFileSync(path, bytes, { mode: 0o600 });
}

function bitsOf(algorithm: string): number {
  const bits = { HS256: 256, HS384: 384, HS512: 512 }[algorithm];
  if (bits !== undefined) return bits;
  throw new BrokerError('bad-option', `--signature-algorithm=${algorithm}: no secret signs so`);
}

function pairFor(algorithm: string) {
  const curve = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[algorithm];
  if (curve !== undefined) return generateKeyPairSync('ec', { namedCurve: curve });
  const bits = { 256: 2048, 384: 3072, 512: 4096 }[
    /^[RP]S(256|384|512)$/.exec(algorithm)?.[1] ?? ''
  ];
  if (bits !== undefined) return generateKeyPairSync('rsa', { modulusLength: bits });
  throw new BrokerError('bad-option', `--signature-algorithm=${algorithm}: no key pair signs so`);
}

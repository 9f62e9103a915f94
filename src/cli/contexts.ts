/**
 * Brokers that the user works with, by name: where they are and how to log in. One file of the
 * user's, which nobody else may read, since it can hold tokens.
 */
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BrokerError } from '../base/errors.ts';

/** One broker. Files are named by absolute paths. */
export interface Context {
  readonly url: string;
  readonly token?: string;
  readonly tokenFile?: string;
  /** `user:password` */
  readonly basic?: string;
  /** Certificates that are trusted beside the system's, as PEM. */
  readonly caFile?: string;
  /** The client's own certificate and key, as PEM. */
  readonly certFile?: string;
  readonly keyFile?: string;
  /** Any certificate of the broker's will do. */
  readonly insecure?: boolean;
}

export interface Contexts {
  /** The one that is used where none is named. */
  readonly current?: string;
  readonly contexts: Readonly<Record<string, Context>>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const NONE: Contexts = { contexts: {} };

/** The file: VELAMQ_CONTEXTS, or in the user's folder for settings. */
export function contextsFile(env: Environment): string {
  if (env['VELAMQ_CONTEXTS']) return env['VELAMQ_CONTEXTS'];
  const home = env['HOME'] ?? env['USERPROFILE'] ?? '.';
  return join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'velamq', 'contexts.json');
}

/** Throws `bad-option` where the file cannot be understood. */
export function readContexts(env: Environment): Contexts {
  const file = contextsFile(env);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return NONE;
    throw error;
  }
  try {
    const parsed = JSON.parse(text) as Contexts;
    if (typeof parsed.contexts === 'object' && parsed.contexts !== null) return parsed;
  } catch {
    // Said below.
  }
  throw new BrokerError('bad-option', `${file} does not hold contexts: mend or remove it.`);
}

/** Replaces the file as a whole; only its owner can read it, whatever it was before. */
export function writeContexts(env: Environment, contexts: Contexts): void {
  const file = contextsFile(env);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.new`;
  writeFileSync(draft, `${JSON.stringify(contexts, undefined, 2)}\n`, { mode: 0o600 });
  // A draft that was left behind keeps the mode that it had.
  chmodSync(draft, 0o600);
  renameSync(draft, file);
}

/** The broker where nobody says otherwise. */
const LOCAL: Context = { url: 'http://localhost:8080' };

/**
 * The context called `name`, else the one that VELAMQ_CONTEXT names, else the current one, else
 * this machine's. Throws `bad-option` for a name that there is not.
 */
export function chooseContext(env: Environment, name?: string): Context {
  const { current, contexts } = readContexts(env);
  const chosen = name ?? env['VELAMQ_CONTEXT'] ?? current;
  if (chosen === undefined) return LOCAL;
  const context = Object.hasOwn(contexts, chosen) ? contexts[chosen] : undefined;
  if (context !== undefined) return context;
  const known = Object.keys(contexts).join(', ') || 'none';
  throw new BrokerError('bad-option', `There is no context ${chosen}; there are: ${known}.`);
}

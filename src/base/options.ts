/**
 * The configuration: one schema of all options, in Pulsar's property-file form. A file, then
 * variables `PULSAR_PREFIX_<key>` over it, then flags over both. A bad value stops the start with
 * the place that holds it; a key that nobody knows is a warning.
 */
import { BrokerError } from './errors.ts';
import { authorizationOptions } from './options/authorization.ts';
import { compactionOptions } from './options/compaction.ts';
import { deliveryOptions } from './options/delivery.ts';
import { isAlwaysTrue, isPulsarKey, needsNoServer } from './options/foreign-keys.ts';
import { parseListeners } from './options/listeners.ts';
import { networkOptions } from './options/network.ts';
import type { Option } from './options/option.ts';
import { parseProperties } from './options/properties.ts';
import { rateOptions } from './options/rates.ts';
import { retentionOptions } from './options/retention.ts';
import { securityOptions } from './options/security.ts';
import { tlsOptions } from './options/tls.ts';
import { topicOptions } from './options/topics.ts';
import { transactionOptions } from './options/transactions.ts';
import { velamqOptions } from './options/velamq.ts';

/** Every option by its key: default, bound, unit and help. */
export const schema = Object.freeze({
  ...networkOptions,
  ...topicOptions,
  ...deliveryOptions,
  ...retentionOptions,
  ...rateOptions,
  ...compactionOptions,
  ...transactionOptions,
  ...securityOptions,
  ...authorizationOptions,
  ...tlsOptions,
  ...velamqOptions,
});

export type OptionKey = keyof typeof schema;

type ValueOf<O> = O extends Option<infer T> ? T : never;

/** A checked, frozen configuration; each value has the unit that the schema gives. */
export type BrokerConfig = { readonly [K in OptionKey]: ValueOf<(typeof schema)[K]> };

/** A flag of the command line and the option that it sets. */
export interface Flag {
  /** As the user typed it, such as `--port`. */
  readonly name: string;
  readonly key: OptionKey;
  readonly value: string;
}

export interface ConfigSources {
  readonly file?: { readonly path: string; readonly text: string };
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly flags?: readonly Flag[];
}

export interface LoadedConfig {
  readonly config: BrokerConfig;
  /** One line each, to be shown to whoever starts the broker. */
  readonly warnings: readonly string[];
}

const ENV_PREFIX = 'PULSAR_PREFIX_';
const LISTED_KEYS = 8;

/** A key, its text and where it stands, for the message that refuses it. */
interface Setting {
  readonly key: string;
  readonly text: string;
  readonly place: string;
}

/**
 * Reads a configuration. Later sources win; an empty value means the default, as in Pulsar.
 * Throws `bad-option` with one line that names the place, the key and the value.
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const settings = new Map<string, Setting>();
  for (const setting of settingsOf(sources)) settings.set(setting.key, setting);
  const values: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(schema)) values[key] = option.default;
  for (const { key, text, place } of settings.values()) {
    const option = optionOf(key);
    if (option === undefined) continue;
    if (text === '') {
      if (option.empty !== undefined) values[key] = option.empty.value;
      continue;
    }
    const parsed = option.parse(text);
    if ('mustBe' in parsed) throw badOption(place, `${key}=${text}: must be ${parsed.mustBe}`);
    values[key] = parsed.value;
  }
  const config = Object.freeze(values) as BrokerConfig;
  checkPairs(config, settings);
  return { config, warnings: warningsOf([...settings.values()]) };
}

/** The defaults, with some values replaced: for specs and for the embedded use. */
export function configWith(values: Partial<BrokerConfig> = {}): BrokerConfig {
  return Object.freeze({ ...loadConfig({}).config, ...values });
}

function* settingsOf({ file, env = {}, flags = [] }: ConfigSources): Iterable<Setting> {
  if (file !== undefined) {
    for (const { key, value, line } of parseProperties(file.text, file.path)) {
      yield { key, text: value.trim(), place: `${file.path}:${line}` };
    }
  }
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(ENV_PREFIX) || value === undefined) continue;
    const key = name.slice(ENV_PREFIX.length);
    yield { key, text: value.trim(), place: `environment variable ${name}` };
  }
  for (const { name, key, value } of flags) yield { key, text: value.trim(), place: name };
}

function optionOf(key: string): Option<unknown> | undefined {
  return Object.hasOwn(schema, key) ? schema[key as OptionKey] : undefined;
}

function badOption(place: string, what: string): BrokerError {
  return new BrokerError('bad-option', `${place}: ${what}`);
}

/** Rules that bind two options. */
function checkPairs(config: BrokerConfig, settings: ReadonlyMap<string, Setting>): void {
  const atMost = (low: OptionKey, high: OptionKey): void => {
    if (Number(config[low]) <= Number(config[high])) return;
    const place = settings.get(low)?.place ?? settings.get(high)?.place ?? 'defaults';
    throw badOption(place, `${low}=${config[low]}: must not be above ${high}=${config[high]}`);
  };
  atMost('pulsarChannelWriteBufferLowWaterMark', 'pulsarChannelWriteBufferHighWaterMark');
  atMost('managedLedgerMinLedgerRolloverTimeMinutes', 'managedLedgerMaxLedgerRolloverTimeMinutes');
  if (config.authorizationEnabled && !config.authenticationEnabled) {
    const place = settings.get('authorizationEnabled')?.place ?? 'defaults';
    const what = 'authorizationEnabled=true: needs authenticationEnabled=true, to know who asks';
    throw badOption(place, what);
  }
  checkPorts(config, (key) => settings.get(key)?.place);
  checkListeners(config, settings.get('advertisedAddress')?.place);
}

const PORTS = [
  ['brokerServicePort', 'brokerServicePortTls'],
  ['webServicePort', 'webServicePortTls'],
] as const;

/** One of each protocol at least is open, and no two are the same. */
function checkPorts(config: BrokerConfig, placeOf: (key: OptionKey) => string | undefined): void {
  const taken = new Map<number, OptionKey>();
  for (const [plain, tls] of PORTS) {
    if (config[plain] === undefined && config[tls] === undefined) {
      throw badOption(placeOf(plain) ?? 'defaults', `${plain}: needs a port, or a ${tls}`);
    }
    for (const key of [plain, tls]) {
      const port = config[key];
      if (port === undefined || port === 0) continue;
      const other = taken.get(port);
      taken.set(port, key);
      if (other === undefined) continue;
      const place = placeOf(key) ?? placeOf(other) ?? 'defaults';
      throw badOption(place, `${key}=${port}: is the ${other} already; choose another`);
    }
  }
}

function checkListeners(config: BrokerConfig, place: string | undefined): void {
  const { advertisedListeners, internalListenerName: internal } = config;
  if (advertisedListeners === '') return;
  if (place !== undefined) {
    throw badOption(place, 'advertisedAddress: goes with no advertisedListeners, as in Pulsar');
  }
  if (internal === '' || parseListeners(advertisedListeners)?.has(internal)) return;
  throw badOption(
    'internalListenerName',
    `${internal}: none of advertisedListeners=${advertisedListeners}`,
  );
}

function warningsOf(settings: readonly Setting[]): string[] {
  const warnings: string[] = [];
  const noServer: string[] = [];
  const notSupported: string[] = [];
  for (const { key, place } of settings) {
    if (optionOf(key) !== undefined) continue;
    if (needsNoServer(key)) noServer.push(key);
    else if (isAlwaysTrue(key)) warnings.push(`${place}: ${key} is always true in VelaMQ`);
    else if (isPulsarKey(key)) notSupported.push(key);
    else warnings.push(`${place}: unknown option ${key}, ignored`);
  }
  if (noServer.length > 0) {
    const why = 'no effect, as VelaMQ has no BookKeeper, ZooKeeper or JVM of its own';
    warnings.push(`${why}: ${shortList(noServer)}`);
  }
  if (notSupported.length > 0) {
    warnings.push(`Pulsar options that this version ignores: ${shortList(notSupported)}`);
  }
  return warnings;
}

/** A whole `broker.conf` has hundreds of keys; a line has room for some of them. */
function shortList(keys: readonly string[]): string {
  const shown = keys.slice(0, LISTED_KEYS).join(', ');
  return keys.length > LISTED_KEYS ? `${shown} and ${keys.length - LISTED_KEYS} more` : shown;
}

/**
 * The broker's configuration as it counts now: what it was started with, under what was changed
 * since. Changes are a document of their own, events like all others.
 */
import { type Settings, withSettings } from '../base/dynamic-options.ts';
import type { BrokerConfig } from '../base/options.ts';
import { settingsActor } from './names.ts';
import type { ReplyTo } from './topic/commands.ts';

/** How one looks at actors. */
interface Exposing {
  exposed(actor: string): unknown;
}

/** What counts, worked out once for each document of changes. */
export class Configured<Value> {
  /** Before any change. */
  readonly initial: Value;
  readonly #changed: (settings: Settings) => Value;
  #settings: Settings | undefined;
  #value: Value;

  /** `changed`: the value under changes. */
  constructor(initial: Value, changed: (settings: Settings) => Value) {
    this.initial = initial;
    this.#changed = changed;
    this.#value = initial;
  }

  now(actors: Exposing): Value {
    const settings = actors.exposed(settingsActor) as Settings | undefined;
    if (settings !== this.#settings) {
      this.#value = settings === undefined ? this.initial : this.#changed(settings);
      this.#settings = settings;
    }
    return this.#value;
  }
}

/** What nothing changes. */
export function fixed<Value>(value: Value): Configured<Value> {
  return new Configured(value, () => value);
}

/** What `of` makes of the configuration. */
export function configured<Value>(
  config: BrokerConfig,
  of: (config: BrokerConfig) => Value,
): Configured<Value> {
  return new Configured(of(config), (settings) => of(withSettings(config, settings)));
}

export interface SettingsParts extends Exposing {
  readonly config: BrokerConfig;
  ask(actor: string, make: (reply: ReplyTo) => unknown): Promise<unknown>;
  /** Lets all that is in memory know that its policies may not be what they were. */
  changed(): Promise<void>;
}

export class SettingsDoor {
  readonly #parts: SettingsParts;
  readonly #configured: Configured<BrokerConfig>;
  readonly #listeners = new Set<() => void>();

  constructor(parts: SettingsParts) {
    this.#parts = parts;
    this.#configured = configured(parts.config, (config) => config);
  }

  /** What counts now. */
  get config(): BrokerConfig {
    return this.#configured.now(this.#parts);
  }

  /** What was changed. */
  get changes(): Settings {
    return (this.#parts.exposed(settingsActor) as Settings | undefined) ?? {};
  }

  /** Undefined takes a change back. Resolves once it is durable and counts. */
  async change(key: string, text: string | undefined): Promise<void> {
    const change = { [key]: text };
    await this.#parts.ask(settingsActor, (reply) => ({ type: 'change', reply, change }));
    await this.#parts.changed();
    for (const listener of this.#listeners) listener();
  }

  /** Calls whenever something has changed and counts. The result ends it. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

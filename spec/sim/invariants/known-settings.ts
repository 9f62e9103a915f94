/** What the broker's settings are, as far as those know who have heard its operator change them. */
import { type Settings, withSettings } from '../../../src/base/dynamic-options.ts';
import type { BrokerConfig } from '../../../src/base/options.ts';
import type { Observation } from '../observe/observation.ts';
import type { SettingKey } from '../plan-dynamic.ts';
import type { World } from '../world.ts';

/** From the answer until everybody has heard of a change. */
const SETTLING_MS = 1_000;
/** While nobody has heard whether a change has come to anything. */
const UNSETTLED = Number.POSITIVE_INFINITY;

export class KnownSettings {
  readonly #world: World;
  /** The texts that a setting may have; undefined: what the broker was started with. */
  readonly #possible = new Map<SettingKey, ReadonlySet<string | undefined>>();
  readonly #settledMs = new Map<SettingKey, number>();
  #changes: Settings = {};
  #config: BrokerConfig;

  constructor(world: World) {
    this.#world = world;
    this.#config = world.config;
  }

  /** Whether one of these settings is not what it was. */
  see(seen: Observation, keys: readonly SettingKey[] = []): boolean {
    if (seen.type !== 'administering' && seen.type !== 'administered') return false;
    const { setting } = seen.call;
    if (setting === undefined) return false;
    const { key, value } = setting;
    if (seen.type === 'administering') {
      this.#possible.set(key, new Set([...this.possible(key), value]));
      this.#settledMs.set(key, UNSETTLED);
    } else if (seen.status === 200) {
      this.#possible.set(key, new Set([value]));
      this.#settledMs.set(key, this.#world.scheduler.elapsedMs + SETTLING_MS);
      const { [key]: _, ...others } = this.#changes;
      this.#changes = value === undefined ? others : { ...others, [key]: value };
      this.#config = withSettings(this.#world.config, this.#changes);
    }
    return keys.includes(key);
  }

  possible(key: SettingKey): ReadonlySet<string | undefined> {
    return this.#possible.get(key) ?? STARTED_WITH;
  }

  /** False while it is being changed. */
  isKnown(key: SettingKey): boolean {
    return this.#world.scheduler.elapsedMs >= (this.#settledMs.get(key) ?? 0);
  }

  /** Undefined while it is not known. */
  of<K extends SettingKey>(key: K): BrokerConfig[K] | undefined {
    return this.isKnown(key) ? this.#config[key] : undefined;
  }
}

const STARTED_WITH: ReadonlySet<string | undefined> = new Set([undefined]);

/** What an operator changes of the configuration counts until it is taken back, and no longer. */
import { parseTopicName } from '../../../src/base/topic-name.ts';
import type { Administered, ConsumerSeen, Observation } from '../observe/observation.ts';
import { type SettingKey, settingKeys } from '../plan-dynamic.ts';
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';
import { KnownSettings } from './known-settings.ts';

type Values = Readonly<Partial<Record<SettingKey, string>>>;
type Look = Map<SettingKey, Set<string | undefined>>;

/** No limit, or none that is known. */
const NONE = Number.POSITIVE_INFINITY;

export class SettingsCount implements Invariant {
  readonly name = 'a setting is what it was changed to, until it is taken back';
  checks = 0;
  readonly #world: World;
  readonly #settings: KnownSettings;
  /** What was possible when somebody began to look, and has become so since. */
  readonly #looks = new Map<number, Look>();
  readonly #topics = new Set<string>();
  readonly #isUsed: boolean;
  /** Subscriptions, and topics that grow, that somebody asks for over REST. */
  readonly #asked = new Set<string>();
  /** Partitions that a topic might have, when somebody asked for some. */
  readonly #mayBe = new Map<number, number>();

  constructor(world: World) {
    this.#world = world;
    this.#settings = new KnownSettings(world);
    this.#isUsed = (world.plan.settings ?? []).length > 0;
  }

  see(seen: Observation, fail: Fail): void {
    if (!this.#isUsed) return;
    this.#settings.see(seen);
    switch (seen.type) {
      case 'administering':
        this.#ask(seen.call);
        break;
      case 'administered':
        this.#answered(seen, fail);
        break;
      case 'topic-created':
        this.#created(seen.topic, fail);
        break;
      case 'topic-deleted':
        this.#topics.delete(seen.topic);
        break;
      case 'subscription-created':
        this.#subscriptionCreated(seen.topic, seen.subscription, fail);
        break;
      case 'subscribed':
        this.#subscribed(seen.consumer, fail);
        break;
    }
  }

  #ask({ id, what, topic, subscription, setting, partitions }: Administered): void {
    if (subscription !== undefined) this.#asked.add(`${topic} ${subscription}`);
    if (what === 'make a topic for nobody') this.#asked.add(topic);
    if (what === 'add partitions') this.#asked.add(topic);
    if (partitions !== undefined) this.#mayBe.set(id, this.#mostPartitions);
    if (what === LOOK) {
      const possible = settingKeys.map(
        (key) => [key, new Set(this.#settings.possible(key))] as const,
      );
      this.#looks.set(id, new Map(possible));
    } else if (setting !== undefined) {
      for (const look of this.#looks.values()) look.get(setting.key)!.add(setting.value);
    }
  }

  #answered(
    { call, status, value }: Extract<Observation, { type: 'administered' }>,
    fail: Fail,
  ): void {
    const { id, partitions = 0, topic } = call;
    const most = Math.max(this.#mayBe.get(id) ?? NONE, this.#mostPartitions);
    this.#mayBe.delete(id);
    if (status === 204 && partitions > most && !isOfSystem(topic)) {
      fail(`${topic} has ${partitions} partitions, and may have ${most}`);
    }
    const look = this.#looks.get(id);
    this.#looks.delete(id);
    if (look === undefined || status !== 200) return;
    const found = value as Values;
    for (const [key, possible] of look) {
      this.checks += 1;
      if (possible.has(found[key])) continue;
      fail(`${key} is ${found[key]}, and was told ${[...possible].join(' or ')}`);
    }
  }

  get #mostPartitions(): number {
    return this.#settings.of('maxNumPartitionsPerPartitionedTopic') || NONE;
  }

  #created(topic: string, fail: Fail): void {
    if (isOfSystem(topic)) return;
    this.#topics.add(topic);
    // A partition comes with those that were asked for.
    if (parseTopicName(topic).partition >= 0) return;
    this.checks += 1;
    const { size } = this.#topics;
    const most = this.#settings.of('maxTopicsPerNamespace') ?? 0;
    if (most > 0 && size > most) fail(`${topic} is one of ${size} topics, and ${most} may be`);
    if (this.#asked.has(topic) || this.#settings.of('allowAutoTopicCreation') !== false) return;
    fail(`${topic} creates itself`);
  }

  #subscriptionCreated(topic: string, subscription: string, fail: Fail): void {
    if (isOfSystem(topic) || subscription.startsWith('__')) return;
    this.checks += 1;
    // What a topic grows by has the subscriptions of the others.
    const isAsked = [`${topic} ${subscription}`, parseTopicName(topic).base].some((each) =>
      this.#asked.has(each),
    );
    if (isAsked || this.#settings.of('allowAutoSubscriptionCreation') !== false) return;
    fail(`${subscription} of ${topic} creates itself`);
  }

  #subscribed({ type, link, topic, subscription }: ConsumerSeen, fail: Fail): void {
    // Whoever has the id already is told that it has it.
    if (this.#world.isAbusive(link)) return;
    const types = this.#settings.of('subscriptionTypesEnabled');
    const isKeyShared = type === 'Key_Shared';
    const isOff = isKeyShared && this.#settings.of('subscriptionKeySharedEnable') === false;
    this.checks += 1;
    const isAllowed = !isOff && types?.some((each) => each === type) !== false;
    if (!isAllowed) fail(`c${link} subscribes to ${subscription} of ${topic} as ${type}`);
  }
}

/** What an operator does who asks for all that was changed. */
export const LOOK = 'look at settings';

function isOfSystem(topic: string): boolean {
  return !topic.includes('://public/default/') || topic.includes('/__');
}

/**
 * Key_Shared, in whatever order keys may come: a consumer that has chosen hashes gets those and no
 * others, and while nobody comes or goes a key stays with the consumer that it went to.
 */
import { stickyKeyHash } from '../../../src/wire/sticky-key.ts';
import type { ConsumerSeen, Observation } from '../observe/observation.ts';
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';

/** Hashes that consumers choose from; 0 stands for none and becomes 1, as in Pulsar. */
const HASHES = 65_536;

/**
 * From when a consumer comes or goes until its broker has acted upon it, and has sent what it had
 * decided before.
 */
const SETTLING_MS = 5_000;

interface Owners {
  changedMs: number;
  readonly byKey: Map<string, ConsumerSeen>;
}

const CHANGES: ReadonlySet<string> = new Set([
  'subscribing',
  'subscribed',
  'subscribe-refused',
  'consumer-closing',
  'consumer-closed',
  'seek',
  'sought',
]);

export class KeyOwners implements Invariant {
  readonly name = 'a key goes where its hash belongs';
  readonly seesPassing = true;
  checks = 0;
  readonly #world: World;
  readonly #subscriptions = new Map<string, Owners>();

  constructor(world: World) {
    this.#world = world;
  }

  see(seen: Observation, fail: Fail): void {
    if (!('consumer' in seen) || seen.consumer.type !== 'Key_Shared') return;
    if (CHANGES.has(seen.type)) this.#change(seen.consumer);
    if (seen.type !== 'delivered') return;
    const { consumer, content, bytes } = seen;
    if (consumer.keyShared?.isSticky === true) {
      const hash = stickyKeyHash(bytes, 0, bytes.length) % HASHES || 1;
      this.checks += 1;
      const { ranges } = consumer.keyShared;
      if (ranges.some(([start, end]) => start <= hash && hash <= end)) return;
      fail(`hash ${hash} goes to consumer ${consumer.id} of c${consumer.link}, which has others`);
    } else if (content?.key !== undefined) this.#delivered(consumer, content.key, fail);
  }

  #change({ topic, subscription }: ConsumerSeen): void {
    const changedMs = this.#world.scheduler.elapsedMs;
    this.#subscriptions.set(`${topic} ${subscription}`, { changedMs, byKey: new Map() });
  }

  #delivered(consumer: ConsumerSeen, key: string, fail: Fail): void {
    const owners = this.#subscriptions.get(`${consumer.topic} ${consumer.subscription}`);
    if (owners === undefined) return;
    if (this.#world.scheduler.elapsedMs < owners.changedMs + SETTLING_MS) return;
    this.checks += 1;
    const owner = owners.byKey.get(key) ?? consumer;
    owners.byKey.set(key, owner);
    if (owner === consumer) return;
    fail(`key ${key} goes to c${owner.link} and c${consumer.link}, though nobody came or went`);
  }
}

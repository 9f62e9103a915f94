/** No more of a kind are open than a limit allows. */
import type { ConsumerSeen, Observation, ProducerSeen } from '../observe/observation.ts';
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';

type Open = ProducerSeen | ConsumerSeen;

/** Looked at between two steps: in one of them a place may be left and taken. */
export class Limits implements Invariant {
  readonly name = 'no more producers, consumers and subscriptions are there than may be';
  readonly seesPassing = true;
  checks = 0;
  readonly #world: World;
  readonly #producers = new Set<ProducerSeen>();
  readonly #consumers = new Set<ConsumerSeen>();

  constructor(world: World) {
    this.#world = world;
  }

  see(seen: Observation): void {
    switch (seen.type) {
      case 'producer-opened':
        if (seen.ready && !this.#isOdd(seen.producer)) this.#opened(seen.producer);
        break;
      case 'producer-closed':
        this.#producers.delete(seen.producer);
        break;
      case 'subscribed':
        if (!this.#isOdd(seen.consumer)) this.#consumers.add(seen.consumer);
        break;
      case 'consumer-closed':
        this.#consumers.delete(seen.consumer);
        break;
    }
  }

  /** One that has the topic to itself may have driven out some who cannot be told. */
  #opened(producer: ProducerSeen): void {
    if (producer.mode !== 'Shared') {
      for (const each of this.#producers) {
        if (each.topic === producer.topic) this.#producers.delete(each);
      }
    }
    this.#producers.add(producer);
  }

  /** Who uses an id twice is not told which of both has gone. */
  #isOdd({ link }: Open): boolean {
    return this.#world.isAbusive(link);
  }

  look(_: World, fail: Fail): void {
    const { config } = this.#world;
    const { maxConsumersPerSubscription, maxConsumersPerTopic, maxProducersPerTopic } = config;
    this.#hold(this.#producers, topicOf, maxProducersPerTopic, fail);
    this.#hold(this.#consumers, topicOf, maxConsumersPerTopic, fail);
    this.#hold(this.#consumers, subscriptionOf, maxConsumersPerSubscription, fail);
    // Of those that somebody uses: others may be there besides.
    const used = new Map([...this.#consumers].map((each) => [subscriptionOf(each), each]));
    this.#hold(used.values(), topicOf, config.maxSubscriptionsPerTopic, fail);
  }

  #hold<T extends Open>(
    all: Iterable<T>,
    placeOf: (each: T) => string,
    limit: number,
    fail: Fail,
  ): void {
    if (limit <= 0) return;
    const counts = new Map<string, number>();
    for (const each of all) {
      if (each.isClosing) continue;
      const place = placeOf(each);
      const count = (counts.get(place) ?? 0) + 1;
      counts.set(place, count);
      this.checks += 1;
      if (count > limit) fail(`${place} has ${count}, and may have ${limit}`);
    }
  }
}

function topicOf({ topic }: Open): string {
  return topic;
}

function subscriptionOf({ topic, subscription }: ConsumerSeen): string {
  return `${topic} ${subscription}`;
}

/** At rest, what the broker says of permits, unacknowledged messages and backlog is exact. */
import { parseTopicName } from '../../../src/base/topic-name.ts';
import type { ConsumerSeen, Observation } from '../observe/observation.ts';
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';
import { isPassing } from './passing.ts';

export class Counters implements Invariant {
  readonly name = 'permits and backlog are exact at rest';
  readonly seesPassing = true;
  checks = 0;
  readonly #permits = new Map<ConsumerSeen, number>();

  see(seen: Observation): void {
    if (seen.type === 'subscribed') this.#permits.set(seen.consumer, 0);
    else if (seen.type === 'consumer-closed') this.#permits.delete(seen.consumer);
    else if (seen.type === 'flow') this.#add(seen.consumer, seen.permits);
    else if (seen.type === 'delivered') {
      this.#add(seen.consumer, -messagesLeft(seen.content?.messages.length ?? 1, seen.ackSet));
    }
  }

  /** What has a low rate comes late, and other promises need not wait for it. */
  isSatisfied(world: World): boolean {
    const here = this.#here(world);
    // A broker that is ending still is asked nothing.
    if (world.broker.state !== 'up') return here.length === 0;
    return here.every(([consumer]) => backlogOf(consumer, world) === 0);
  }

  end(world: World, fail: Fail): void {
    const { broker } = world.broker.core;
    for (const [consumer, permits] of this.#here(world)) {
      const topic = parseTopicName(consumer.topic);
      const subscription = broker.subscriptionView(topic, consumer.subscription);
      const address = world.network.addressOf(consumer.link);
      const view = subscription?.consumers.find(
        (each) => each.consumerId === consumer.id && each.address === address,
      );
      const cursor = broker.cursorView(topic, consumer.subscription);
      if (view === undefined || (cursor === undefined && !isPassing(consumer.topic))) {
        fail(`consumer ${consumer.id} of ${consumer.subscription} is not known`);
        continue;
      }
      this.checks += 1;
      if (view.permits !== permits) {
        fail(`consumer ${consumer.id} of c${consumer.link} has ${view.permits}, not ${permits}`);
      }
      if (view.unacked !== 0) fail(`${view.unacked} messages count as not acknowledged`);
      const sum = (subscription?.consumers ?? []).reduce((all, { unacked }) => all + unacked, 0);
      if (subscription?.unacked !== sum) {
        fail(`${sum} messages of all consumers are not acknowledged, not ${subscription?.unacked}`);
      }
      const backlog = backlogOf(consumer, world);
      if (backlog !== 0) fail(`a backlog of ${backlog} is left`);
    }
  }

  /** Those that keep to the rules and can be reached, with the permits that they gave. */
  #here(world: World): [ConsumerSeen, number][] {
    return [...this.#permits].filter(
      ([{ link, isClosing }]) =>
        world.network.isWhole(link) && !isClosing && !world.isAbusive(link),
    );
  }

  #add(consumer: ConsumerSeen, permits: number): void {
    const before = this.#permits.get(consumer);
    if (before !== undefined) this.#permits.set(consumer, before + permits);
  }
}

function backlogOf({ topic, subscription, readsCompacted }: ConsumerSeen, world: World): number {
  // What was compacted away is never seen, and so not acknowledged one by one.
  if (readsCompacted) return 0;
  const { broker } = world.broker.core;
  return broker.cursorView(parseTopicName(topic), subscription)?.backlogEntries ?? 0;
}

export function messagesLeft(count: number, ackSet: readonly (number | bigint)[]): number {
  if (ackSet.length === 0) return count;
  let left = 0;
  for (let i = 0; i < count; i++) {
    const word = BigInt.asUintN(64, BigInt(ackSet[i >> 6] ?? 0));
    if ((word >> BigInt(i & 63)) % 2n === 1n) left++;
  }
  return left;
}

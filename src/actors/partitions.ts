/** Partitions of a topic, made many at a time, and what those that are added later get. */
import { BrokerError } from '../base/errors.ts';
import { parseTopicName, partitionName, type TopicName } from '../base/topic-name.ts';
import type { Broker } from './broker.ts';
import { topicActor } from './names.ts';

/** Each waits in memory for the journal, and a topic may be asked to have millions. */
const PARTITIONS_AT_ONCE = 1_000;

export class Partitions {
  readonly #broker: Pick<Broker, 'ask' | 'ready' | 'topicView' | 'subscriptionView'>;

  constructor(broker: Pick<Broker, 'ask' | 'ready' | 'topicView' | 'subscriptionView'>) {
    this.#broker = broker;
  }

  /** Those of [from, to) that are not there. */
  async create(name: TopicName, from: number, to: number): Promise<void> {
    // Those of a non-persistent topic come with their first client.
    if (name.domain === 'non-persistent') return;
    for (let at = from; at < to; at += PARTITIONS_AT_ONCE) {
      const names = [...partitionNames(name.full, at, Math.min(to, at + PARTITIONS_AT_ONCE))];
      await Promise.all(names.map((full) => this.#create(full).catch(ignoreExisting)));
    }
  }

  async #create(full: string): Promise<void> {
    await this.#broker.ready(parseTopicName(full));
    await this.#broker.ask(topicActor(full), (reply) => ({ type: 'create', reply }));
  }

  /** Partitions that are added get the subscriptions of the first one, from their beginning. */
  async copySubscriptions(name: TopicName, from: number, to: number): Promise<void> {
    if (name.domain === 'non-persistent') return;
    const first = parseTopicName(partitionName(name.full, 0));
    const subscriptions = this.#broker.topicView(first)?.subscriptions ?? [];
    for (const full of partitionNames(name.full, from, to)) {
      const actor = topicActor(full);
      for (const subscription of subscriptions) {
        const view = this.#broker.subscriptionView(first, subscription);
        if (view?.durable !== true) continue;
        await this.#broker
          .ask(actor, (reply) => ({
            type: 'create-subscription',
            reply,
            name: subscription,
            position: { ledgerId: -1, entryId: -1 },
            replicated: view.replicated,
            properties: view.properties,
          }))
          .catch(ignoreExisting);
      }
    }
  }
}

/** Full names of the partitions [from, to). */
export function partitionNames(base: string, from: number, to: number): string[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => partitionName(base, from + i));
}

export function ignoreExisting(error: unknown): void {
  if (!(error instanceof BrokerError && error.code === 'already-exists')) throw error;
}

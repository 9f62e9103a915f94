/**
 * Follows the topics of a namespace, as clients with a pattern do: over a watch, which it begins
 * again wherever it is connected again, and by asking for the whole list now and then.
 */
import type { Utterance } from '../observe/conversation.ts';
import type { Client, Handle } from './client.ts';

export interface WatcherPlan {
  /** Of topics, as a regular expression. */
  readonly pattern: string;
  /** How long it waits between two lists that it asks for, on average, in milliseconds. */
  readonly asksEveryMs: number;
  /** How often it ends its watch in the place of asking, and begins another one: a probability. */
  readonly rewatches: number;
}

const NAMESPACE = 'public/default';

export class Watcher implements Handle {
  readonly #client: Client;
  readonly #plan: WatcherPlan;
  #watch: number | undefined;
  /** Of the topics that it was told of last. */
  #hash: string | undefined;

  constructor(client: Client, plan: WatcherPlan) {
    this.#client = client;
    this.#plan = plan;
    this.#live();
  }

  connected(): void {
    this.#begin();
  }

  lost(): void {
    this.#watch = undefined;
  }

  hear({ command: { name, body } }: Utterance): void {
    if (name === 'WATCH_TOPIC_UPDATE') this.#hash = body.topics_hash;
  }

  #live(): void {
    const { chance, world, isConnected } = this.#client;
    if (isConnected && this.#watch === undefined) this.#begin();
    else if (isConnected && chance.happens(this.#plan.rewatches)) this.#end();
    else if (isConnected) this.#ask();
    const waitMs = world.isCalm ? 1_000 : chance.skewed(1, 2 * this.#plan.asksEveryMs);
    this.#client.after(waitMs, () => this.#live());
  }

  #begin(): void {
    const id = this.#client.nextId();
    this.#watch = id;
    const asked = {
      watcher_id: id,
      namespace: NAMESPACE,
      topics_pattern: this.#plan.pattern,
      ...(this.#hash === undefined ? {} : { topics_hash: this.#hash }),
    };
    this.#client.ask('WATCH_TOPIC_LIST', asked, ({ name, body }) => {
      if (name === 'WATCH_TOPIC_LIST_SUCCESS') this.#hash = body.topics_hash;
      // One that is refused begins again later.
      else if (this.#watch === id) this.#watch = undefined;
    });
  }

  #end(): void {
    const watch = this.#watch!;
    this.#watch = undefined;
    this.#client.ask('WATCH_TOPIC_LIST_CLOSE', { watcher_id: watch }, () => {});
  }

  #ask(): void {
    const { pattern } = this.#plan;
    const hash = this.#hash === undefined ? {} : { topics_hash: this.#hash };
    const asked = { namespace: NAMESPACE, topics_pattern: pattern, ...hash };
    this.#client.ask('GET_TOPICS_OF_NAMESPACE', asked, () => {});
  }
}

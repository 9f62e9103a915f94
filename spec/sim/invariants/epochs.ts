/**
 * A consumer that numbers its requests for everything again can tell by that number which of them a
 * message answers, and none is left out of the answer.
 */
import type { ConsumerSeen, Observation, Position } from '../observe/observation.ts';
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';
import { isBefore } from './order.ts';
import type { Stored } from './stored.ts';

interface Numbered {
  /** The highest that it has given, and that messages came with. */
  asked: number;
  come: number;
  /** Delivered with older numbers and not acknowledged by anybody. */
  readonly held: Map<string, Position>;
  /** Acknowledgements that may meet a delivery on their way: by what was asked until then. */
  acks: { readonly asked: number; readonly id: Position; readonly isCumulative: boolean }[];
}

export class Epochs implements Invariant {
  readonly name = 'messages say which request for everything they answer, and none is left out';
  checks = 0;
  readonly #world: World;
  readonly #stored: Stored;
  readonly #consumers = new Map<ConsumerSeen, Numbered>();
  /** Calls of operators that move subscriptions and have no answer yet. */
  #moving = 0;

  constructor(world: World, stored: Stored) {
    this.#world = world;
    this.#stored = stored;
  }

  see(seen: Observation, fail: Fail): void {
    switch (seen.type) {
      case 'subscribed':
        if (seen.consumer.epoch === undefined || this.#world.isAbusive(seen.consumer.link)) return;
        this.#consumers.set(seen.consumer, {
          asked: seen.consumer.epoch,
          come: seen.consumer.epoch,
          held: new Map(),
          acks: [],
        });
        break;
      case 'consumer-closed':
        this.#consumers.delete(seen.consumer);
        break;
      case 'nacked': {
        const numbered = this.#consumers.get(seen.consumer);
        if (numbered !== undefined) numbered.asked = seen.epoch ?? numbered.asked;
        break;
      }
      case 'acked':
        this.#acked(seen);
        break;
      case 'txn-decided':
        // What came meanwhile, too, is acknowledged now.
        if (!seen.commit) break;
        for (const acked of this.#stored.transacted.get(seen.txn)!.acks) this.#acked(acked);
        break;
      case 'delivered':
        this.#delivered(seen, fail);
        break;
      case 'seek':
      case 'sought':
        // Who is not active stays, and goes on where another one has gone.
        this.#moved(seen.consumer);
        break;
      case 'administering':
      case 'administered':
        // What an operator moves on need not come again, from when it asks on.
        if (seen.call.moves === undefined) break;
        this.#moving += seen.type === 'administering' ? 1 : -1;
        for (const each of this.#consumers.values()) each.held.clear();
        break;
    }
  }

  #moved({ topic, subscription }: ConsumerSeen): void {
    for (const [other, { held }] of this.#consumers) {
      if (other.topic === topic && other.subscription === subscription) held.clear();
    }
  }

  /** By any consumer of the subscription: the one before may still acknowledge. */
  #acked({ consumer, ids, isCumulative }: Extract<Observation, { type: 'acked' }>): void {
    for (const [other, { asked, held, acks }] of this.#consumers) {
      if (other.topic !== consumer.topic || other.subscription !== consumer.subscription) continue;
      for (const id of ids) {
        acks.push({ asked, id, isCumulative });
        if (!isCumulative) held.delete(keyOf(id));
        else for (const [key, at] of held) if (!isBefore(id, at)) held.delete(key);
      }
    }
  }

  #mayBeLeftOut(consumer: ConsumerSeen, at: Position): boolean {
    // What is compacted meanwhile need not come again.
    return consumer.readsCompacted || this.#stored.mayBeLetGo(consumer.topic, at);
  }

  #delivered(
    { consumer, epoch, position }: Extract<Observation, { type: 'delivered' }>,
    fail: Fail,
  ): void {
    const numbered = this.#consumers.get(consumer);
    if (numbered === undefined) return;
    this.checks += 1;
    const { come, asked, held } = numbered;
    if (epoch === undefined || epoch < come || epoch > asked) {
      fail(`c${consumer.link} gets a message of epoch ${epoch} after ${come}, and asked ${asked}`);
      return;
    }
    if (epoch > come) {
      const lost = [...held.values()].find(
        (at) => isBefore(at, position) && !this.#mayBeLeftOut(consumer, at),
      );
      if (lost !== undefined && this.#moving === 0) {
        fail(`epoch ${epoch} begins with ${keyOf(position)}, though ${keyOf(lost)} is open`);
      }
      held.clear();
      numbered.come = epoch;
      numbered.acks = numbered.acks.filter((ack) => ack.asked >= epoch);
    }
    const isAcked = numbered.acks.some(
      (ack) =>
        ack.asked >= epoch &&
        (keyOf(ack.id) === keyOf(position) || (ack.isCumulative && !isBefore(ack.id, position))),
    );
    if (!isAcked) held.set(keyOf(position), position);
  }
}

function keyOf({ ledger, entry }: Position): string {
  return `${ledger}:${entry}`;
}

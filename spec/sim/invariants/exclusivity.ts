/** Who has something to itself has it alone: a subscription's one consumer, a topic's producer. */
import type { ConsumerSeen, Observation, ProducerSeen } from '../observe/observation.ts';
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';
import { isPassing } from './passing.ts';

/** Who was told last to be active, and who before. */
interface Active {
  readonly now: ConsumerSeen;
  readonly before: ConsumerSeen | undefined;
  readonly sinceMs: number;
}

export class Exclusivity implements Invariant {
  readonly name = 'one consumer is active, and one producer is exclusive, at a time';
  readonly seesPassing = true;
  checks = 0;
  readonly #consumers = new Map<string, Set<ConsumerSeen>>();
  readonly #world: World;
  readonly #active = new Map<string, Active>();
  readonly #producers = new Map<string, Set<ProducerSeen>>();
  /** How many SENDs of each producer may have a receipt: those from before it was fenced. */
  readonly #sends = new Map<ProducerSeen, number>();
  readonly #allowed = new Map<ProducerSeen, number>();

  constructor(world: World) {
    this.#world = world;
  }

  see(seen: Observation, fail: Fail): void {
    switch (seen.type) {
      case 'subscribed':
        this.#subscribed(seen.consumer, fail);
        break;
      case 'consumer-closed':
        this.#consumers.get(nameOf(seen.consumer))?.delete(seen.consumer);
        break;
      case 'active':
        if (seen.active) this.#activate(seen.consumer);
        break;
      case 'delivered':
        this.#delivered(seen.consumer, fail);
        break;
      case 'producer-opened':
        if (seen.ready) this.#opened(seen.producer, fail);
        break;
      case 'sent':
        this.#sends.set(seen.producer, (this.#sends.get(seen.producer) ?? 0) + 1);
        break;
      case 'receipt':
      case 'send-error':
        this.#answered(seen.producer, seen.type === 'receipt', fail);
        break;
      case 'producer-closed':
        this.#producers.get(seen.producer.topic)?.delete(seen.producer);
        break;
    }
  }

  #subscribed(consumer: ConsumerSeen, fail: Fail): void {
    // Who asks for the same consumer again is told again that it is there.
    if (this.#world.isAbusive(consumer.link)) return;
    const all = this.#consumers.get(nameOf(consumer)) ?? new Set();
    this.#consumers.set(nameOf(consumer), all);
    const others = [...all].filter(({ isClosing }) => !isClosing);
    this.checks += 1;
    if (consumer.type === 'Exclusive' && others.length > 0) {
      fail(`${nameOf(consumer)} has a second consumer`);
    }
    all.add(consumer);
  }

  #delivered(consumer: ConsumerSeen, fail: Fail): void {
    // As in Pulsar, nobody is told where messages are not stored.
    if (consumer.type !== 'Failover' || isPassing(consumer.topic)) return;
    this.checks += 1;
    const { now, before, sinceMs } = this.#active.get(nameOf(consumer)) ?? {};
    if (now === consumer) return;
    // What is said to different clients in one step is in no order among them.
    if (before === consumer && sinceMs === this.#world.scheduler.elapsedMs) return;
    fail(`${nameOf(consumer)} delivers to consumer ${consumer.id}, which is not told to be active`);
  }

  #activate(consumer: ConsumerSeen): void {
    const before = this.#active.get(nameOf(consumer))?.now;
    const sinceMs = this.#world.scheduler.elapsedMs;
    this.#active.set(nameOf(consumer), { now: consumer, before, sinceMs });
  }

  #opened(producer: ProducerSeen, fail: Fail): void {
    if (this.#world.isAbusive(producer.link)) return;
    const all = this.#producers.get(producer.topic) ?? new Set();
    this.#producers.set(producer.topic, all);
    this.checks += 1;
    for (const other of all) {
      if (other === producer || other.isClosing) continue;
      if (producer.mode === 'Shared' && other.mode === 'Shared') continue;
      if (producer.mode === 'ExclusiveWithFencing') {
        // It is told when it publishes next.
        this.#allowed.set(other, this.#sends.get(other) ?? 0);
        all.delete(other);
        continue;
      }
      fail(`${producer.name} opens ${producer.topic} as ${producer.mode} beside ${other.name}`);
    }
    all.add(producer);
  }

  #answered(producer: ProducerSeen, isStored: boolean, fail: Fail): void {
    this.#sends.set(producer, (this.#sends.get(producer) ?? 0) - 1);
    const allowed = this.#allowed.get(producer);
    if (allowed === undefined) return;
    if (allowed <= 0 && isStored) fail(`${producer.name} publishes, though it is fenced`);
    this.#allowed.set(producer, allowed - 1);
  }
}

function nameOf({ topic, subscription }: ConsumerSeen): string {
  return `${topic} ${subscription}`;
}

/** What is over stays over: a terminated topic takes nothing, a deleted one gives nothing. */
import { parseTopicName } from '../../../src/base/topic-name.ts';
import type {
  Administered,
  ConsumerSeen,
  DurableEntry,
  Observation,
  ProducerSeen,
} from '../observe/observation.ts';
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';
import { isBefore } from './order.ts';

/** Topics by their names and by the numbers that the journal has for them. */
class Topics {
  readonly #byName = new Map<string, number>();

  see(seen: Observation): void {
    if (seen.type === 'topic-created') this.#byName.set(seen.topic, seen.topicId);
    else if (seen.type === 'topic-deleted') this.#byName.delete(seen.topic);
  }

  names(): Iterable<string> {
    return this.#byName.keys();
  }

  /** Undefined where there is none now. */
  idOf(topic: string): number | undefined {
    return this.#byName.get(topic);
  }
}

export class Termination implements Invariant {
  readonly name = 'a terminated topic takes no more messages, and its consumers hear of its end';
  checks = 0;
  readonly #world: World;
  readonly #topics = new Topics();
  readonly #terminated = new Set<number>();
  readonly #last = new Map<number, DurableEntry>();
  /** Nothing is left of them; their newest ledger, which the last message is not in, is empty. */
  readonly #emptied = new Set<number>();
  /** The topic that somebody asked to terminate. */
  readonly #asked = new Map<number, number | undefined>();
  /** Who should be told of the end, and who was. */
  readonly #consumers = new Set<ConsumerSeen>();
  readonly #told = new Set<ConsumerSeen>();

  constructor(world: World) {
    this.#world = world;
  }

  see(seen: Observation, fail: Fail): void {
    this.#topics.see(seen);
    switch (seen.type) {
      case 'record':
        for (const entry of seen.entries) {
          const { topicId } = entry;
          if (this.#terminated.has(topicId))
            fail(`topic ${topicId} is terminated, and stores more`);
          this.#last.set(topicId, entry);
          this.#emptied.delete(topicId);
        }
        break;
      case 'trimmed': {
        const last = this.#last.get(seen.topicId);
        if (last !== undefined && last.offset < seen.before) this.#emptied.add(seen.topicId);
        break;
      }
      case 'topic-terminated':
        this.#terminated.add(seen.topicId);
        break;
      case 'administering':
        this.#asked.set(seen.call.id, this.#topics.idOf(seen.call.topic));
        break;
      case 'administered':
        if (seen.call.what === 'terminate topic' && seen.status === 200) this.#done(seen, fail);
        break;
      case 'subscribed':
        // What was compacted away is not acknowledged: as in Pulsar, that is a backlog for ever.
        if (seen.consumer.knowsEnd && !seen.consumer.readsCompacted) {
          this.#consumers.add(seen.consumer);
        }
        break;
      case 'consumer-closed':
        this.#consumers.delete(seen.consumer);
        break;
      case 'end-of-topic': {
        this.checks += 1;
        const { topic, link, knowsEnd } = seen.consumer;
        this.#told.add(seen.consumer);
        if (!knowsEnd) fail(`c${link} is told of the end of ${topic} and does not understand it`);
        if (!this.#isTerminated(topic)) fail(`c${link} is told that ${topic} ends: it does not`);
        break;
      }
    }
  }

  end({ network }: World, fail: Fail): void {
    for (const consumer of this.#consumers) {
      const { link, topic, isClosing } = consumer;
      if (!this.#isTerminated(topic) || isClosing || !network.isWhole(link)) continue;
      this.checks += 1;
      if (this.#told.has(consumer) || this.#world.isAbusive(link)) continue;
      fail(`c${link} has all of ${topic}, which is terminated, and has not been told`);
    }
  }

  #isTerminated(topic: string): boolean {
    return this.#terminated.has(this.#topics.idOf(topic) ?? -1);
  }

  /**
   * Answered: it has happened, and the answer names the last message, or of what is emptied the
   * newest ledger, as Pulsar does.
   */
  #done({ call, value }: Extract<Observation, { type: 'administered' }>, fail: Fail): void {
    const topicId = this.#topics.idOf(call.topic);
    // Deleted meanwhile, and perhaps made anew.
    if (topicId === undefined || this.#asked.get(call.id) !== topicId) return;
    this.checks += 1;
    if (!this.#terminated.has(topicId)) fail(`${call.topic} is said to be terminated, and is not`);
    const { ledgerId, entryId } = value as { readonly ledgerId: number; readonly entryId: number };
    const last = this.#last.get(topicId)?.position;
    const told = { ledger: ledgerId, entry: entryId };
    if (last === undefined || (!isBefore(last, told) && !isBefore(told, last))) return;
    if (this.#emptied.has(topicId) && entryId === -1 && ledgerId > last.ledger) return;
    fail(`${call.topic} ends at ${last.ledger}:${last.entry}, not at ${ledgerId}:${entryId}`);
  }
}

/** What else makes the broker send clients of a topic away. */
const SENDS_AWAY = /unload|force|reset/;
/** How long that may be under way. */
const SETTLING_MS = 5_000;

export class Deletion implements Invariant {
  readonly name = 'a deleted topic is gone with its messages, and none is deleted that is in use';
  checks = 0;
  readonly #world: World;
  readonly #topics = new Topics();
  /** When the disk had it. */
  readonly #deletedMs = new Map<number, number>();
  readonly #topicOf = new Map<number, number>();
  readonly #disturbedMs = new Map<string, number>();
  readonly #inUse = new Set<ProducerSeen | ConsumerSeen>();
  /** Who had a topic open when somebody asked to delete it. */
  readonly #users = new Map<number, readonly (ProducerSeen | ConsumerSeen)[]>();
  readonly #asked = new Map<number, number | undefined>();

  constructor(world: World) {
    this.#world = world;
  }

  see(seen: Observation, fail: Fail): void {
    this.#topics.see(seen);
    switch (seen.type) {
      case 'record':
        for (const { topicId, position } of seen.entries) {
          this.#topicOf.set(position.ledger, topicId);
        }
        break;
      case 'topic-deleted':
        this.#deletedMs.set(seen.topicId, this.#world.scheduler.elapsedMs);
        break;
      case 'delivered':
        this.#delivered(seen, fail);
        break;
      case 'producer-opened':
        if (seen.ready) this.#inUse.add(seen.producer);
        break;
      case 'producer-closed':
        this.#inUse.delete(seen.producer);
        break;
      case 'subscribed':
        this.#inUse.add(seen.consumer);
        break;
      case 'consumer-closed':
        this.#inUse.delete(seen.consumer);
        break;
      default:
        this.#happens(seen, fail);
    }
  }

  #happens(seen: Observation, fail: Fail): void {
    switch (seen.type) {
      case 'administering':
        this.#ask(seen.call);
        break;
      case 'administered':
        this.#answered(seen, fail);
        break;
      case 'seek':
      case 'unsubscribing':
        this.#disturb(seen.consumer.topic);
        break;
      case 'log':
        if (seen.level === 'error') for (const topic of this.#topics.names()) this.#disturb(topic);
        break;
    }
  }

  /** Others than who deletes it may send clients of this topic away. */
  #disturb(topic: string): void {
    this.#disturbedMs.set(baseOf(topic), this.#world.scheduler.elapsedMs);
  }

  #delivered(
    { position, consumer }: Extract<Observation, { type: 'delivered' }>,
    fail: Fail,
  ): void {
    const topicId = this.#topicOf.get(position.ledger);
    if (topicId === undefined) return;
    this.checks += 1;
    const deletedMs = this.#deletedMs.get(topicId);
    // What was decided before the deletion may have waited for the same write.
    if (deletedMs === undefined || deletedMs === this.#world.scheduler.elapsedMs) return;
    const at = `${position.ledger}:${position.entry}`;
    fail(`${at} of ${consumer.topic} comes to c${consumer.link} after its topic was deleted`);
  }

  #ask({ id, what, topic }: Administered): void {
    this.#asked.set(id, this.#topics.idOf(topic));
    if (SENDS_AWAY.test(what)) this.#disturb(topic);
    if (what !== 'delete topic') return;
    this.#users.set(
      id,
      [...this.#inUse].filter((user) => user.topic === topic),
    );
  }

  #answered({ call, status }: Extract<Observation, { type: 'administered' }>, fail: Fail): void {
    const users = this.#users.get(call.id) ?? [];
    this.#users.delete(call.id);
    if (status !== 204 || !call.what.startsWith('delete topic')) return;
    this.checks += 1;
    const { topic } = call;
    const topicId = this.#asked.get(call.id);
    if (topicId !== undefined && !this.#deletedMs.has(topicId)) {
      fail(`${topic} is said to be deleted, and is not`);
    }
    const { network, scheduler } = this.#world;
    const disturbedMs = this.#disturbedMs.get(baseOf(topic)) ?? Number.NEGATIVE_INFINITY;
    if (scheduler.elapsedMs < disturbedMs + SETTLING_MS) return;
    // Whoever has not left of itself, though the broker may have sent it away for this.
    const user = users.find((each) => !each.isClosing && network.isWhole(each.link));
    if (user !== undefined) fail(`${topic} is deleted, though c${user.link}/${user.id} uses it`);
  }
}

function baseOf(topic: string): string {
  return parseTopicName(topic).base;
}

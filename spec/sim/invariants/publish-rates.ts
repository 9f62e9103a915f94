/**
 * Publish rates of topics: since its bucket was full, a topic has stored no more than it held then,
 * what has flowed in since, and what its producers were told they may send at a time when there was
 * more: each of them may use that up, and pays for it later.
 */
import { parseTopicName } from '../../../src/base/topic-name.ts';
import { EVERY_TOPIC } from '../deeds.ts';
import type {
  Administered,
  DurableEntry,
  Observation,
  ProducerSeen,
} from '../observe/observation.ts';
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';
import { KnownSettings } from './known-settings.ts';

interface Amount {
  readonly messages: number;
  readonly bytes: number;
}

/** What a topic has stored since its bucket was full. */
interface Meter {
  readonly sinceMs: number;
  /** Was on its way then. */
  readonly spare: Amount;
  messages: number;
  bytes: number;
}

/** From the answer until everybody has heard of a new rate. */
const SETTLING_MS = 1_000;

export class PublishRates implements Invariant {
  readonly name = 'no more is published than its rate lets through, and one burst';
  checks = 0;
  readonly #world: World;
  readonly #names = new Map<number, string>();
  readonly #producers = new Set<ProducerSeen>();
  readonly #meters = new Map<string, Meter>();
  /** Messages a second that policies have set, by topic; undefined: nobody knows for now. */
  readonly #set = new Map<string, number | undefined>();
  readonly #settings: KnownSettings;
  #settledMs = 0;
  /** Of one entry, at most. */
  readonly #most: Amount;

  constructor(world: World) {
    this.#world = world;
    this.#settings = new KnownSettings(world);
    const producers = world.plan.clients.flatMap((client) => client.producers);
    this.#most = {
      messages: Math.max(1, ...producers.map(({ batch }) => batch)),
      bytes: Math.max(0, ...producers.map((each) => (each.maxBytes + 100) * each.batch)),
    };
  }

  see(seen: Observation, fail: Fail): void {
    if (this.#settings.see(seen, SETTINGS)) this.#settle();
    switch (seen.type) {
      case 'topic-created':
        this.#names.set(seen.topicId, seen.topic);
        this.#restart(seen.topic);
        break;
      case 'topic-deleted':
        // Its own policies go with it.
        if (this.#set.delete(parseTopicName(seen.topic).base)) this.#settle();
        break;
      case 'producer-opened':
        this.#producers.add(seen.producer);
        break;
      case 'producer-closed':
        this.#closed(seen.producer);
        break;
      case 'record':
        for (const entry of seen.entries) this.#stored(entry, fail);
        break;
      case 'administering':
        if (seen.call.limit?.what === 'published to a topic') this.#change(seen.call, undefined);
        break;
      case 'administered':
        if (seen.call.limit?.what !== 'published to a topic' || seen.status !== 204) break;
        this.#change(seen.call, seen.call.limit.value);
        break;
      case 'log':
        // Actors that are recovered have full buckets.
        if (seen.level === 'error') this.#restartAll();
        break;
      case 'broker':
        this.#restartAll();
        break;
    }
  }

  #change({ topic }: Administered, rate: number | undefined): void {
    this.#set.set(topic, rate);
    this.#settle();
  }

  #settle(): void {
    this.#settledMs = this.#world.scheduler.elapsedMs + SETTLING_MS;
    this.#meters.clear();
  }

  /** A topic that nobody publishes to may be away and come back with a full bucket. */
  #closed(producer: ProducerSeen): void {
    const { topic } = producer;
    const spare = this.#underWay(topic);
    this.#producers.delete(producer);
    if ([...this.#producers].every((each) => each.topic !== topic)) this.#restart(topic, spare);
  }

  #restartAll(): void {
    for (const topic of this.#names.values()) this.#restart(topic);
  }

  #restart(topic: string, spare = this.#underWay(topic)): void {
    const sinceMs = this.#world.scheduler.elapsedMs;
    this.#meters.set(topic, { sinceMs, spare, messages: 0, bytes: 0 });
  }

  /** What its producers have sent and have no answer to. */
  #underWay(topic: string): Amount {
    let entries = 0;
    for (const each of this.#producers) if (each.topic === topic) entries += each.waiting.length;
    return { messages: entries * this.#most.messages, bytes: entries * this.#most.bytes };
  }

  #stored({ topicId, content, bytes }: DurableEntry, fail: Fail): void {
    const topic = this.#names.get(topicId);
    if (topic === undefined || this.#world.scheduler.elapsedMs < this.#settledMs) return;
    if (!this.#meters.has(topic)) this.#restart(topic);
    const meter = this.#meters.get(topic)!;
    meter.messages += content?.messages.length ?? 1;
    meter.bytes += bytes;
    const rate = this.#rateOf(topic);
    this.#check(topic, meter, rate, 'messages', fail);
    this.#check(topic, meter, rate, 'bytes', fail);
  }

  #check(topic: string, meter: Meter, rate: Amount, unit: keyof Amount, fail: Fail): void {
    const perSecond = rate[unit];
    if (perSecond <= 0) return;
    this.checks += 1;
    const seconds = (this.#world.scheduler.elapsedMs - meter.sinceMs) / 1_000;
    const sharers = this.#world.producers.filter((each) => each.topic === topic).length;
    const most =
      perSecond * (1 + seconds) + sharers * (perSecond + this.#most[unit]) + meter.spare[unit];
    if (meter[unit] > most) fail(`${meter[unit]} ${unit} to ${topic}, not ${most}`);
  }

  /** A topic's own, else that of all, else as configured; 0 sets no limit. */
  #rateOf(topic: string): Amount {
    const { base } = parseTopicName(topic);
    const name = [base, EVERY_TOPIC].find((each) => this.#set.has(each));
    if (name !== undefined) return { messages: this.#set.get(name) ?? 0, bytes: 0 };
    return {
      messages: this.#settings.of('maxPublishRatePerTopicInMessages') ?? 0,
      bytes: this.#settings.of('maxPublishRatePerTopicInBytes') ?? 0,
    };
  }
}

const SETTINGS = ['maxPublishRatePerTopicInMessages', 'maxPublishRatePerTopicInBytes'] as const;

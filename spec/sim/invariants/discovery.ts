/** Who follows the topics of a namespace knows those that there are, and hears of no others. */
import type { Command } from '../../../src/wire/codec.ts';
import type { Observation } from '../observe/observation.ts';
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';

/** A watch over a connection, as its client knows it. */
interface Watch {
  readonly link: number;
  readonly id: number;
  readonly pattern: RegExp;
  /** Of the list that its client knows: one that is the same is left out. */
  readonly knows: string | undefined;
  /** Undefined: not told yet. */
  topics: Set<string> | undefined;
  /** Before it was told. */
  isClosed: boolean;
  /** Topics that are gone since then, in milliseconds, and that nobody has said so of. */
  readonly owed: Map<string, number>;
}

/** A list that was asked for: topics that were there then and are there still. */
interface Asked {
  readonly pattern: RegExp;
  readonly knows: string | undefined;
  readonly throughout: Set<string>;
}

/** System topics are told of to nobody. */
const OWN = /^persistent:\/\/public\/default\/(?!__)/;

/** What comes back sooner need not have been said to be gone. */
const SOON_MS = 50;

type Heard = Extract<Observation, { type: 'heard' | 'said' }>;

export class Discovery implements Invariant {
  readonly name = 'who follows topics knows those that there are';
  readonly seesFrames = true;
  checks = 0;
  readonly #world: World;
  /** Durable topics that there are, and all that there ever were. */
  readonly #topics = new Set<string>();
  readonly #ever = new Set<string>();
  /** By link and number. */
  readonly #watches = new Map<string, Watch>();
  readonly #starting = new Map<string, Watch>();
  readonly #asked = new Map<string, Asked>();
  /** Watches that are to be closed, by link and request. */
  readonly #closing = new Map<string, number>();
  /** Which topics a hash stands for. */
  readonly #hashes = new Map<string, string>();

  constructor(world: World) {
    this.#world = world;
  }

  see(seen: Observation, fail: Fail): void {
    switch (seen.type) {
      case 'topic-created':
        if (!OWN.test(seen.topic)) break;
        this.#topics.add(seen.topic);
        this.#ever.add(seen.topic);
        this.#isBack(seen.topic, fail);
        break;
      case 'topic-deleted':
        this.#topics.delete(seen.topic);
        for (const { throughout } of this.#asked.values()) throughout.delete(seen.topic);
        for (const { topics, owed } of this.#watches.values()) {
          if (topics?.has(seen.topic)) owed.set(seen.topic, this.#world.scheduler.elapsedMs);
        }
        break;
      case 'unlinked':
        for (const each of [this.#watches, this.#starting, this.#asked, this.#closing]) {
          for (const key of each.keys()) if (key.startsWith(`${seen.link} `)) each.delete(key);
        }
        break;
      case 'heard':
        this.#heard(seen);
        break;
      case 'said':
        this.#said(seen, fail);
        break;
    }
  }

  isSatisfied(): boolean {
    return [...this.#watches.values()].every((watch) => this.#differs(watch) === undefined);
  }

  end(_: World, fail: Fail): void {
    for (const watch of this.#watches.values()) {
      this.checks += 1;
      const differs = this.#differs(watch);
      if (differs !== undefined) fail(`watch ${watch.id} of c${watch.link} ${differs}`);
    }
  }

  #isBack(topic: string, fail: Fail): void {
    for (const { link, id, owed } of this.#watches.values()) {
      const goneAtMs = owed.get(topic);
      if (goneAtMs === undefined || !owed.delete(topic)) continue;
      if (this.#world.scheduler.elapsedMs - goneAtMs < SOON_MS) continue;
      fail(`watch ${id} of c${link} has not heard that ${topic} was gone`);
    }
  }

  #heard({ link, command: { name, body } }: Heard): void {
    if (name === 'WATCH_TOPIC_LIST') {
      if (this.#world.isAbusive(link)) return;
      const id = Number(body.watcher_id);
      const [pattern, knows] = [whole(body.topics_pattern), body.topics_hash];
      const owed = new Map<string, number>();
      const watch = { link, id, pattern, knows, topics: undefined, isClosed: false, owed };
      this.#starting.set(`${link} ${body.request_id}`, watch);
    } else if (name === 'WATCH_TOPIC_LIST_CLOSE') {
      this.#closing.set(`${link} ${body.request_id}`, Number(body.watcher_id));
    } else if (name === 'GET_TOPICS_OF_NAMESPACE') {
      const pattern = whole(body.topics_pattern ?? '.*');
      const throughout = new Set([...this.#topics].filter((topic) => pattern.test(topic)));
      const knows = body.topics_hash;
      this.#asked.set(`${link} ${body.request_id}`, { pattern, knows, throughout });
    }
  }

  #said({ link, command }: Heard, fail: Fail): void {
    const { name, body } = command;
    switch (name) {
      case 'SUCCESS':
        this.#closed(link, body);
        break;
      case 'WATCH_TOPIC_LIST_SUCCESS':
        this.#watched(link, body, fail);
        break;
      case 'WATCH_TOPIC_UPDATE': {
        const watch = this.#watches.get(`${link} ${body.watcher_id}`);
        if (watch?.topics === undefined) {
          if (!this.#world.isAbusive(link)) fail(`c${link} has no watch ${body.watcher_id}`);
          break;
        }
        for (const topic of body.deleted_topics ?? []) {
          if (!watch.topics.delete(topic)) fail(`${topic} is gone, and was never there`);
          watch.owed.delete(topic);
        }
        for (const topic of body.new_topics ?? []) watch.topics.add(topic);
        this.#told(watch.pattern, watch.topics, body.topics_hash, fail);
        break;
      }
      case 'GET_TOPICS_OF_NAMESPACE_RESPONSE':
        this.#listed(link, body, fail);
        break;
    }
  }

  #closed(link: number, body: Body<'SUCCESS'>): void {
    const key = `${link} ${body.request_id}`;
    const id = this.#closing.get(key);
    if (id === undefined) return;
    this.#closing.delete(key);
    this.#watches.delete(`${link} ${id}`);
    for (const each of this.#starting.values()) {
      if (each.link === link && each.id === id) each.isClosed = true;
    }
  }

  #watched(link: number, body: Body<'WATCH_TOPIC_LIST_SUCCESS'>, fail: Fail): void {
    const key = `${link} ${body.request_id}`;
    const watch = this.#starting.get(key);
    this.#starting.delete(key);
    if (watch === undefined) return;
    watch.topics = this.#named(body.topic ?? [], body.topics_hash, watch.knows);
    if (watch.isClosed) fail(`watch ${watch.id} of c${link} begins though it was closed`);
    this.#watches.set(`${link} ${watch.id}`, watch);
    this.#told(watch.pattern, watch.topics, body.topics_hash, fail);
  }

  #listed(link: number, body: Body<'GET_TOPICS_OF_NAMESPACE_RESPONSE'>, fail: Fail): void {
    const key = `${link} ${body.request_id}`;
    const asked = this.#asked.get(key);
    this.#asked.delete(key);
    if (asked === undefined) return;
    const hash = body.topics_hash ?? '';
    if (body.changed === false && hash !== asked.knows) fail('a list is left out that is another');
    const topics = this.#named(body.topics ?? [], hash, asked.knows);
    this.#told(asked.pattern, topics, hash, fail);
    for (const topic of asked.throughout) {
      if (!topics.has(topic)) fail(`${topic} is missing in a list, and was there all the time`);
    }
  }

  #named(topics: readonly string[], hash: string, known: string | undefined): Set<string> {
    if (topics.length > 0 || hash !== known) return new Set(topics);
    return new Set((this.#hashes.get(hash) ?? '').split(' ').filter((name) => name !== ''));
  }

  #told(pattern: RegExp, topics: ReadonlySet<string>, hash: string, fail: Fail): void {
    this.checks += 1;
    for (const topic of topics) {
      if (!this.#ever.has(topic)) fail(`${topic} is told of, and is not on the disk`);
      if (!pattern.test(topic)) fail(`${topic} is told of, and was not asked for`);
    }
    const words = [...topics].sort().join(' ');
    const before = this.#hashes.get(hash);
    this.#hashes.set(hash, words);
    if (before !== undefined && before !== words) fail(`${hash} stood for ${before}, now ${words}`);
  }

  #differs({ pattern, topics }: Watch): string | undefined {
    const wanted = [...this.#topics].filter((topic) => pattern.test(topic));
    const missing = wanted.find((topic) => topics?.has(topic) !== true);
    if (missing !== undefined) return `has not heard of ${missing}`;
    const gone = [...(topics ?? [])].find((topic) => !this.#topics.has(topic));
    return gone === undefined ? undefined : `has not heard that ${gone} is gone`;
  }
}

type Body<K extends Command['name']> = Extract<Command, { readonly name: K }>['body'];

/** Topics match by the names that their partitions have together, whatever the domain. */
function whole(pattern: string): RegExp {
  const own = pattern.replace('persistent://', '');
  return new RegExp(`^persistent://(?:${own})(?:-partition-\\d+)?$`);
}

/**
 * What topics have stored and may have let go since, for promises that need to know: by age, by
 * quota, by trimming, and because a compaction has kept something newer.
 */
import type { BrokerConfig } from '../../../src/base/options.ts';
import { parseTopicName } from '../../../src/base/topic-name.ts';
import { EVERY_TOPIC } from '../deeds.ts';
import type {
  ConsumerSeen,
  DurableEntry,
  Limit,
  Observation,
  Position,
} from '../observe/observation.ts';
import { CompactedTopic } from './compacted-topic.ts';
import { Transacted } from './transacted.ts';

/** An entry, and how much its topic had stored with it. */
export interface StoredEntry extends DurableEntry {
  readonly publishTimeMs: number;
}

export class StoredTopic {
  readonly topicId: number;
  readonly entries: StoredEntry[] = [];
  /** By the ids of its ledgers, the offset of the first entry, and bytes. */
  readonly ledgers = new Map<number, { readonly first: number; bytes: number }>();
  readonly compacted: CompactedTopic;

  constructor(topicId: number, compacted: CompactedTopic) {
    this.topicId = topicId;
    this.compacted = compacted;
  }

  at({ ledger, entry }: Position): StoredEntry | undefined {
    const found = this.ledgers.get(ledger);
    return found === undefined ? undefined : this.entries[found.first + entry];
  }
}

/** What the broker takes off a quota before it stops evicting. */
const EVICTION_TARGET = 0.9;

export class Stored {
  readonly transacted = new Transacted();
  readonly #byId = new Map<number, StoredTopic>();
  readonly #byName = new Map<string, StoredTopic>();
  readonly #config: BrokerConfig;
  readonly #nowMs: () => number;
  /** What was sent, by the first message in it. */
  readonly #sent = new Map<number, Buffer>();
  /** Of all topics, or of one, the least that was ever asked for. */
  readonly #least = new Map<string, number>();

  constructor(config: BrokerConfig, nowMs: () => number) {
    this.#config = config;
    this.#nowMs = nowMs;
    const { ttlDurationDefaultInSeconds: ttl, backlogQuotaDefaultLimitBytes: bytes } = config;
    if (ttl > 0) this.#limit(EVERY_TOPIC, { what: 'ttl', value: ttl });
    const evicts = config.backlogQuotaDefaultRetentionPolicy === 'consumer_backlog_eviction';
    if (evicts && bytes >= 0) this.#limit(EVERY_TOPIC, { what: 'evicted above', value: bytes });
    const age = config.backlogQuotaDefaultLimitSecond * EVICTION_TARGET;
    if (evicts && age > 0) this.#limit(EVERY_TOPIC, { what: 'ttl', value: age });
  }

  see(seen: Observation): void {
    this.transacted.see(seen);
    switch (seen.type) {
      case 'topic-created': {
        const compacted = new CompactedTopic(this.#config, {
          sentOf: (message) => this.#sent.get(message),
          counts: ({ content }) => this.transacted.counts(content),
        });
        const topic = new StoredTopic(seen.topicId, compacted);
        this.#byId.set(seen.topicId, topic);
        this.#byName.set(seen.topic, topic);
        break;
      }
      case 'topic-deleted':
        this.#byName.delete(seen.topic);
        break;
      case 'sent':
        if (seen.content !== undefined) this.#sent.set(seen.content.messages[0]!, seen.bytes);
        break;
      case 'record':
        for (const entry of seen.entries) this.#store(entry);
        break;
      case 'administering':
        if (seen.call.limit !== undefined) this.#limit(seen.call.topic, seen.call.limit);
        break;
      case 'trimmed':
      case 'compaction': {
        const topic = this.#byId.get(seen.topicId);
        if (topic !== undefined) topic.compacted.see(seen, topic.entries);
        break;
      }
    }
  }

  /** Whether anything may leave a backlog that nobody acknowledged. */
  get letsGo(): boolean {
    return this.#least.size > 0;
  }

  /** As it is by this name now. */
  topic(name: string): StoredTopic | undefined {
    return this.#byName.get(name);
  }

  byId(topicId: number): StoredTopic | undefined {
    return this.#byId.get(topicId);
  }

  /** Whether a consumer may get an entry out of its turn: a transaction was to acknowledge it. */
  wasHeld({ topic, subscription }: ConsumerSeen, position: Position): boolean {
    const stored = this.#byName.get(topic);
    const entry = stored?.at(position);
    if (stored === undefined || entry === undefined) return false;
    return this.transacted.wasHeld(stored.topicId, subscription, entry.offset);
  }

  /** Whether there was a rule by which an entry may have left every backlog by now. */
  mayBeLetGo(topic: string, position: Position): boolean {
    if (!this.letsGo) return false;
    const stored = this.#byName.get(topic);
    const entry = stored?.at(position);
    if (stored === undefined || entry === undefined) return false;
    return this.mayLeave(topic, stored, entry.offset, this.#nowMs());
  }

  /** The same at a time that has been. */
  mayLeave(topic: string, stored: StoredTopic, offset: number, atMs: number): boolean {
    if (!this.letsGo) return false;
    return (
      isTooOld(stored, offset, atMs - this.#leastOf(topic, 'ttl') * 1_000) ||
      isTooMuch(stored, offset, this.#leastOf(topic, 'evicted above') * EVICTION_TARGET)
    );
  }

  #store(entry: DurableEntry): void {
    const { topicId, offset, position, content, bytes } = entry;
    const topic = this.#byId.get(topicId);
    if (topic === undefined) return;
    const publishTimeMs = content?.publishTimeMs ?? Number.POSITIVE_INFINITY;
    topic.entries[offset] = { ...entry, publishTimeMs };
    const ledger = topic.ledgers.get(position.ledger);
    if (ledger !== undefined) ledger.bytes += bytes;
    else topic.ledgers.set(position.ledger, { first: offset - position.entry, bytes });
  }

  #limit(topic: string, { what, value }: Limit): void {
    const key = `${what} ${topic}`;
    this.#least.set(key, Math.min(value, this.#least.get(key) ?? Number.POSITIVE_INFINITY));
  }

  #leastOf(topic: string, what: Limit['what']): number {
    const names = [EVERY_TOPIC, parseTopicName(topic).base];
    const values = names.map((name) => this.#least.get(`${what} ${name}`) ?? Infinity);
    return Math.min(...values);
  }
}

/**
 * Ages are taken to fall with the place in a topic, as in Pulsar: with one that is too old goes
 * what lies before it, though another producer may have made it later.
 */
function isTooOld({ entries }: StoredTopic, offset: number, newestMs: number): boolean {
  if (newestMs === Number.NEGATIVE_INFINITY) return false;
  for (let i = entries.length - 1; i >= offset; i--) {
    if ((entries[i]?.publishTimeMs ?? Infinity) <= newestMs) return true;
  }
  return false;
}

/** A part of a ledger counts by its share of it: so much is known of the whole ledger alone. */
function isTooMuch({ entries, ledgers }: StoredTopic, offset: number, leftBytes: number): boolean {
  if (leftBytes === Number.POSITIVE_INFINITY) return false;
  const own = entries[offset]!.position.ledger;
  let bytes = 0;
  for (const [ledger, each] of ledgers) if (ledger >= own) bytes += each.bytes;
  return bytes >= leftBytes;
}

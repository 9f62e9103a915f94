/**
 * What leaves a subscription was acknowledged by somebody, moved over by an operator, or is older
 * than messages may become, or more than a backlog may hold.
 */
import type { BrokerConfig } from '../../../src/base/options.ts';
import type { Observation, Position } from '../observe/observation.ts';
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';
import { isBefore } from './order.ts';

/** What consumers of a subscription have acknowledged, in whatever part. */
interface Heard {
  readonly positions: Set<string>;
  upTo: Position;
  /** An operator moves it, or has done so: no more is known. */
  isMoved: boolean;
}

interface Stored {
  readonly position: Position;
  readonly publishTimeMs: number;
}

export class Removals implements Invariant {
  readonly name = 'nothing leaves a backlog that nobody acknowledged, unless by age or quota';
  checks = 0;
  readonly #ttlMs: number;
  readonly #isEvicted: boolean;
  readonly #topics = new Map<number, string>();
  readonly #stored = new Map<string, Stored>();
  readonly #heard = new Map<string, Heard>();
  /** By subscription the offsets that have left. */
  readonly #gone = new Map<string, Set<number>>();

  constructor({ config }: World) {
    const seconds = config.ttlDurationDefaultInSeconds;
    this.#ttlMs = seconds > 0 ? seconds * 1_000 : Number.POSITIVE_INFINITY;
    this.#isEvicted = evicts(config);
  }

  see(seen: Observation, fail: Fail): void {
    switch (seen.type) {
      case 'topic-created':
        this.#topics.set(seen.topicId, seen.topic);
        break;
      case 'record':
        for (const { topicId, offset, position, content } of seen.entries) {
          const publishTimeMs = content?.publishTimeMs ?? Number.POSITIVE_INFINITY;
          this.#stored.set(`${topicId}/${offset}`, { position, publishTimeMs });
        }
        break;
      case 'acked': {
        const heard = this.#of(`${seen.consumer.topic} ${seen.consumer.subscription}`);
        for (const id of seen.ids) {
          if (!seen.isCumulative) heard.positions.add(`${id.ledger}:${id.entry}`);
          else if (isBefore(heard.upTo, id)) heard.upTo = id;
        }
        break;
      }
      case 'administering':
        if (seen.call.moves !== undefined) {
          this.#of(`${seen.call.topic} ${seen.call.subscription}`).isMoved = true;
        }
        break;
      case 'left':
        this.#left(seen, fail);
        break;
    }
  }

  #left(
    { topicId, subscription, ranges, atMs }: Extract<Observation, { type: 'left' }>,
    fail: Fail,
  ): void {
    const name = `${topicId}/${subscription}`;
    const gone = this.#gone.get(name) ?? new Set();
    this.#gone.set(name, gone);
    const heard = this.#of(`${this.#topics.get(topicId)} ${subscription}`);
    // Ages are taken to fall with the place in a topic, as in Pulsar: with the newest that is too
    // old goes what lies before it, though another producer may have made it later.
    const newest = this.#stored.get(`${topicId}/${(ranges.at(-1)?.[1] ?? 0) - 1}`);
    const isByAge = newest !== undefined && atMs - newest.publishTimeMs >= this.#ttlMs;
    for (const [start, end] of ranges) {
      for (let offset = start; offset < end; offset++) {
        const stored = this.#stored.get(`${topicId}/${offset}`);
        if (gone.has(offset) || stored === undefined) continue;
        gone.add(offset);
        this.checks += 1;
        if (heard.isMoved || this.#isEvicted || wasHeard(heard, stored.position)) continue;
        if (isByAge || atMs - stored.publishTimeMs >= this.#ttlMs) continue;
        const { ledger, entry } = stored.position;
        fail(`${ledger}:${entry} leaves ${subscription}, and nobody has acknowledged it`);
        return;
      }
    }
  }

  #of(name: string): Heard {
    let heard = this.#heard.get(name);
    if (heard === undefined) {
      heard = { positions: new Set(), upTo: { ledger: -1, entry: -1 }, isMoved: false };
      this.#heard.set(name, heard);
    }
    return heard;
  }
}

function wasHeard({ positions, upTo }: Heard, position: Position): boolean {
  return positions.has(`${position.ledger}:${position.entry}`) || !isBefore(upTo, position);
}

/** Whether a broker set up like this lets messages go that nobody has acknowledged. */
export function letsGo(config: BrokerConfig): boolean {
  return config.ttlDurationDefaultInSeconds > 0 || evicts(config);
}

function evicts(config: BrokerConfig): boolean {
  const { backlogQuotaDefaultRetentionPolicy, backlogQuotaDefaultLimitBytes } = config;
  const isLimited = backlogQuotaDefaultLimitBytes >= 0;
  return isLimited && backlogQuotaDefaultRetentionPolicy === 'consumer_backlog_eviction';
}

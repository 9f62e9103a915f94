/**
 * What leaves a subscription was acknowledged by somebody, and in no transaction that was not
 * committed, is of one that was aborted, was moved over by an operator, or is older
 * than messages may become, or more than a backlog may hold.
 */
import type { Acked, Observation, Position } from '../observe/observation.ts';
import type { Fail, Invariant } from './invariant.ts';
import { isBefore } from './order.ts';
import type { Stored } from './stored.ts';

/** What consumers of a subscription have acknowledged, in whatever part. */
interface Heard {
  readonly positions: Set<string>;
  upTo: Position;
  /** An operator moves it, or has done so: no more is known. */
  isMoved: boolean;
}

/** The one that holds what is not compacted yet. */
const COMPACTION = '__compaction';

export class Removals implements Invariant {
  readonly name = 'nothing leaves a backlog that nobody acknowledged, unless by age or quota';
  checks = 0;
  readonly #stored: Stored;
  readonly #heard = new Map<string, Heard>();
  /** By subscription the offsets that have left. */
  readonly #gone = new Map<string, Set<number>>();

  constructor(stored: Stored) {
    this.#stored = stored;
  }

  see(seen: Observation, fail: Fail): void {
    switch (seen.type) {
      case 'acked':
        if (seen.txn === undefined) this.#hear(seen);
        break;
      case 'txn-decided': {
        const { acks } = this.#stored.transacted.get(seen.txn)!;
        if (seen.commit) for (const acked of acks) this.#hear(acked);
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

  #hear({ consumer, ids, isCumulative }: Acked): void {
    const heard = this.#of(`${consumer.topic} ${consumer.subscription}`);
    for (const id of ids) {
      if (!isCumulative) heard.positions.add(`${id.ledger}:${id.entry}`);
      else if (isBefore(heard.upTo, id)) heard.upTo = id;
    }
  }

  #left(left: Extract<Observation, { type: 'left' }>, fail: Fail): void {
    const { topic: topicName, topicId, subscription, ranges, atMs } = left;
    const name = `${topicId}/${subscription}`;
    const gone = this.#gone.get(name) ?? new Set();
    this.#gone.set(name, gone);
    const heard = this.#of(`${topicName} ${subscription}`);
    const topic = this.#stored.byId(topicId)!;
    for (const [start, end] of ranges) {
      for (let offset = start; offset < end; offset++) {
        const stored = topic.entries[offset];
        if (gone.has(offset) || stored === undefined) continue;
        gone.add(offset);
        this.checks += 1;
        const isCompacted = subscription === COMPACTION && offset < topic.compacted.horizon;
        if (heard.isMoved || isCompacted || wasHeard(heard, stored.position)) continue;
        if (this.#stored.transacted.isAborted(stored.content)) continue;
        // As a batch: what is too old takes with it what lies before it.
        if (this.#stored.mayLeave(topicName, topic, offset, atMs)) continue;
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

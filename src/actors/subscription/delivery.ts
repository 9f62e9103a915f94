/** Puts together what one consumer is sent, and what the subscription remembers of it. */

import { entryStep } from '../../base/position.ts';
import type { PartialAck } from '../cursor/commands.ts';
import { type EntrySlice, messagesOf } from '../entry-slice.ts';
import type { DeliveryRun } from '../ports.ts';
import type { Decision } from '../runtime/behaviour.ts';
import type { Consumer } from './state.ts';

export class Delivery {
  readonly consumer: Consumer;
  /** Whether offsets are remembered until they are acknowledged. */
  readonly #tracked: boolean;
  readonly #counted: boolean;
  readonly #room: number;
  readonly #runs: DeliveryRun[] = [];
  readonly #offsets: number[] = [];
  readonly #counts: number[] = [];
  readonly #hashes: number[] = [];
  readonly #partial: PartialAck[] = [];
  readonly #chunks: string[] = [];
  #entries = 0;
  #messages = 0;
  /** With what is done of batches: it is sent all the same, and counts in statistics. */
  #sent = 0;
  #bytes = 0;
  #redelivered = 0;

  /**
   * `counted`: the consumer is told how often it is sent something again. `room`: messages that it
   * may be given besides what its permits say.
   */
  constructor(
    consumer: Consumer,
    tracked: boolean,
    counted = tracked,
    room = Number.POSITIVE_INFINITY,
  ) {
    this.consumer = consumer;
    this.#room = Math.min(consumer.permits, room);
    this.#tracked = tracked;
    this.#counted = counted;
  }

  /** Permits that are left after what has been added. */
  get permits(): number {
    return this.#room - this.#messages;
  }

  /** Adds the entries [from, to) of a slice; `hash` is the sticky hash that they share, or 0. */
  add(slice: EntrySlice, from: number, to: number, hash: number): void {
    const whole = from === 0 && to === slice.entries.length;
    const entries = whole ? slice.entries : slice.entries.slice(from, to);
    let messages = 0;
    for (let i = from; i < to; i++) {
      const count = messagesOf(slice, i);
      messages += count;
      this.#bytes += slice.entries[i]!.length;
      if (!this.#tracked) continue;
      this.#offsets.push(slice.firstOffset + i);
      this.#counts.push(count);
      if (hash !== 0) this.#hashes.push(hash);
    }
    if (this.#tracked && slice.ackSet !== undefined) {
      this.#partial.push({ offset: slice.firstOffset, words: slice.ackSet });
    }
    this.#messages += messages;
    this.#sent += slice.batchSize ?? messages;
    this.#entries += entries.length;
    if (slice.redeliveries > 0) this.#redelivered += messages;
    this.#runs.push({
      ledgerId: slice.ledgerId,
      firstEntryId: slice.firstEntryId + from * entryStep(slice.ledgerId),
      entries,
      redeliveryCount: this.#counted ? slice.redeliveries : 0,
      ackSet: slice.ackSet,
      brokerEntries: whole ? slice.brokerEntries : slice.brokerEntries?.slice(from, to),
    });
  }

  addChunk(uuid: string): void {
    this.#chunks.push(uuid);
  }

  /**
   * Sends it; false when there is nothing. A raised redelivery count is a fact that the client
   * sees, so such a delivery waits for the journal under the number `mark`, and later ones to the
   * same consumer stay behind it.
   */
  finish(decision: Decision, atMs: number, mark: number): boolean {
    if (this.#entries === 0) return false;
    const { key, consumerId, recipient, epoch } = this.consumer;
    const held = this.#tracked && (this.#redelivered > 0 || this.consumer.heldMark > 0);
    decision.change({
      type: 'delivered',
      data: {
        key,
        offsets: this.#offsets,
        counts: this.#counts,
        hashes: this.#hashes,
        partial: this.#partial,
        entries: this.#entries,
        messages: this.#messages,
        sent: this.#sent,
        bytes: this.#bytes,
        redelivered: this.#redelivered,
        heldMark: held ? mark : 0,
        chunks: this.#chunks,
        atMs,
      },
    });
    const runs = this.#runs;
    const effect = { type: 'deliver', consumerId, consumerEpoch: epoch, runs } as const;
    if (held) {
      decision.reply(recipient, effect);
      decision.whenDurable = { type: 'release', mark };
    } else decision.send(recipient, effect);
    return true;
  }
}

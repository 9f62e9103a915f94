/** Nothing appears that nobody sent, and an entry is the same for everybody who gets it. */
import { isDeepStrictEqual } from 'node:util';
import { readBatch } from '../../../src/wire/batch.ts';
import { decodeEntry } from '../../../src/wire/entry.ts';
import type { Observation } from '../observe/observation.ts';
import type { Fail, Invariant } from './invariant.ts';
import { isPassing } from './passing.ts';

export class Contents implements Invariant {
  readonly name = 'what is delivered was sent, byte for byte, and is where its receipt said';
  readonly seesPassing = true;
  checks = 0;
  /** What was sent for each message: the same bytes each time it is sent. */
  readonly #sent = new Map<number, { readonly topic: string; readonly bytes: Buffer }>();
  /** Messages by topic and position, as receipts and deliveries say. */
  readonly #at = new Map<string, number>();

  see(seen: Observation, fail: Fail): void {
    if (seen.type === 'sent') {
      const first = seen.content?.messages[0];
      if (first === undefined) return;
      this.#sent.set(first, { topic: seen.producer.topic, bytes: seen.bytes });
    } else if (seen.type === 'receipt') {
      const first = seen.sent?.content?.messages[0];
      if (first === undefined) fail(`a receipt for #${seen.sequenceId}, which nobody waits for`);
      else if (seen.position.ledger >= 0) {
        this.#place(seen.producer.topic, seen.position, first, fail);
      }
    } else if (seen.type === 'delivered') {
      this.checks += 1;
      const { topic } = seen.consumer;
      const first = seen.content?.messages[0];
      const sent = first === undefined ? undefined : this.#sent.get(first);
      if (first === undefined || sent === undefined) {
        fail(`an entry that nobody sent, at ${seen.position.ledger}:${seen.position.entry}`);
      } else if (sent.topic !== topic) fail(`message ${first} of ${sent.topic} in ${topic}`);
      else if (!isAsSent(seen.bytes, sent.bytes, seen.content?.gone))
        fail(`message ${first} is not as it was sent`);
      else this.#place(topic, seen.position, first, fail);
    }
  }

  #place(
    topic: string,
    { ledger, entry }: { readonly ledger: number; readonly entry: number },
    first: number,
    fail: Fail,
  ): void {
    // What is not stored has no place.
    if (isPassing(topic)) return;
    const key = `${topic} ${ledger}:${entry}`;
    const known = this.#at.get(key);
    if (known === undefined) this.#at.set(key, first);
    else if (known !== first) {
      fail(`message ${first} at ${ledger}:${entry} of ${topic}, where ${known} was before`);
    }
  }
}

/** Compaction may take messages out of a batch, and write the rest anew. */
function isAsSent(found: Buffer, sent: Buffer, gone: ReadonlySet<number> | undefined): boolean {
  if (gone === undefined) return sent.equals(found);
  const [before, after] = [partsOf(sent), partsOf(found)];
  const { compression: _, uncompressed_size: __, ...metadata } = after.metadata;
  return (
    isDeepStrictEqual({ ...before.metadata }, { ...metadata }) &&
    before.messages.every((each, i) => gone.has(i) || isDeepStrictEqual(each, after.messages[i]))
  );
}

function partsOf(entry: Buffer) {
  const { metadata, payload } = decodeEntry(entry);
  return { metadata, messages: [...readBatch(payload, metadata.num_messages_in_batch ?? 0)] };
}

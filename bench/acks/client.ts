/** A client without a socket, and the entries that it publishes: each ends with its number. */
import type { Effect, Recipient } from '../../src/actors/ports.ts';
import type { AckedEntry } from '../../src/actors/subscription/commands.ts';
import { encodeEntry } from '../../src/wire/entry.ts';

export function numbered(number: number): Buffer {
  const payload = Buffer.alloc(8);
  payload.writeUInt32BE(number, 4);
  const metadata = { producer_name: 'bench', sequence_id: number, publish_time: 1_700_000_000_000 };
  return encodeEntry(metadata, payload);
}

export class Client implements Recipient {
  readonly label = 'bench';
  answers = 0;
  receipts = 0;
  delivered = 0;
  /** Delivered, and among those that are to be acknowledged. */
  readonly held: AckedEntry[] = [];
  readonly #isHole: (number: number) => boolean;
  #wake: () => void = () => undefined;

  constructor(isHole: (number: number) => boolean) {
    this.#isHole = isHole;
  }

  receive(effect: Effect): void {
    if (effect.type === 'ack-answered') this.answers++;
    else if (effect.type === 'published') this.receipts += effect.sequenceIds.length;
    else if (effect.type === 'deliver') {
      for (const { ledgerId, firstEntryId, entries } of effect.runs) {
        for (const [i, entry] of entries.entries()) {
          this.delivered++;
          if (!this.#isHole(entry.readUInt32BE(entry.length - 4))) continue;
          this.held.push({ position: { ledgerId, entryId: firstEntryId + i }, ackSet: undefined });
        }
      }
    }
  }

  flush(): void {
    this.#wake();
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

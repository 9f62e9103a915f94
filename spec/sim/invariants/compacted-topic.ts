/** What compactions of one topic may leave out, by the plainest account of them. */
import type { BrokerConfig } from '../../../src/base/options.ts';
import { type Content, type KeyedSlot, slotsOf } from '../observe/entries.ts';
import type { DurableEntry, Observation } from '../observe/observation.ts';

/** Where the last word of a key is. */
interface Place {
  readonly offset: number;
  readonly index: number;
  readonly isTombstone: boolean;
  readonly uuid: string | undefined;
  /** Offset of the first chunk; of a message that is sent again from its first one on, the last. */
  readonly first: number;
}

/** What there is to know of entries beside the topic itself. */
interface Known {
  /** Bytes of the entry that a message is the first of. */
  sentOf(message: number): Buffer | undefined;
  /** Whether it was published in no transaction, or in one that was committed. */
  counts(entry: DurableEntry): boolean;
}

type Seen = Extract<Observation, { readonly type: 'trimmed' | 'compaction' }>;

export class CompactedTopic {
  /** The compacted ledger stands for all below this; 0: there is none. */
  horizon = 0;
  /** How often it was dropped: what readers began with counts no more. */
  generation = 0;
  /** Below this one that was dropped may have left out what is stored still. */
  droppedBelow = 0;
  /** Compacted or not, what lay below this is gone. */
  lostBelow = 0;
  /** What lies below this is there no more, but for what is compacted. */
  trimmedBelow = 0;
  /** A compaction that has begun may count before its record is on the disk. */
  begun: number | undefined;
  readonly #retainsNullKey: boolean;
  readonly #known: Known;
  readonly #slots = new Map<number, readonly KeyedSlot[]>();
  readonly #last = new Map<number, ReadonlyMap<string, Place>>();

  constructor(config: BrokerConfig, known: Known) {
    this.#retainsNullKey = config.topicCompactionRetainNullKey;
    this.#known = known;
  }

  see(seen: Seen, entries: readonly DurableEntry[]): void {
    if (seen.type === 'trimmed') {
      if (this.horizon === 0) this.#lose(seen.before);
      this.trimmedBelow = seen.before;
    } else if (seen.what === 'begins') this.begun = seen.horizon;
    else if (seen.what === 'counts') {
      this.horizon = seen.horizon;
      this.begun = undefined;
      this.#lastBelow(entries, seen.horizon);
    } else if (seen.what === 'is given up') this.begun = undefined;
    else {
      this.droppedBelow = Math.max(this.horizon, this.begun ?? 0, this.droppedBelow);
      this.horizon = 0;
      this.begun = undefined;
      this.generation += 1;
      this.#lose(this.trimmedBelow);
    }
  }

  #lose(below: number): void {
    this.lostBelow = below;
    this.#last.clear();
  }

  /** Whether a reader of the compacted topic need not get any of an entry. */
  mayLeaveOut(entries: readonly DurableEntry[], entry: DurableEntry): boolean {
    return this.#leavesOut(entries, entry, this.#newestHorizon);
  }

  /** The same of one that may have read on before a compaction was dropped. */
  mayHaveLeftOut(entries: readonly DurableEntry[], entry: DurableEntry): boolean {
    return this.#leavesOut(entries, entry, Math.max(this.#newestHorizon, this.droppedBelow));
  }

  /** Messages of an entry, by their indexes, that nothing has taken the place of: all must come. */
  mustCome(entries: readonly DurableEntry[], { offset, content }: DurableEntry): number[] {
    if (offset < this.lostBelow) return [];
    const horizon = this.#newestHorizon;
    return (content?.messages ?? []).flatMap((_, i) =>
      this.#isOver(entries, offset, i, horizon) ? [] : [i],
    );
  }

  /** Messages of an entry below this horizon that a compaction up to there does not keep. */
  mustNotCome(entries: readonly DurableEntry[], offset: number, horizon: number): number[] {
    const { content } = entries[offset]!;
    if (offset >= horizon || content?.chunk !== undefined) return [];
    return (content?.messages ?? []).flatMap((_, i) =>
      this.#isOver(entries, offset, i, horizon) ? [i] : [],
    );
  }

  get #newestHorizon(): number {
    return Math.max(this.horizon, this.begun ?? 0);
  }

  #leavesOut(
    entries: readonly DurableEntry[],
    { offset, content }: DurableEntry,
    horizon: number,
  ): boolean {
    if (offset < this.lostBelow) return true;
    const count = content?.messages.length ?? 0;
    for (let i = 0; i < count; i++) if (!this.#isOver(entries, offset, i, horizon)) return false;
    return true;
  }

  #isOver(
    entries: readonly DurableEntry[],
    offset: number,
    index: number,
    horizon: number,
  ): boolean {
    if (!this.#known.counts(entries[offset]!)) return true;
    if (offset >= horizon) return false;
    const { content } = entries[offset]!;
    const { key } = this.#slotsOf(entries[offset]!)[index]!;
    const chunk = content?.chunk;
    // Parts of which the first one is missing, or that came twice, are no message.
    if (key === undefined) return !this.#retainsNullKey || chunk !== undefined;
    const last = this.#lastBelow(entries, horizon).get(key);
    // Parts that come again once the message is whole are none of it.
    if (chunk !== undefined)
      return last?.uuid !== chunk.uuid || offset < last.first || offset > last.offset;
    return last?.offset !== offset || last.index !== index || last.isTombstone;
  }

  /** The last word of each key below an offset. */
  #lastBelow(entries: readonly DurableEntry[], horizon: number): ReadonlyMap<string, Place> {
    let last = this.#last.get(horizon);
    if (last === undefined) {
      last = this.#findLast(entries, horizon);
      this.#last.set(horizon, last);
    }
    return last;
  }

  #findLast(entries: readonly DurableEntry[], horizon: number): ReadonlyMap<string, Place> {
    const last = new Map<string, Place>();
    const open = new Map<string, number>();
    for (let offset = this.lostBelow; offset < horizon; offset++) {
      if (!this.#known.counts(entries[offset]!)) continue;
      const chunk = entries[offset]!.content?.chunk;
      if (chunk?.index === 0) open.set(chunk.uuid, offset);
      const first = chunk === undefined ? offset : firstOfWhole(chunk, open);
      if (first === undefined) continue;
      for (const [index, { key, isTombstone }] of this.#slotsOf(entries[offset]!).entries()) {
        if (key !== undefined)
          last.set(key, { offset, index, isTombstone, uuid: chunk?.uuid, first });
      }
    }
    return last;
  }

  #slotsOf({ offset, content }: DurableEntry): readonly KeyedSlot[] {
    let slots = this.#slots.get(offset);
    if (slots !== undefined) return slots;
    const sent = this.#known.sentOf(content?.messages[0] ?? -1);
    slots = sent === undefined ? [] : slotsOf(sent);
    this.#slots.set(offset, slots);
    return slots;
  }
}

/** Where the message began that is whole with this part, if its first part has come. */
function firstOfWhole(
  { uuid, index, count }: NonNullable<Content['chunk']>,
  open: Map<string, number>,
): number | undefined {
  if (index !== count - 1) return undefined;
  const first = open.get(uuid);
  open.delete(uuid);
  return first;
}

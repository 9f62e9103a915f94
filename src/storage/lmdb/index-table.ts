/** The index on disk: (topic, offset) to the record that holds the entry, and what topics hold. */
import type { Table } from './environment.ts';
import {
  decodeRow,
  decodeTopic,
  encodeRow,
  encodeTopic,
  type IndexedBlock,
  MAX_ROW_BLOCKS,
  offsetOfRowKey,
  rowKey,
  topicKey,
  topicOfKey,
} from './rows.ts';
import type { TopicFacts } from './topics.ts';

export interface IndexRow {
  readonly key: Buffer;
  readonly blocks: readonly IndexedBlock[];
}

export class IndexTable {
  readonly #rows: Table;
  readonly #topics: Table;
  readonly #unfinished: Table;
  /** Rows that were changed and are not on disk yet, by their key in hexadecimal. */
  readonly #changed = new Map<string, IndexRow>();

  constructor(tables: { rows: Table; topics: Table; unfinished: Table }) {
    this.#rows = tables.rows;
    this.#topics = tables.topics;
    this.#unfinished = tables.unfinished;
  }

  facts(topicId: number): TopicFacts | undefined {
    const row = this.#topics.get(topicKey(topicId));
    return row === undefined ? undefined : decodeTopic(row);
  }

  /** Every topic with what is known of it. */
  *topics(): Iterable<{ readonly topicId: number; readonly facts: TopicFacts }> {
    for (const { key, value } of this.#topics.rows({ start: topicKey(0) })) {
      yield { topicId: topicOfKey(key), facts: decodeTopic(value) };
    }
  }

  /** Rows from the one that holds `offset` on, up to, without, `end`. */
  *rowsFrom(topicId: number, offset: number, end: number): Iterable<IndexRow> {
    let start = rowKey(topicId, offset);
    // The topic's key sorts right before its first row.
    const before = { start, end: topicKey(topicId), reverse: true, limit: 1 };
    for (const key of this.#rows.keys(before)) start = key;
    for (const row of this.#rowsBetween(start, rowKey(topicId, end))) {
      const last = row.blocks.at(-1)!;
      if (last.firstOffset + last.count > offset) yield row;
    }
  }

  *#rowsBetween(start: Buffer, end: Buffer): Iterable<IndexRow> {
    for (const { key, value } of this.#rows.rows({ start, end })) {
      const changed = this.#changed.size > 0 ? this.#changed.get(key.toString('hex')) : undefined;
      yield { key, blocks: changed?.blocks ?? decodeRow(key, value) };
    }
  }

  /** Blocks from the one that holds `offset` on, up to, without, `end`. */
  *blocksFrom(topicId: number, offset: number, end: number): Iterable<IndexedBlock> {
    for (const { blocks } of this.rowsFrom(topicId, offset, end)) {
      for (const block of blocks) {
        if (block.firstOffset >= end) return;
        if (block.firstOffset + block.count > offset) yield block;
      }
    }
  }

  /**
   * Removes rows that are wholly below `swept`; gives the offset below which none begin any more,
   * which is `cleared` the next time, and whether the limit left some for then.
   */
  clear(
    topicId: number,
    cleared: number,
    swept: number,
    limit: number,
  ): { readonly cleared: number; readonly isDone: boolean } {
    let removed = 0;
    for (const { key, blocks } of this.#rowsBetween(
      rowKey(topicId, cleared),
      rowKey(topicId, swept),
    )) {
      const last = blocks.at(-1)!;
      const isStillNeeded = last.firstOffset + last.count > swept;
      if (isStillNeeded || removed === limit) {
        return { cleared: offsetOfRowKey(key), isDone: isStillNeeded };
      }
      this.#rows.remove(key);
      removed += 1;
    }
    return { cleared: swept, isDone: true };
  }

  putBlocks(topicId: number, blocks: readonly IndexedBlock[]): void {
    for (let start = 0; start < blocks.length; start += MAX_ROW_BLOCKS) {
      const row = blocks.slice(start, start + MAX_ROW_BLOCKS);
      this.#rows.put(rowKey(topicId, row[0]!.firstOffset), encodeRow(row));
    }
  }

  /** Changes where a block is, at once for readers; on disk with the next `putChanged`. */
  changePlace(
    topicId: number,
    offset: number,
    to: Pick<IndexedBlock, 'place' | 'blockIndex'>,
  ): void {
    for (const row of this.rowsFrom(topicId, offset, offset + 1)) {
      const blocks = row.blocks.map((block) =>
        block.firstOffset === offset ? { ...block, ...to } : block,
      );
      this.#changed.set(row.key.toString('hex'), { key: row.key, blocks });
      return;
    }
  }

  /** Queues the changed rows; gives what to do once they are on disk. */
  putChanged(): () => void {
    const put = [...this.#changed];
    for (const [, row] of put) this.#rows.put(row.key, encodeRow(row.blocks));
    return () => {
      for (const [key, row] of put) {
        if (this.#changed.get(key) === row) this.#changed.delete(key);
      }
    };
  }

  putFacts(topicId: number, facts: TopicFacts): void {
    this.#topics.put(topicKey(topicId), encodeTopic(facts));
  }

  removeFacts(topicId: number): void {
    this.#topics.remove(topicKey(topicId));
  }

  /** Topics, from one on, with given-up entries left to be swept or their rows to be removed. */
  *unfinished(from = 0): Iterable<number> {
    for (const { key } of this.#unfinished.rows({ start: topicKey(from) })) yield topicOfKey(key);
  }

  putUnfinished(topicId: number, isUnfinished: boolean): void {
    if (isUnfinished) this.#unfinished.put(topicKey(topicId), NOTHING);
    else this.#unfinished.remove(topicKey(topicId));
  }
}

const NOTHING = Buffer.alloc(0);

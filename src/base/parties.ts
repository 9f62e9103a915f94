/**
 * A queue of many parties who take turns: of each the oldest item leaves, then the next party has
 * its turn. One party's crowd makes nobody else wait.
 */

export class Parties<Item> {
  /** The party that is next comes first; none is empty. */
  readonly #lines = new Map<string, Line<Item>>();

  /** Whose the item was that was taken last. */
  turn = '';

  get isEmpty(): boolean {
    return this.#lines.size === 0;
  }

  add(party: string, item: Item): void {
    const line = this.#lines.get(party);
    if (line === undefined) this.#lines.set(party, { items: [item], taken: 0 });
    else line.items.push(item);
  }

  /** Those of `but` go on waiting. */
  take(but?: ReadonlySet<string>): Item | undefined {
    for (const [party, line] of this.#lines) {
      if (but?.has(party) === true) continue;
      this.turn = party;
      const item = line.items[line.taken++]!;
      const isLast = line.taken === line.items.length;
      if (line.taken === MAX_TAKEN) {
        line.items.splice(0, line.taken);
        line.taken = 0;
      }
      // To the end of the queue; who is alone is there.
      if (isLast || this.#lines.size > 1) this.#lines.delete(party);
      if (!isLast) this.#lines.set(party, line);
      return item;
    }
    return undefined;
  }
}

/** Those before `taken` have left. */
interface Line<Item> {
  readonly items: Item[];
  taken: number;
}

/** So many leave a line before those behind them move up: moving costs as much as a long line. */
const MAX_TAKEN = 1_024;

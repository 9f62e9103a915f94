/**
 * A queue of many parties who take turns: of each the oldest item leaves, then the next party has
 * its turn. One party's crowd makes nobody else wait, nor does one party's huge item: who had more
 * than a turn gives passes turns until others had as much.
 */

export class Parties<Item> {
  /** The party that is next comes first; none is empty. */
  readonly #lines = new Map<string, Line<Item>>();
  /** Turns that parties have had too much; of no interest once nobody waits. */
  readonly #debts = new Map<string, number>();

  get isEmpty(): boolean {
    return this.#lines.size === 0;
  }

  /** Whether somebody waits whose turn may come: who has not had too much. */
  get hasCreditor(): boolean {
    for (const party of this.#lines.keys()) if ((this.#debts.get(party) ?? 0) < 1) return true;
    return false;
  }

  add(party: string, item: Item): void {
    const line = this.#lines.get(party);
    if (line === undefined) this.#lines.set(party, { items: [item], taken: 0 });
    else line.items.push(item);
  }

  /** The party had so many turns more than the one that it took. */
  charge(party: string, turns: number): void {
    const debt = (this.#debts.get(party) ?? 0) + turns;
    this.#debts.set(party, Math.min(debt, MAX_DEBT));
  }

  /** Where only those wait that had too much, it is their turn, or `toDebtors` says nobody's. */
  take(toDebtors = true): Item | undefined {
    if (!toDebtors && !this.hasCreditor) return undefined;
    for (const [party, line] of this.#lines) {
      if (this.#passes(party, line)) continue;
      const item = line.items[line.taken++]!;
      const isLast = line.taken === line.items.length;
      if (line.taken === MAX_TAKEN) {
        line.items.splice(0, line.taken);
        line.taken = 0;
      }
      // To the end of the queue; who is alone is there.
      if (isLast || this.#lines.size > 1) this.#lines.delete(party);
      if (!isLast) this.#lines.set(party, line);
      if (this.#lines.size === 0) this.#debts.clear();
      return item;
    }
    return undefined;
  }

  /** A turn less of what the party has had too much; it comes again behind the others. */
  #passes(party: string, line: Line<Item>): boolean {
    const debt = this.#debts.get(party) ?? 0;
    if (debt < 1) return false;
    this.#debts.set(party, debt - 1);
    this.#lines.delete(party);
    this.#lines.set(party, line);
    return true;
  }
}

/** Those before `taken` have left. */
interface Line<Item> {
  readonly items: Item[];
  taken: number;
}

/** So many leave a line before those behind them move up: moving costs as much as a long line. */
const MAX_TAKEN = 1_024;

/** Turns that are passed for one item at most. */
const MAX_DEBT = 64;

/**
 * A queue of many parties who take turns: of each the oldest item leaves, then the next party has
 * its turn. One party's crowd makes nobody else wait.
 */

export class Parties<Item> {
  /** The party that is next comes first; none is empty. */
  readonly #items = new Map<string, Item[]>();

  get isEmpty(): boolean {
    return this.#items.size === 0;
  }

  add(party: string, item: Item): void {
    const items = this.#items.get(party);
    if (items === undefined) this.#items.set(party, [item]);
    else items.push(item);
  }

  take(): Item | undefined {
    for (const [party, items] of this.#items) {
      const item = items.shift();
      this.#items.delete(party);
      if (items.length > 0) this.#items.set(party, items);
      return item;
    }
    return undefined;
  }
}

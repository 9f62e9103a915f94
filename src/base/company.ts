/**
 * Whether several parties are served at this time. One that is alone has all there is; where there
 * are several, each is kept from the others' crowds, which costs those who have them a little.
 */

/** Parties that were served within so long of each other are served at the same time. */
const COMPANY_MS = 10_000;

export class Company {
  #last: string | undefined;
  #lastAtMs = Number.NEGATIVE_INFINITY;
  #untilMs = Number.NEGATIVE_INFINITY;

  /** The party is being served, at a time of the monotonic clock. */
  note(party: string, atMs: number): void {
    if (party !== this.#last && atMs < this.#lastAtMs + COMPANY_MS) {
      this.#untilMs = atMs + COMPANY_MS;
    }
    this.#last = party;
    this.#lastAtMs = atMs;
  }

  isThere(atMs: number): boolean {
    return atMs < this.#untilMs;
  }
}

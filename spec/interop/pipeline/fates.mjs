// What became of the transactions, as their clients were told; and the end of those of which they do
// not know it.

export class Fates {
  #adminUrl;
  #known = new Map();
  #counts = { committed: 0, aborted: 0, unsure: 0 };
  committedBy = { java: 0, go: 0 };
  /** Those that somebody waits to be over. */
  unsettled = [];

  constructor(adminUrl) {
    this.#adminUrl = adminUrl;
  }

  know(txn, fate, language) {
    this.#known.set(txn, fate);
    this.#counts[fate] += 1;
    if (fate === 'committed') this.committedBy[language] += 1;
  }

  /** Of `(3,17)`: committed, aborted, or undefined where nobody was told. */
  of(txn) {
    return this.#known.get(txn.slice(1, -1).replace(',', ' '));
  }

  summary() {
    const { committed, aborted, unsure } = this.#counts;
    return `${committed} transactions committed, ${aborted} aborted, ${unsure} unsure`;
  }

  /** Aborts it unless it has ended or is about to, and waits until it has. */
  async settle(txn) {
    this.#counts.unsure += 1;
    this.unsettled.push(txn);
    const [coordinator, sequence] = txn.split(' ');
    for (;;) {
      if (await this.#isOver(coordinator, sequence)) break;
      await this.#ask('POST', `abortTransaction/${coordinator}/${sequence}`);
      await new Promise((done) => setTimeout(done, 50));
    }
    this.unsettled.splice(this.unsettled.indexOf(txn), 1);
  }

  async #isOver(coordinator, sequence) {
    const answer = await this.#ask('GET', `transactionMetadata/${coordinator}/${sequence}`);
    // A coordinator that is not there yet is not found, either.
    return answer?.status === 404 && answer.text.includes('txdID');
  }

  /** How many transactions are open, undefined where it cannot be told. */
  async ongoing() {
    const answer = await this.#ask('GET', 'coordinatorStats');
    if (answer?.status !== 200) return undefined;
    return Object.values(JSON.parse(answer.text)).reduce(
      (sum, each) => sum + each.ongoingTxnSize,
      0,
    );
  }

  async #ask(method, path) {
    try {
      const answer = await fetch(`${this.#adminUrl}/admin/v3/transactions/${path}`, { method });
      return { status: answer.status, text: await answer.text() };
    } catch {
      return undefined;
    }
  }
}

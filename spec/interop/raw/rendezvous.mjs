// Where scenarios wait for each other, so that one kill of the broker serves all of them: to start
// Pulsar again takes longer than most scenarios.

export class Rendezvous {
  #missing;
  #waiting = [];
  #act;

  /** `count` scenarios come or leave; once all have, `act` is done and those that wait go on. */
  constructor(count, act) {
    this.#missing = count;
    this.#act = act;
  }

  /** Comes to the rendezvous; resolves, or rejects, as what is done there does. */
  arrive() {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#count();
    });
  }

  /** One that has ended without coming is not waited for. */
  leave() {
    this.#count();
  }

  async #count() {
    this.#missing -= 1;
    if (this.#missing > 0) return;
    const waiting = this.#waiting.splice(0);
    if (waiting.length === 0) return;
    try {
      await this.#act();
      for (const { resolve } of waiting) resolve();
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}

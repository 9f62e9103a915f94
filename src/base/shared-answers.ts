/**
 * Answers that take long to find, to questions that many may ask at once: who asks while one is
 * being found may know of something newer, and is given the next one, with all who wait for it.
 */

export class SharedAnswers<Answer> {
  readonly #underWay = new Map<string, Search<Answer>>();

  /** What `find` gives that was called after this. Of those who ask the same it is one's. */
  ask(question: string, find: () => Promise<Answer>): Promise<Answer> {
    const search = this.#underWay.get(question);
    if (search === undefined) return this.#begin(question, find);
    const again = () => this.#begin(question, find);
    search.next ??= search.answer.then(again, again);
    return search.next;
  }

  #begin(question: string, find: () => Promise<Answer>): Promise<Answer> {
    const search: Search<Answer> = { answer: find(), next: undefined };
    this.#underWay.set(question, search);
    const over = () => {
      if (search.next === undefined) this.#underWay.delete(question);
    };
    search.answer.then(over, over);
    return search.answer;
  }
}

interface Search<Answer> {
  readonly answer: Promise<Answer>;
  next: Promise<Answer> | undefined;
}

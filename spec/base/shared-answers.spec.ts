/** Who asks the same at the same time is given one answer, never one older than the question. */
import { describe, expect, it } from 'vitest';
import { SharedAnswers } from '../../src/base/shared-answers.ts';

/** Searches that end when they are told to. */
class Searches {
  readonly #open: { resolve: (answer: number) => void; reject: (error: Error) => void }[] = [];
  begun = 0;

  find = (): Promise<number> => {
    this.begun += 1;
    return new Promise((resolve, reject) => this.#open.push({ resolve, reject }));
  };

  async end(answer: number | Error): Promise<void> {
    const search = this.#open.shift();
    if (answer instanceof Error) search?.reject(answer);
    else search?.resolve(answer);
    await new Promise((resume) => setImmediate(resume));
  }
}

describe('shared answers', () => {
  it('are found once for all who ask while another one is being found', async () => {
    const answers = new SharedAnswers<number>();
    const searches = new Searches();
    const first = answers.ask('a', searches.find);
    const others = [answers.ask('a', searches.find), answers.ask('a', searches.find)];
    expect(searches.begun).toBe(1);
    await searches.end(1);
    expect(searches.begun).toBe(2);
    const last = answers.ask('a', searches.find);
    await searches.end(2);
    await searches.end(3);
    expect([await first, await Promise.all(others), await last]).toEqual([1, [2, 2], 3]);
    expect(searches.begun).toBe(3);
  });

  it('begin anew once nobody asks any more', async () => {
    const answers = new SharedAnswers<number>();
    const searches = new Searches();
    for (const answer of [1, 2]) {
      const asked = answers.ask('a', searches.find);
      await searches.end(answer);
      expect(await asked).toBe(answer);
    }
  });

  it('of other questions wait for none', () => {
    const answers = new SharedAnswers<number>();
    const searches = new Searches();
    for (const question of ['a', 'b']) answers.ask(question, searches.find);
    expect(searches.begun).toBe(2);
  });

  it('that fail fail for those who waited for them alone', async () => {
    const answers = new SharedAnswers<number>();
    const searches = new Searches();
    const first = answers.ask('a', searches.find).catch((error: Error) => error.message);
    const second = answers.ask('a', searches.find);
    await searches.end(new Error('the disk'));
    await searches.end(2);
    expect([await first, await second]).toEqual(['the disk', 2]);
  });
});

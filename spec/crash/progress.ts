/** Waiting for something that comes in steps: as long as steps come, however slow the machine. */

export class Progress {
  #steps = 0;
  #wake: () => void = () => {};

  /** A step was made. */
  step(): void {
    this.#steps++;
    this.#wake();
  }

  /** True once `isDone`; false when it is not and no step was made for `quietMs` milliseconds. */
  async until(isDone: () => boolean, quietMs = 15_000): Promise<boolean> {
    while (!isDone()) {
      const before = this.#steps;
      await this.#next(quietMs);
      if (this.#steps === before) return isDone();
    }
    return true;
  }

  async #next(quietMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, quietMs);
    });
    clearTimeout(timer);
  }
}

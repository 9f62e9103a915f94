// The programs that a check starts and talks with in lines: workers, which may be killed at any time,
// and the clerk.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

class Program {
  #child;
  #ended;
  problem;
  /** Its last lines. */
  last = [];

  constructor(command, onLine) {
    this.#child = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'pipe'] });
    let errors = '';
    this.#child.stderr.on('data', (text) => {
      errors = (errors + text).slice(-2000);
    });
    // Who was killed cannot be written to.
    this.#child.stdin.on('error', () => {});
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.last = [...this.last.slice(-9), line];
      onLine(line);
    });
    this.#ended = new Promise((done) => {
      this.#child.once('close', (code, signal) => {
        if (signal !== 'SIGKILL') this.problem = `ended with ${code ?? signal}: ${errors}`;
        done();
      });
    });
  }

  say(line) {
    this.#child.stdin.write(`${line}\n`);
  }

  async kill() {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

/** A pipeline: what it says of its transactions goes to `fates`. */
export class Worker extends Program {
  #open = new Map();

  constructor(language, command, fates) {
    super(command, (line) => this.#heard(line, language, fates));
  }

  /** Transactions that it has not ended, as far as it has said; not those left to their time-outs. */
  get open() {
    return [...this.#open].flatMap(([txn, isLeft]) => (isLeft ? [] : [txn]));
  }

  #heard(line, language, fates) {
    const [word, coordinator, sequence, ...more] = line.split(' ');
    const txn = `${coordinator} ${sequence}`;
    switch (word) {
      case 'began':
        this.#open.set(txn, more[0] === 'shared');
        return;
      case 'committed':
      case 'aborted':
        this.#open.delete(txn);
        fates.know(txn, word, language);
        return;
      case 'unsure':
        fates.settle(txn).then(() => {
          this.#open.delete(txn);
          this.say(`settled ${txn}`);
        });
        return;
      default:
        this.problem = line;
    }
  }
}

/** Answers one question after another. */
export class Clerk extends Program {
  #rows = [];
  #answer = () => {};

  constructor(command) {
    super(command, (line) => {
      if (line === 'done') this.#answer();
      else this.#rows.push(line.split(' ').slice(1));
    });
  }

  async ask(question) {
    this.#rows = [];
    const answered = new Promise((done) => {
      this.#answer = done;
    });
    this.say(question);
    await answered;
    return this.#rows;
  }

  async read(topic) {
    const rows = await this.ask(`read ${topic}`);
    return rows.map(([key, value, txn, by, id]) => ({ key, value: Number(value), txn, by, id }));
  }
}

import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { Gate } from '../../../src/transport/auth/gate.ts';

/** Checks that end when the spec says so. */
class Checks {
  readonly running: string[] = [];
  readonly #ends = new Map<string, () => void>();

  readonly of = (name: string) => () =>
    new Promise<string>((resolve) => {
      this.running.push(name);
      this.#ends.set(name, () => resolve(name));
    });

  async end(name: string): Promise<void> {
    this.#ends.get(name)?.();
    // The next one starts a turn later.
    for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

const wanted = () => true;

describe('the gate before checks of credentials', () => {
  it('lets so many run, and addresses take turns', async () => {
    const [gate, checks] = [new Gate({ running: 1, waiting: 100 }, systemClock), new Checks()];
    const passed = ['a1', 'a2', 'a3', 'b1', 'a4', 'c1'].map((name) =>
      gate.pass(name.slice(0, 1), wanted, checks.of(name)),
    );
    for (const name of ['a1', 'a2', 'b1', 'c1', 'a3', 'a4']) {
      expect(checks.running.at(-1)).toBe(name);
      await checks.end(name);
    }
    expect(await Promise.all(passed)).toEqual(['a1', 'a2', 'a3', 'b1', 'a4', 'c1']);
  });

  it('turns away who would wait beyond its limit', async () => {
    const [gate, checks] = [new Gate({ running: 1, waiting: 1 }, systemClock), new Checks()];
    const first = gate.pass('a', wanted, checks.of('a1'));
    const second = gate.pass('a', wanted, checks.of('a2'));
    const third = gate.pass('b', wanted, checks.of('b1'));
    await expect(third).rejects.toMatchObject({ code: 'too-many-requests' });
    await checks.end('a1');
    await checks.end('a2');
    expect(await Promise.all([first, second])).toEqual(['a1', 'a2']);
  });

  it('does not check for somebody who has left', async () => {
    const [gate, checks] = [new Gate({ running: 1, waiting: 9 }, systemClock), new Checks()];
    const first = gate.pass('a', wanted, checks.of('a1'));
    const left = gate.pass('a', () => false, checks.of('a2'));
    const refused = expect(left).rejects.toMatchObject({ code: 'too-many-requests' });
    const last = gate.pass('a', wanted, checks.of('a3'));
    await checks.end('a1');
    await refused;
    await checks.end('a3');
    expect(await Promise.all([first, last])).toEqual(['a1', 'a3']);
    expect(checks.running).toEqual(['a1', 'a3']);
  });

  it('goes on after a check that failed', async () => {
    const gate = new Gate({ running: 1, waiting: 9 }, systemClock);
    const failing = gate.pass('a', wanted, () => Promise.reject(new Error('wrong')));
    const next = gate.pass('a', wanted, async () => 'right');
    await expect(failing).rejects.toThrow('wrong');
    expect(await next).toBe('right');
  });

  it('starts as many in a turn of the event loop, however fast they end', async () => {
    const turns: (() => void)[] = [];
    const gate = new Gate({ running: 2, waiting: 9 }, { soon: (task) => void turns.push(task) });
    let checked = 0;
    const check = async () => {
      checked += 1;
    };
    const passed = Promise.all([1, 2, 3, 4, 5].map(() => gate.pass('a', wanted, check)));
    for (const expected of [2, 4, 5]) {
      await new Promise((resolve) => setImmediate(resolve));
      expect(checked).toBe(expected);
      for (const turn of turns.splice(0)) turn();
    }
    await passed;
  });
});

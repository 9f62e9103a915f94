/** Samples as text: whatever the numbers and the labels are, they can be read back. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { writeMetrics } from '../../../src/transport/metrics/exposition.ts';
import { gaugeBy, gauges, label } from '../../../src/transport/metrics/metric.ts';
import { Table } from '../../../src/transport/metrics/table.ts';

/** Takes every piece at once, and overwrites it to show that nobody looks at it again. */
class Reader {
  readonly destroyed = false;
  text = '';
  write(bytes: Buffer, taken: () => void): void {
    this.text += bytes.toString();
    bytes.fill(0);
    taken();
  }
  end(): void {}
  once(): void {}
  off(): void {}
}

async function textOf(...tables: Table<number>[]): Promise<string> {
  const reader = new Reader();
  await writeMetrics(tables, systemClock, reader);
  return reader.text;
}

const M = gauges<number>({ m: (value) => value });
const TYPE = '# TYPE m gauge\n';

it('writes whole numbers exactly and others with three decimals', async () => {
  const numbers = fc.oneof(
    fc.maxSafeInteger(),
    fc.constantFrom(0, 9, 10, 99, 100, 999_999_999_999_999, 1_000_000_000_000_000),
    fc.double({ noNaN: true, min: -1e9, max: 1e9 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(numbers, { minLength: 1 }), async (values) => {
      const table = new Table(M);
      for (const value of values) table.add('a="b"', value);
      const shown = values.map((value) => {
        const whole = Number.isSafeInteger(value);
        return `m{a="b"} ${whole ? String(value + 0) : value.toFixed(3)}\n`;
      });
      expect(await textOf(table)).toBe(TYPE + shown.join('').replaceAll('} -0\n', '} 0\n'));
    }),
  );
});

it('keeps the labels of every row, however long, also in a table that is used again', async () => {
  const names = fc.array(fc.string({ unit: 'grapheme', maxLength: 400 }), {
    minLength: 1,
    maxLength: 600,
  });
  const table = new Table(M);
  await fc.assert(
    fc.asyncProperty(names, async (values) => {
      table.clear();
      for (const value of values) table.add(label('n', value), 1);
      const lines = values.map((value) => `m{${label('n', value)}} 1\n`);
      expect(await textOf(table)).toBe(TYPE + lines.join(''));
    }),
    { numRuns: 30 },
  );
});

it('gives a block that is longer than a piece a piece of its own', async () => {
  const table = new Table(M);
  const long = label('n', 'x'.repeat(300_000));
  table.add(long, 1);
  table.add('n="y"', 2);
  expect(await textOf(table)).toBe(`${TYPE}m{${long}} 1\nm{n="y"} 2\n`);
});

it('keeps all of a name together, wherever it comes from', async () => {
  const one = new Table([gaugeBy<number>('m', 'by', { a: (n) => n, b: (n) => n + 1 }), ...OTHER]);
  const two = new Table(M);
  one.add('n="x"', 1);
  two.add('n="y"', 5);
  expect(await textOf(one, two)).toBe(
    `${TYPE}m{n="x",by="a"} 1\nm{n="x",by="b"} 2\nm{n="y"} 5\n# TYPE o gauge\no{n="x"} -1\n`,
  );
});

const OTHER = gauges<number>({ o: (value) => -value });

it('a row that is dropped is as if it had not been', async () => {
  const table = new Table(M);
  for (let row = 0; row < 300; row += 1) {
    table.add(`row="${row}"`, row);
    table.add('row="dropped"', -1);
    table.drop();
  }
  const lines = Array.from({ length: 300 }, (_, row) => `m{row="${row}"} ${row}\n`);
  expect(await textOf(table)).toBe(TYPE + lines.join(''));
});

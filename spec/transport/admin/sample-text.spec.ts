/** Samples as text: whatever the numbers and the labels are, they can be read back. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SampleText } from '../../../src/transport/metrics/sample-text.ts';
import { label, Table } from '../../../src/transport/metrics/table.ts';

function textOf(table: Table<{ readonly m: 'gauge' }>): string {
  const text = new SampleText();
  const opening = Buffer.from('m{');
  for (let row = 0; row < table.rows; row += 1) text.sample(opening, table, row, 0);
  const pieces: Buffer[] = [];
  for (let piece = text.next(); piece !== undefined; piece = text.next()) pieces.push(piece);
  return Buffer.concat([...pieces, text.rest()]).toString();
}

it('writes whole numbers exactly and others with three decimals', () => {
  const numbers = fc.oneof(
    fc.maxSafeInteger(),
    fc.constantFrom(0, 9, 10, 99, 100, 999_999_999_999_999, 1_000_000_000_000_000),
    fc.double({ noNaN: true, min: -1e9, max: 1e9 }),
  );
  fc.assert(
    fc.property(fc.array(numbers, { minLength: 1 }), (values) => {
      const table = new Table({ m: 'gauge' });
      for (const value of values) table.add('a="b"', { m: value });
      const shown = values.map((value) => {
        const whole = Number.isSafeInteger(value);
        return `m{a="b"} ${whole ? String(value + 0) : value.toFixed(3)}\n`;
      });
      expect(textOf(table)).toBe(shown.join('').replaceAll('} -0\n', '} 0\n'));
    }),
  );
});

it('keeps the labels of every row, however long', () => {
  const names = fc.array(fc.string({ unit: 'grapheme', maxLength: 400 }), { maxLength: 600 });
  fc.assert(
    fc.property(names, (values) => {
      const table = new Table({ m: 'gauge' });
      for (const value of values) table.add(label('n', value), { m: 1 });
      expect(textOf(table)).toBe(values.map((value) => `m{${label('n', value)}} 1\n`).join(''));
    }),
    { numRuns: 30 },
  );
});

it('gives a line that is longer than a piece a piece of its own', () => {
  const table = new Table({ m: 'gauge' });
  const long = label('n', 'x'.repeat(100_000));
  table.add(long, { m: 1 });
  table.add('n="y"', { m: 2 });
  expect(textOf(table)).toBe(`m{${long}} 1\nm{n="y"} 2\n`);
});

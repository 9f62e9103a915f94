import { describe, expect, it } from 'vitest';
import { blankOut } from './blank-out.ts';
import { functionsOf } from './functions.ts';
import { parseSource } from './source.ts';

const blankedOf = (text: string) => blankOut(text).replace(/ +/g, ' ');

describe('blanking out', () => {
  it('leaves only code, with lines and columns as they were', () => {
    const text = "a('x{', /* { */ b); // {\nc({});\ne = /[/{]/g; f = 4 / 2 / g;\n";
    expect(blankOut(text).length).toBe(text.length);
    expect(blankedOf(text)).toBe("a(' ', b); \nc({});\ne = ; f = 4 / 2 / g;\n");
  });

  it('leaves the code inside templates', () => {
    // A dollar sign apart from its brace, or this text would be taken for a template.
    const text = 'a(`b $' + "{c('d }', `e $" + '{f}`)} g`);';
    expect(blankOut(text).length).toBe(text.length);
    expect(blankedOf(text)).toBe("a( c(' ', f ) );");
  });

  it('is not fooled by escapes', () => {
    expect(blankedOf("a('\\'{'); b = /\\/{/; c(`\\`{`)")).toBe("a(' '); b = ; c( )");
  });
});

describe('reading a source file', () => {
  it('finds imports of every form, but none in comments and texts', () => {
    const { imports } = parseSource(
      'src/a/b.ts',
      [
        "import fs, { type A, b as c } from 'node:fs';",
        "import * as all from '../base/all.ts';",
        "import type { D } from './d.ts';",
        "import './effect.ts';",
        "export { e } from '../e.ts';",
        "const late = await import('lmdb');",
        "// import x from 'comment';",
        'const s = "import y from \'text\'";',
      ].join('\n'),
    );
    expect(imports).toEqual([
      { specifier: 'node:fs', names: ['A', 'b'] },
      { specifier: '../base/all.ts', target: 'src/base/all.ts', names: ['*'] },
      { specifier: './d.ts', target: 'src/a/d.ts', names: ['D'] },
      { specifier: './effect.ts', target: 'src/a/effect.ts', names: ['*'] },
      { specifier: '../e.ts', target: 'src/e.ts', names: ['e'] },
      { specifier: 'lmdb', names: ['*'] },
    ]);
  });

  it('finds exports', () => {
    const text = 'export const a = 1;\nexport async function b() {}\nexport type C = 1;\n';
    expect(parseSource('x.ts', `${text}export { d, type E };\n`).exports).toEqual([
      { name: 'a', isType: false },
      { name: 'b', isType: false },
      { name: 'C', isType: true },
      { name: 'd', isType: false },
      { name: 'E', isType: false },
    ]);
  });
});

describe('finding functions', () => {
  it('counts the lines of declarations, methods, arrows and callbacks', () => {
    const code = [
      'function one(a: { x: 1 }): { y: 2 } {',
      '  if (a) {',
      '  }',
      '}',
      'const two = async (b) => {',
      '};',
      'class C extends B(x) { three(): void {',
      '  for (const c of d) { e(); }',
      '} four() {',
      '} }',
      'five(() => {',
      '});',
      'const notOne = { a: 1,',
      '};',
    ].join('\n');
    expect(functionsOf(code)).toEqual([
      { name: 'one', line: 1, length: 4 },
      { name: 'two', line: 5, length: 2 },
      { name: 'three', line: 7, length: 3 },
      { name: 'four', line: 9, length: 2 },
      { name: 'five', line: 11, length: 2 },
    ]);
  });
});

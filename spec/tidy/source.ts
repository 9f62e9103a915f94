/**
 * What the tidy spec knows of a source file without a compiler: its imports, its exports, its
 * functions with their length, and its code with comments and texts blanked out.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { blankOut } from './blank-out.ts';
import { type FunctionSpan, functionsOf } from './functions.ts';

export interface SourceFile {
  /** From the root of the project, such as `src/base/clock.ts`. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  /** The text with comments, strings and regular expressions blanked, line by line the same. */
  readonly code: string;
  readonly imports: readonly Import[];
  readonly exports: readonly Export[];
  readonly functions: readonly FunctionSpan[];
}

export interface Import {
  /** As written: a package, `node:…` or a relative path. */
  readonly specifier: string;
  /** From the root of the project, where the specifier is relative. */
  readonly target?: string;
  /** Imported names; `*` for all of them. */
  readonly names: readonly string[];
}

export interface Export {
  readonly name: string;
  readonly isType: boolean;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Every TypeScript file below the folders, sorted by path. */
export function sourcesOf(...folders: readonly string[]): SourceFile[] {
  return folders
    .flatMap((folder) => filesBelow(folder))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .sort()
    .map((path) => parseSource(path, readFileSync(join(root, path), 'utf8')));
}

/** Every file and folder below a folder of the project. */
export function pathsBelow(folder: string): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true, recursive: true });
  return entries.map((entry) => join(entry.parentPath.slice(root.length), entry.name));
}

/** A text file of the project. */
export function contentOf(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath.slice(root.length), entry.name));
}

export function parseSource(path: string, text: string): SourceFile {
  const code = blankOut(text);
  return {
    path,
    text,
    lines: text.replace(/\n$/, '').split('\n'),
    code,
    imports: importsOf(path, text, code),
    exports: exportsOf(code),
    functions: functionsOf(code),
  };
}

/** `import … from '…'`, `export … from '…'`, `import '…'` and `import('…')`. */
function importsOf(path: string, text: string, code: string): Import[] {
  const imports: Import[] = [];
  const statement = /\b(?:import|export)\b([^;()'"`]*?)\bfrom\s+['"]|\bimport\s*\(?\s*['"]/g;
  for (const match of code.matchAll(statement)) {
    const start = match.index + match[0].length;
    const specifier = text.slice(start, text.indexOf(text[start - 1] ?? "'", start));
    const relative = specifier.startsWith('.');
    imports.push({
      specifier,
      ...(relative ? { target: normalize(join(dirname(path), specifier)) } : {}),
      names: match[1] === undefined ? ['*'] : namesIn(match[1]),
    });
  }
  return imports;
}

function namesIn(clause: string): string[] {
  if (clause.includes('*')) return ['*'];
  const inBraces = /\{([^}]*)\}/.exec(clause)?.[1] ?? '';
  const names = inBraces.split(',').map((name) => name.trim().replace(/^type\s+/, ''));
  return names.map((name) => name.split(/\s+as\s+/)[0] ?? '').filter((name) => name !== '');
}

const DECLARATION = /^export\s+(?:async\s+)?(const|let|function\*?|class|interface|type)\s+(\w+)/gm;

function exportsOf(code: string): Export[] {
  const declared = [...code.matchAll(DECLARATION)].map(([, kind, name]) => ({
    name: name ?? '',
    isType: /interface|type/.test(kind ?? ''),
  }));
  const listed = [...code.matchAll(/^export\s+(type\s+)?(\{[^}]*\})\s*;/gm)].flatMap(
    ([, type, names]) => namesIn(names ?? '').map((name) => ({ name, isType: type !== undefined })),
  );
  return [...declared, ...listed];
}

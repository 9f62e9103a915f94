/** Finds the functions in blanked-out code, by matching braces. */

export interface FunctionSpan {
  /** Its name, or that of the call whose argument it is, or `anonymous`. */
  readonly name: string;
  /** Counted from 1. */
  readonly line: number;
  /** Lines from the opening to the closing brace. */
  readonly length: number;
}

interface Frame {
  /** What was seen at this depth since the last semicolon: words, signs, closed groups. */
  tokens: string[];
  readonly line: number;
  /** Set where the frame is the body of a function. */
  readonly name?: string;
}

const CONTROL = new Set(['if', 'for', 'while', 'switch', 'catch', 'with']);
const TOKEN = /\n|[A-Za-z_$][\w$]*|=>|[(){}[\];:=,.?|&<>'"]/g;
const CLOSES = new Map([
  [')', '()'],
  [']', '[]'],
  ['}', '{}'],
]);

export function functionsOf(code: string): FunctionSpan[] {
  const found: FunctionSpan[] = [];
  const frames: Frame[] = [{ tokens: [], line: 1 }];
  let line = 1;
  for (const [token] of code.matchAll(TOKEN)) {
    const frame = frames.at(-1) ?? { tokens: [], line };
    if (token === '\n') line++;
    else if (token === ';') frame.tokens = [];
    else if (token === '{') frames.push(opened(frames, line));
    else if (token === '(' || token === '[') frames.push({ tokens: [], line });
    else if (CLOSES.has(token)) {
      if (frames.length > 1) frames.pop();
      const outer = frames.at(-1) ?? frame;
      if (frame.name === undefined) outer.tokens.push(CLOSES.get(token) ?? token);
      else {
        found.push({ name: frame.name, line: frame.line, length: line - frame.line + 1 });
        outer.tokens = [];
      }
    } else frame.tokens.push(token);
  }
  return found;
}

function opened(frames: readonly Frame[], line: number): Frame {
  const tokens = frames.at(-1)?.tokens ?? [];
  const outer = frames.at(-2)?.tokens ?? [];
  const name = functionName(tokens, outer);
  return name === undefined ? { tokens: [], line } : { tokens: [], line, name };
}

/** The name of the function whose body opens after `tokens`; undefined for any other block. */
function functionName(tokens: readonly string[], outer: readonly string[]): string | undefined {
  if (tokens.at(-1) === '=>') {
    const assigned = tokens.indexOf('=');
    if (assigned > 0) return tokens[declared(tokens)] ?? 'anonymous';
    if (outer.includes('describe')) return 'describe';
    return outer.findLast((token) => /^\w+$/.test(token)) ?? 'anonymous';
  }
  if (tokens.at(-1) === ':' || tokens.includes('class')) return undefined;
  const group = tokens.lastIndexOf('()');
  if (group < 0) return undefined;
  const after = tokens[group + 1];
  if (after !== undefined && after !== ':') return undefined;
  const before = tokens.slice(0, group).findLast((token) => /^[\w$]+$/.test(token));
  return before === undefined || CONTROL.has(before) ? undefined : before;
}

function declared(tokens: readonly string[]): number {
  const keyword = tokens.findIndex((token) => token === 'const' || token === 'let');
  return keyword < 0 ? 0 : keyword + 1;
}

/** Replaces comments and the insides of strings, templates and regular expressions by blanks. */

/** The text with the same lines and columns, where only code is left. */
export function blankOut(text: string): string {
  let out = '';
  let at = 0;
  while (at < text.length) {
    const end = endOfText(text, at, out);
    if (end === undefined) {
      out += text[at++] ?? '';
      continue;
    }
    const part = text.slice(at, end);
    out += part[0] === '`' ? blankTemplate(part) : blanked(part);
    at = end;
  }
  return out;
}

/** Quotes stay, so that an import can be told from a call. */
function blanked(part: string): string {
  const blanks = part.replace(/[^\n]/g, ' ');
  const quoted = /^['"]/.test(part) && part.length > 1;
  return quoted ? part[0] + blanks.slice(1, -1) + part.at(-1) : blanks;
}

/** The code inside substitutions stays; the backquotes around the template go. */
function blankTemplate(template: string): string {
  let out = '';
  let index = 0;
  while (index < template.length) {
    if (!template.startsWith('${', index)) {
      const length = template[index] === '\\' ? 2 : 1;
      out += blanked(template.slice(index, index + length));
      index += length;
      continue;
    }
    const end = endOfSubstitution(template, index + 2);
    out += `  ${blankOut(template.slice(index + 2, end - 1))} `;
    index = end;
  }
  return out;
}

/** Where a comment, string, template or regular expression that begins at `at` ends. */
function endOfText(text: string, at: number, before: string): number | undefined {
  const two = text.slice(at, at + 2);
  if (two === '//') return orEnd(text, text.indexOf('\n', at));
  if (two === '/*') return orEnd(text, text.indexOf('*/', at + 2) + 2);
  const first = text[at];
  if (first === "'" || first === '"') return endOfString(text, at);
  if (first === '`') return endOfTemplate(text, at);
  return first === '/' && startsRegExp(before) ? endOfRegExp(text, at) : undefined;
}

function orEnd(text: string, index: number): number {
  return index < 2 ? text.length : index;
}

function endOfString(text: string, at: number): number {
  let index = at + 1;
  while (index < text.length && text[index] !== text[at]) index += text[index] === '\\' ? 2 : 1;
  return index + 1;
}

function endOfTemplate(text: string, at: number): number {
  let index = at + 1;
  while (index < text.length && text[index] !== '`') {
    if (text.startsWith('${', index)) index = endOfSubstitution(text, index + 2);
    else index += text[index] === '\\' ? 2 : 1;
  }
  return index + 1;
}

function endOfSubstitution(text: string, at: number): number {
  let depth = 1;
  let index = at;
  while (index < text.length && depth > 0) {
    const char = text[index];
    if (char === '`') index = endOfTemplate(text, index);
    else if (char === "'" || char === '"') index = endOfString(text, index);
    else {
      if (char === '{') depth++;
      if (char === '}') depth--;
      index++;
    }
  }
  return index;
}

/** A slash begins a regular expression where a value can begin, else it divides. */
function startsRegExp(before: string): boolean {
  const tail = before.slice(-80).trimEnd();
  return tail === '' || /[([{,;=:?!&|+\-*%<>~^]$|\b(return|case|typeof|of|in)$/.test(tail);
}

function endOfRegExp(text: string, at: number): number {
  let index = at + 1;
  let inClass = false;
  while (index < text.length && text[index] !== '\n') {
    const char = text[index];
    if (char === '/' && !inClass) break;
    if (char === '[') inClass = true;
    if (char === ']') inClass = false;
    index += char === '\\' ? 2 : 1;
  }
  while (/\w/.test(text[index + 1] ?? '')) index++;
  return index + 1;
}

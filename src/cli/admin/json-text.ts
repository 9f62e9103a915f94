/**
 * JSON as pulsar-admin prints it: a member a line, ` : ` behind a name, arrays in one line with
 * what they hold. Numbers stay as the broker wrote them, 0.0 and all 64 bits.
 */

/** Throws `SyntaxError` where the text is no JSON. */
export function prettyJson(text: string): string {
  JSON.parse(text);
  const tokens = text.match(TOKEN) ?? [];
  let at = 0;
  const value = (indent: string): string => {
    const token = tokens[at++]!;
    if (token === '{') return object(indent);
    if (token === '[') return array(indent);
    return token;
  };
  const object = (indent: string): string => {
    const deeper = `${indent}  `;
    const members: string[] = [];
    while (tokens[at] !== '}') {
      const name = tokens[at]!;
      at += 2;
      members.push(`${deeper}${name} : ${value(deeper)}`);
      if (tokens[at] === ',') at += 1;
    }
    at += 1;
    return members.length === 0 ? '{ }' : `{\n${members.join(',\n')}\n${indent}}`;
  };
  const array = (indent: string): string => {
    const items: string[] = [];
    while (tokens[at] !== ']') {
      items.push(value(indent));
      if (tokens[at] === ',') at += 1;
    }
    at += 1;
    return items.length === 0 ? '[ ]' : `[ ${items.join(', ')} ]`;
  };
  return value('');
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** The JSON texts of what an array holds, or of the members of an object with their names. */
export function partsOfJson(text: string): { readonly name: string; readonly text: string }[] {
  const tokens = text.match(TOKEN) ?? [];
  const isObject = tokens[0] === '{';
  const parts: { name: string; text: string }[] = [];
  for (let at = 1; at < tokens.length - 1; ) {
    const name = isObject ? (JSON.parse(tokens[at]!) as string) : '';
    if (isObject) at += 2;
    const start = at;
    for (let depth = 0; at < tokens.length - 1; at += 1) {
      const token = tokens[at]!;
      if (depth === 0 && token === ',') break;
      if (token === '{' || token === '[') depth += 1;
      if (token === '}' || token === ']') depth -= 1;
    }
    parts.push({ name, text: tokens.slice(start, at).join('') });
    at += 1;
  }
  return parts;
}

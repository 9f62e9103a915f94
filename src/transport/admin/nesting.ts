/** How deep JSON goes, found out before it is parsed: that takes a hundred times as long. */

/** As many levels as Pulsar reads (Jackson's `maxNestingDepth`). */
const MOST_LEVELS = 1_000;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPENERS, CLOSERS] = [
  [0x5b, 0x7b],
  [0x5d, 0x7d],
] as const;

/** Whether a text that may be JSON has more levels of lists and objects than are read. */
export function isTooDeep(text: Uint8Array): boolean {
  let levels = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const byte = text[at]!;
    if (byte === QUOTE) isQuoted = !isQuoted;
    else if (isQuoted) at += byte === BACKSLASH ? 1 : 0;
    else if (byte === OPENERS[0] || byte === OPENERS[1]) levels += 1;
    else if (byte === CLOSERS[0] || byte === CLOSERS[1]) levels -= 1;
    if (levels > MOST_LEVELS) return true;
  }
  return false;
}

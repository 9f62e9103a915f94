/** The kinds of options: what a value may be, how its text is read, what a bad one is told. */

/** A value that was read, or what the text would have had to be. */
export type Parsed<T> = { readonly value: T } | { readonly mustBe: string };

/** One key of the configuration. Texts are trimmed and not empty when `parse` sees them. */
export interface Option<T> {
  readonly default: T;
  /** What a value must be, for help and for the message that refuses one. */
  readonly mustBe: string;
  readonly unit?: string;
  readonly help: string;
  /** The value may be a secret itself: it is never shown. */
  readonly isSecret?: true;
  /** What an empty text means, where that is not the default. */
  readonly empty?: { readonly value: T };
  parse(text: string): Parsed<T>;
}

interface Bounds {
  readonly min?: number;
  readonly max?: number;
  readonly unit?: string;
}

/** Java's `int`, in which Pulsar holds nearly all of its numbers. */
const MAX_INT = 2 ** 31 - 1;

/** A whole number. Bounds include their ends; the default range is 0 to 2^31 - 1. */
export function whole(initial: number, bounds: Bounds, help: string): Option<number> {
  return number(initial, bounds, help);
}

/** A whole number that may be left out. */
export function maybeWhole(bounds: Bounds, help: string): Option<number | undefined> {
  return number<number | undefined>(undefined, bounds, help);
}

function number<T extends number | undefined>(
  initial: T,
  bounds: Bounds,
  help: string,
): Option<T | number> {
  const min = bounds.min ?? 0;
  const max = bounds.max ?? MAX_INT;
  const mustBe = `a whole number from ${min} to ${max}`;
  return {
    default: initial,
    mustBe,
    ...(bounds.unit === undefined ? {} : { unit: bounds.unit }),
    help,
    parse(text) {
      const value = Number(text);
      const fits = /^[+-]?\d+$/.test(text) && value >= min && value <= max;
      return fits ? { value } : { mustBe };
    },
  };
}

/** A number from 0 to 1. */
export function fraction(initial: number, help: string): Option<number> {
  const mustBe = 'a number from 0 to 1';
  return {
    default: initial,
    mustBe,
    help,
    parse(text) {
      const value = Number(text);
      const fits = /^\+?(\d+\.?\d*|\.\d+)$/.test(text) && value <= 1;
      return fits ? { value } : { mustBe };
    },
  };
}

/** A TCP port; 0 lets the system choose a free one, an empty text leaves it closed. */
export function port(initial: number | undefined, help: string): Option<number | undefined> {
  const open = number<number | undefined>(initial, { max: 65_535 }, help);
  return { ...open, empty: { value: undefined } };
}

/** `true` or `false`, in any case. */
export function flag(initial: boolean, help: string): Option<boolean> {
  const mustBe = 'true or false';
  return {
    default: initial,
    mustBe,
    help,
    parse(text) {
      const lower = text.toLowerCase();
      if (lower === 'true') return { value: true };
      return lower === 'false' ? { value: false } : { mustBe };
    },
  };
}

/** Any text without line breaks. */
export function text(initial: string, help: string): Option<string> {
  return limitedText(initial, /^[^\r\n]*$/, 'a single line', help);
}

/** A secret, or where it stands. */
export function secret(help: string): Option<string> {
  const mustBe = 'file:///path, data:;base64,... or base64';
  return { default: '', mustBe, help, isSecret: true, parse: (value) => ({ value }) };
}

/** A text of which the form is known. */
export function limitedText(
  initial: string,
  form: RegExp,
  mustBe: string,
  help: string,
): Option<string> {
  return {
    default: initial,
    mustBe,
    help,
    parse: (value) => (form.test(value) ? { value } : { mustBe }),
  };
}

/** One of a few words. */
export function choice<const W extends string>(
  initial: NoInfer<W>,
  words: readonly W[],
  help: string,
): Option<W> {
  const mustBe = `one of ${words.join(', ')}`;
  return {
    default: initial,
    mustBe,
    help,
    parse(value) {
      const word = words.find((candidate) => candidate === value);
      return word === undefined ? { mustBe } : { value: word };
    },
  };
}

/** Several of a few words, separated by commas. */
export function choices<const W extends string>(
  initial: readonly NoInfer<W>[],
  words: readonly W[],
  help: string,
): Option<readonly W[]> {
  const mustBe = `some of ${words.join(', ')}, separated by commas`;
  return {
    default: Object.freeze([...initial]),
    mustBe,
    help,
    parse(value) {
      const asked = value.split(',').map((word) => word.trim());
      const known = words.filter((word) => asked.includes(word));
      const understood = known.length === new Set(asked).size;
      return understood ? { value: Object.freeze(known) } : { mustBe };
    },
  };
}

/** Names of anything, separated by commas. */
export function names(help: string): Option<readonly string[]> {
  const mustBe = 'names, separated by commas';
  return {
    default: Object.freeze([]),
    mustBe,
    help,
    parse(value) {
      const all = value.split(',').map((name) => name.trim());
      return { value: Object.freeze(all.filter((name) => name !== '')) };
    },
  };
}

/**
 * A feature that a configuration asks for and this version does not have, where going on without
 * it would be unsafe: only the value that leaves it off is taken.
 */
export function notYet(help: string): Option<false> {
  const mustBe = `left out or false, because this version cannot do it (${help})`;
  return {
    default: false,
    mustBe,
    help: `Not available in this version: ${help}`,
    parse: (value) => (value.toLowerCase() === 'false' ? { value: false } : { mustBe }),
  };
}

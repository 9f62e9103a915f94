/**
 * Answers without what two brokers cannot have in common: times, ids of ledgers, sizes, versions,
 * host and port, and the ways in which Java describes its own failures.
 */

/** What the one who asks knows of the broker. */
export interface Where {
  /** `host:port` of REST. */
  readonly http: string;
  /** `host:port` of the binary protocol. */
  readonly broker: string;
}

/** One line: the status, and the body if there is one. Fields of objects are in order. */
export function normalised(status: number, text: string, where: Where): string {
  const known = text.replaceAll(where.http, '{http}').replaceAll(where.broker, '{broker}').trim();
  return `${status} ${bodyOf(known)}`.trimEnd();
}

function bodyOf(text: string): string {
  if (text.startsWith('<')) return '{page}';
  if (text.includes('\n\tat ') || text.includes('--- An unexpected error')) return '{stack trace}';
  if (/^(?:# HELP|# TYPE)/.test(text)) return '{metrics}';
  try {
    return JSON.stringify(tidy(JSON.parse(text), ''));
  } catch {
    return JSON.stringify(text.replaceAll(POINTERS, '{object}'));
  }
}

/** How Java shows an object that has no words for itself. */
const POINTERS = /[\w.$]+@[0-9a-f]{5,8}\b/g;

function tidy(value: unknown, field: string): unknown {
  if (Array.isArray(value)) {
    const list = value.map((one) => tidy(one, field));
    return list.length > 0 && list.every((one) => ACTIONS.has(one)) ? list.sort() : list;
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    if (entries.length > MOST_FIELDS) return '{configuration}';
    const asked = entries.filter(([name]) => !name.startsWith(OWN_NAMESPACES));
    const fields = asked.sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(fields.map(([name, one]) => [name, tidy(one, name)]));
  }
  if (VARYING.test(field) && !isUnset(value)) return `{${typeof value}}`;
  if (typeof value === 'string') return textOf(value);
  return value;
}

/** What may be granted; Java's sets of them have another order in each process. */
const ACTIONS = new Set<unknown>([
  'produce',
  'consume',
  'functions',
  'sources',
  'sinks',
  'packages',
]);

/** Statistics of these come and go with Pulsar's checks of its own health. */
const OWN_NAMESPACES = 'pulsar/';

/** Only the list of all options is longer. */
const MOST_FIELDS = 100;

function textOf(text: string): string {
  if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text)) return '{time}';
  if (/^\d+:-?\d+$/.test(text)) return '{position}';
  return text.replaceAll(POINTERS, '{object}');
}

function isUnset(value: unknown): boolean {
  return value === 0 || value === -1 || value === '' || value === false;
}

/** Fields whose values depend on the moment, or on what stands behind the broker. */
const VARYING = new RegExp(
  '(?:[tT]ime[sS]tamp|Time|At|ledgerId|size|Size|Bytes|version|ledgers|LedgerCreated\\w*|' +
    'Position|Servers|StoreUrl)$',
);

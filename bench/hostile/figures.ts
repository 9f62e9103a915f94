/** What a neighbour says of one window, and what many windows come to. */

export interface Window {
  /** Messages that were received. */
  readonly received: number;
  /** From sending to receiving, and to the receipt, in milliseconds. */
  readonly endToEnd: Percentiles;
  readonly receipt: Percentiles;
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

export function windowOf(latenciesMs: number[], receiptsMs: number[]): Window {
  return {
    received: latenciesMs.length,
    endToEnd: percentilesOf(latenciesMs),
    receipt: percentilesOf(receiptsMs),
  };
}

/** The cost of an attack. */
export interface Cost {
  readonly attack: string;
  /** What the attacker says that it did, a second. */
  readonly did: string;
  readonly quiet: Figures;
  /** While the same goes on against another broker on this machine. */
  readonly beside: Figures;
  readonly hostile: Figures;
}

export interface Figures {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly receiptP99: number;
}

/** Medians over windows of so many milliseconds. */
export function figuresOf(windows: readonly Window[], windowMs: number): Figures {
  return {
    perSecond: median(windows.map(({ received }) => received / (windowMs / 1_000))),
    p50: median(windows.map(({ endToEnd }) => endToEnd.p50)),
    p99: median(windows.map(({ endToEnd }) => endToEnd.p99)),
    receiptP99: median(windows.map(({ receipt }) => receipt.p99)),
  };
}

/** At most so much of the neighbour's throughput may go, and its p99 may grow by so much. */
const MIN_THROUGHPUT = 0.8;
const MAX_P99 = 2;

export function tableOf(costs: readonly Cost[]): string {
  const head =
    '| attack | did a second | messages a second | median, ms | 99 %, ms | kept | of beside |\n' +
    '|---|---|---|---|---|---|---|';
  return [head, ...costs.map(rowOf)].join('\n');
}

/** Each figure without the attack, beside it and under it. */
function rowOf({ attack, did, quiet, beside, hostile }: Cost): string {
  const three = (of: keyof Figures, digits: number) =>
    [quiet, beside, hostile].map((one) => one[of].toFixed(digits)).join(' / ');
  const figures = [three('perSecond', 0), three('p50', 1), three('p99', 1)];
  const kept = [quiet, beside].map((before) => (isKept(before, hostile) ? 'yes' : '**no**'));
  return `| ${[attack, did, ...figures, ...kept].join(' | ')} |`;
}

function isKept(before: Figures, after: Figures): boolean {
  const keepsUp = after.perSecond >= before.perSecond * MIN_THROUGHPUT;
  return keepsUp && after.p99 < before.p99 * MAX_P99;
}

function percentilesOf(values: number[]): Percentiles {
  values.sort((a, b) => a - b);
  const at = (part: number) => values[Math.floor(values.length * part)] ?? Number.POSITIVE_INFINITY;
  return { p50: at(0.5), p99: at(0.99) };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

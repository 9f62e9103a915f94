/** The measurements as a table: each figure of both brokers, their ratio, and the budget. */
import type { Peer } from './brokers.ts';
import type { Measurement } from './measure.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';

export interface Facts {
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
  readonly configuration: string;
}

interface Row {
  readonly what: string;
  readonly velamq: number | undefined;
  readonly oracle: number | undefined;
  readonly digits: number;
  readonly budget?: Limit;
}

/** What the budget says: of the ratio to Pulsar, or of VelaMQ's own figure. */
interface Limit {
  readonly of: 'ratio' | 'value';
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** A Markdown table of everything that was measured. */
export function tableOf(measurements: readonly Measurement[]): string {
  const rows = [
    ...wholeRows(measurements),
    ...SCENARIOS.flatMap((scenario) => scenarioRows(scenario, measurements)),
  ].filter(({ velamq, oracle }) => velamq !== undefined || oracle !== undefined);
  const head = '| what | VelaMQ | Pulsar | VelaMQ / Pulsar | budget | |\n|---|---|---|---|---|---|';
  return [head, ...rows.map(lineOf)].join('\n');
}

export function sectionOf(measurements: readonly Measurement[], facts: Facts): string {
  const { date, commit, machine, configuration } = facts;
  return [
    `${date}, commit ${commit}. ${machine}`,
    '',
    configuration,
    '',
    tableOf(measurements),
  ].join('\n');
}

const BEGIN = '<!-- peers:begin -->';
const END = '<!-- peers:end -->';

/** The document with the section between its markers replaced, or put at its end. */
export function withSection(document: string, section: string): string {
  const block = `${BEGIN}\n${section}\n${END}`;
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin) {
    return `${document.trimEnd()}\n\n## Against Pulsar\n\n${block}\n`.trimStart();
  }
  return document.slice(0, begin) + block + document.slice(end + END.length);
}

/** Figures of the broker as such, over all scenarios. */
function wholeRows(measurements: readonly Measurement[]): Row[] {
  const row = (
    what: string,
    value: (one: Measurement) => number,
    digits: number,
    budget?: Limit,
  ): Row => ({
    what,
    velamq: median(of(measurements, 'velamq').map(value)),
    oracle: median(of(measurements, 'oracle').map(value)),
    digits,
    ...(budget === undefined ? {} : { budget }),
  });
  return [
    row('ready after start on an empty folder, ms', (one) => one.readyMs, 0, most(1000)),
    row('resident when idle, MB', (one) => one.idleMb, 0, most(120)),
    row('CPU when idle, % of a core', (one) => one.idleCpu, 1),
  ];
}

function scenarioRows(scenario: Scenario, measurements: readonly Measurement[]): Row[] {
  const { title, name, budget, isPaced } = scenario;
  const own = measurements.filter((one) => one.scenario === name);
  const row = (
    what: string,
    value: (one: Measurement) => number,
    digits: number,
    limit?: Limit,
  ): Row => ({
    what: `${title}: ${what}`,
    velamq: median(of(own, 'velamq').map(value)),
    oracle: median(of(own, 'oracle').map(value)),
    digits,
    ...(limit === undefined ? {} : { budget: limit }),
  });
  const isRate = budget.rate !== undefined;
  const [unit, units] =
    scenario.perTransaction === undefined
      ? ['message', 'messages']
      : ['transaction', 'transactions'];
  return [
    row(`${units} a second`, (one) => one.rate, 0, isRate ? ratio(budget.rate) : undefined),
    row(
      `broker CPU, µs a ${unit}`,
      (one) => one.cpuMicros,
      2,
      budget.cpu === undefined ? undefined : ratio(undefined, budget.cpu),
    ),
    ...(isPaced
      ? [
          row(
            'latency, median, ms',
            (one) => one.latency.median,
            2,
            ratio(undefined, budget.median),
          ),
          row('latency, 99 %, ms', (one) => one.latency.p99, 2, ratio(undefined, budget.p99)),
          row('latency, 99.9 %, ms', (one) => one.latency.p999, 2),
        ]
      : [row('latency, median, ms', (one) => one.latency.median, 1)]),
    row('resident, peak, MB', (one) => one.peakMb, 0, most(400)),
    row('resident 5 s later, MB', (one) => one.afterMb, 0),
    row('of that no file pages, MB', (one) => one.afterAnonymousMb, 0),
  ];
}

const of = (measurements: readonly Measurement[], peer: Peer) =>
  measurements.filter((one) => one.peer === peer);

const most = (atMost: number): Limit => ({ of: 'value', atMost });

function ratio(atLeast?: number, atMost?: number): Limit {
  return {
    of: 'ratio',
    ...(atLeast === undefined ? {} : { atLeast }),
    ...(atMost === undefined ? {} : { atMost }),
  };
}

function lineOf({ what, velamq, oracle, digits, budget }: Row): string {
  const quotient = velamq === undefined || oracle === undefined ? undefined : velamq / oracle;
  const figure = (value: number | undefined) =>
    value === undefined ? '' : value.toLocaleString('en', { maximumFractionDigits: digits });
  const judged = budget?.of === 'value' ? velamq : quotient;
  return `| ${[
    what,
    figure(velamq),
    figure(oracle),
    quotient === undefined ? '' : quotient.toFixed(2),
    budget === undefined ? '' : wordsOf(budget),
    budget === undefined || judged === undefined ? '' : verdict(judged, budget),
  ].join(' | ')} |`;
}

function wordsOf({ of: subject, atLeast, atMost }: Limit): string {
  const sign = atLeast === undefined ? '≤' : '≥';
  return `${sign} ${atLeast ?? atMost}${subject === 'ratio' ? ' x' : ''}`;
}

function verdict(value: number, { atLeast, atMost }: Limit): string {
  const isKept = value >= (atLeast ?? Number.NEGATIVE_INFINITY) && value <= (atMost ?? Infinity);
  return isKept ? 'kept' : '**missed**';
}

function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  const lower = sorted[sorted.length % 2 === 0 ? middle - 1 : middle];
  return upper === undefined || lower === undefined ? undefined : (upper + lower) / 2;
}

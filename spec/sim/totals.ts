/** What many worlds come to: how much was run, and how much there was to check. */
import { type Census, GROUPS, mergeCensus, noCensus } from './census.ts';
import type { Verdict } from './simulate.ts';

/** Plain data, so that it can travel between processes. */
export interface Totals {
  /** Seeds that were looked at, and worlds that were run. */
  seeds: number;
  worlds: number;
  simulatedMs: number;
  observations: number;
  records: number;
  realMs: number;
  census: Census;
  /** Checks of each promise. */
  checks: Record<string, number>;
  failures: Failure[];
}

export interface Failure {
  readonly seed: number;
  readonly invariant: string;
  readonly what: string;
}

export function noTotals(): Totals {
  return {
    seeds: 0,
    worlds: 0,
    simulatedMs: 0,
    observations: 0,
    records: 0,
    realMs: 0,
    census: noCensus(),
    checks: {},
    failures: [],
  };
}

export function count(totals: Totals, verdict: Verdict, realMs: number): void {
  totals.worlds += 1;
  totals.simulatedMs += verdict.simulatedMs;
  totals.observations += verdict.observations;
  totals.records += verdict.records;
  totals.realMs += realMs;
  mergeCensus(totals.census, verdict.census);
  for (const [name, checks] of verdict.checks) add(totals.checks, name, checks);
  if (verdict.violation === undefined) return;
  const { invariant, what } = verdict.violation;
  totals.failures.push({ seed: verdict.plan.seed, invariant, what });
}

export function merge(totals: Totals, other: Totals): void {
  totals.seeds += other.seeds;
  totals.worlds += other.worlds;
  totals.simulatedMs += other.simulatedMs;
  totals.observations += other.observations;
  totals.records += other.records;
  totals.realMs += other.realMs;
  mergeCensus(totals.census, other.census);
  for (const [name, checks] of Object.entries(other.checks)) add(totals.checks, name, checks);
  totals.failures.push(...other.failures);
}

export function linesOf(totals: Totals): string[] {
  const { worlds, simulatedMs, observations, records, realMs, checks, failures } = totals;
  const perSecond = realMs / Math.max(1, simulatedMs / 1_000);
  return [
    `${worlds} histories of ${(simulatedMs / 3_600_000).toFixed(1)} simulated hours`,
    `${observations} observations, ${records} journal records`,
    `${perSecond.toFixed(2)} ms of real time for each simulated second`,
    ...GROUPS.flatMap((group) => linesOfGroup(group, totals.census[group])),
    ...Object.entries(checks).map(([name, n]) => `${String(n).padStart(10)} checks: ${name}`),
    ...failures.map(lineOfFailure),
    `${failures.length} failures`,
  ];
}

function linesOfGroup(group: string, counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, times]) => `${String(times).padStart(10)} ${group}: ${name}`);
}

export function lineOfFailure({ seed, invariant, what }: Failure): string {
  return `FAILED seed ${seed}: ${invariant}: ${what}`;
}

function add(checks: Record<string, number>, name: string, more: number): void {
  checks[name] = (checks[name] ?? 0) + more;
}

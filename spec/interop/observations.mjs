// Facts that scenarios observe (error names, orders, counts, REST shapes), as the oracle showed
// them: spec/data/interop/observations.json. A broker must show the same.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { intended } from './intended.mjs';

const file = resolve(import.meta.dirname, '../data/interop/observations.json');

/** The facts of the oracle, by scenario. */
export function recordedFacts() {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

/** Keeps the facts of the scenarios in `results`; those of others stay. */
export function recordFacts(results) {
  const facts = recordedFacts();
  for (const each of results) facts[each.scenario] = each.facts;
  const sorted = Object.fromEntries(Object.entries(facts).sort(([a], [b]) => (a < b ? -1 : 1)));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(sorted, null, 1)}\n`);
}

/** What `facts` show otherwise than `expected`: lines of text, none when they agree. */
export function differences(scenario, facts, expected) {
  if (!expected) {
    const names = Object.keys(facts);
    if (names.length === 0) return [];
    return [`nobody has recorded what Pulsar shows: ${names.join(', ')}`];
  }
  const names = new Set([...Object.keys(facts), ...Object.keys(expected)]);
  const lines = [];
  for (const name of names) {
    if (intended(scenario, name) !== undefined) continue;
    const [here, there] = [facts[name], expected[name]].map(inOrder);
    if (here !== there) lines.push(`${name}: ${contrast(facts[name], expected[name])}`);
  }
  return lines;
}

function contrast(here, there) {
  if (Array.isArray(here) && Array.isArray(there) && there.every((x) => typeof x === 'string')) {
    const missing = there.filter((each) => !here.includes(each));
    const extra = here.filter((each) => !there.includes(each));
    if (missing.length + extra.length > 0 && there.length > 5) {
      return `lacks [${missing.join(', ')}], has besides [${extra.join(', ')}]`;
    }
  }
  return `here ${short(here)}, Pulsar ${short(there)}`;
}

function inOrder(value) {
  return JSON.stringify(value, (_, each) =>
    each && typeof each === 'object' && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

function short(value) {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}

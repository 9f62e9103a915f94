// What is wrong with the results of a pipeline.

/**
 * Each of the numbers from 0 to `fed` must be in each output once, with the same transaction in both,
 * and in the order of its key where the pipeline keeps it. `known` counts what Pulsar is known to
 * deliver of the Go client's transactions that were aborted.
 */
export function problemsOf({ outputs, fed, isOrdered, fates, against }) {
  const failures = [];
  const kept = outputs.map((rows) => rows.filter((row) => !isKnown(row, rows, fates, against)));
  const known = outputs.flat().length - kept.flat().length;
  const [a, b] = kept.map((rows) => new Map(rows.map((row) => [row.value, row])));
  for (const [i, rows] of kept.entries()) {
    const title = `output ${i === 0 ? 'a' : 'b'}`;
    failures.push(...timesOf(title, rows, fed));
    if (isOrdered) failures.push(...orderOf(title, rows));
    for (const row of rows) {
      if (fates.of(row.txn) === 'aborted') failures.push(`${title}: ${text(row)} was aborted`);
    }
  }
  for (const [value, row] of a) {
    const other = b.get(value);
    if (other !== undefined && other.txn !== row.txn) {
      failures.push(`${text(row)} and ${text(other)} are of different transactions`);
    }
  }
  return { failures, known };
}

function timesOf(title, rows, fed) {
  const times = new Map();
  for (const row of rows) times.set(row.value, [...(times.get(row.value) ?? []), row]);
  const failures = [];
  for (let value = 0; value < fed; value++) {
    const found = times.get(value) ?? [];
    if (found.length === 1) continue;
    failures.push(`${title}: ${value} is there ${found.length} times: ${found.map(text)}`);
  }
  return failures;
}

function orderOf(title, rows) {
  const last = new Map();
  const failures = [];
  for (const row of rows) {
    const before = last.get(row.key);
    if (before !== undefined && before.value > row.value) {
      failures.push(`${title}: ${text(row)} comes behind ${text(before)}`);
    }
    last.set(row.key, row);
  }
  return failures;
}

/**
 * Pulsar tells by its metadata whether a message is of an aborted transaction, and the Go client
 * names the transaction only in the command: such a message is one too many.
 */
function isKnown(row, rows, fates, against) {
  if (against !== 'oracle' || row.by !== 'go' || fates.of(row.txn) === 'committed') return false;
  return rows.some((other) => other.value === row.value && other.txn !== row.txn);
}

function text({ key, value, txn, by, id }) {
  return `${value} of ${key} in ${txn} by ${by} at ${id}`;
}

// What is wrong with the results of a pipeline.

/**
 * Each of the numbers from 0 to `fed` must be in each output once, with the same transaction in both,
 * and in the order of its key where the pipeline keeps it. `known` counts what Pulsar is known to
 * deliver of the Go client's transactions that were aborted.
 */
export function problemsOf({ outputs, fed, isOrdered, fates, against }) {
  const failures = [];
  const kept = against === 'oracle' ? outputs.map((rows) => withoutKnown(rows, fates)) : outputs;
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

function byValue(rows) {
  const found = new Map();
  for (const row of rows) found.set(row.value, [...(found.get(row.value) ?? []), row]);
  return found;
}

function timesOf(title, rows, fed) {
  const times = byValue(rows);
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
 * names the transaction only in the command: what it aborted and made again is there once more. Of
 * copies whose client was not told the last one counts, since it would not have been made had one
 * before it been committed.
 */
function withoutKnown(rows, fates) {
  const copies = byValue(rows);
  return rows.filter((row) => {
    const others = copies.get(row.value).filter(({ txn }) => txn !== row.txn);
    if (row.by !== 'go' || others.length === 0) return true;
    const fate = fates.of(row.txn);
    if (fate !== undefined) return fate === 'committed';
    const rivals = others.filter(({ txn }) => fates.of(txn) !== 'aborted');
    return rivals.every((each) => {
      const isCommitted = each.by !== 'go' || fates.of(each.txn) === 'committed';
      return !isCommitted && rows.indexOf(each) < rows.indexOf(row);
    });
  });
}

function text({ key, value, txn, by, id }) {
  return `${value} of ${key} in ${txn} by ${by} at ${id}`;
}

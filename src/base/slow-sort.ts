/** Sorting what may be 100,000 texts, so that nobody waits for longer than a slice of it takes. */

/** Texts that are moved in one slice: about a millisecond. */
const SLICE = 1_000;

/** Sorts slices, then merges them by twos. `pause` lets others work. */
export async function sortSlowly(
  texts: readonly string[],
  pause: () => Promise<void>,
): Promise<string[]> {
  let runs: string[][] = [];
  for (let i = 0; i < texts.length; i += SLICE) {
    runs.push(texts.slice(i, i + SLICE).sort());
    if (texts.length > SLICE) await pause();
  }
  while (runs.length > 1) {
    const merged: string[][] = [];
    for (let i = 0; i < runs.length; i += 2) {
      merged.push(await mergeSlowly(runs[i]!, runs[i + 1] ?? [], pause));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

/** Both are sorted, and so is what comes out. */
export async function mergeSlowly(
  a: string[],
  b: string[],
  pause: () => Promise<void>,
): Promise<string[]> {
  if (b.length === 0) return a;
  const merged: string[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const isFirst = j >= b.length || (i < a.length && a[i]! < b[j]!);
    merged.push(isFirst ? a[i++]! : b[j++]!);
    if (merged.length % SLICE === 0) await pause();
  }
  return merged;
}

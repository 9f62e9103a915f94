/**
 * Which reads of a subscription belong together. Later ones are greater, also those of a
 * subscription of the same name that came later, or that left memory while an answer was still on
 * its way: so the numbers are the process's, and never kept.
 */
export type Generation = number;

let newest = 0;

export function newGeneration(): Generation {
  newest += 1;
  return newest;
}

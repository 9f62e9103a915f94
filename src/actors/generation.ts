/**
 * Which reads of a subscription belong together: unlike any other generation, also of a
 * subscription of the same name that came later, or that left memory while an answer was still on
 * its way.
 */
export type Generation = symbol;

export function newGeneration(): Generation {
  return Symbol('reads');
}

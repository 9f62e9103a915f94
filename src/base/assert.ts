/**
 * Assertions that stay on in production: a broken invariant stops the step that found it
 * before a wrong fact is persisted or sent.
 */

/** Thrown when the program contradicts itself. Never caught to be ignored. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** States what must hold here; `what` names the fact, not the symptom. */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new AssertionError(what);
}

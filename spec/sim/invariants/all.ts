/** Every promise that a world is held to. */
import { Contents } from './contents.ts';
import type { Invariant } from './invariant.ts';
import { Soundness } from './soundness.ts';

export function allInvariants(): Invariant[] {
  return [new Soundness(), new Contents()];
}

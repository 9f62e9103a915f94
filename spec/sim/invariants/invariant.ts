/** A promise of the broker, checked by who sees nothing but its door and its disk. */
import type { Observation } from '../observe/observation.ts';
import type { World } from '../world.ts';

/** Says what was broken; the first time counts. */
export type Fail = (what: string) => void;

export interface Invariant {
  /** The promise, as a sentence. */
  readonly name: string;
  see(seen: Observation, fail: Fail): void;
  /** Now and then: once a simulated second. */
  look?(world: World, fail: Fail): void;
  /** In calm: whether all that must get done is done. */
  isSatisfied?(world: World): boolean;
  /** Looks at the disk as a start would find it now. */
  inspect?(world: World, fail: Fail): Promise<void>;
  /** Everything has come to rest, and all is well. */
  end?(world: World, fail: Fail): void;
  /** It also sees what happens to topics that are not stored. */
  readonly seesPassing?: boolean;
  /** It also sees every frame, beside what it means. */
  readonly seesFrames?: boolean;
  /** How much there was to check, so that nobody takes silence for proof. */
  readonly checks: number;
}

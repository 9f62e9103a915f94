/** The broker never contradicts itself, and never stumbles over what a client says. */
import type { Observation } from '../observe/observation.ts';
import type { Fail, Invariant } from './invariant.ts';

/** What the broker may log as an error when the disk fails it. */
const DISK_TROUBLE = new RegExp(
  [
    'journal failed',
    'does not open',
    'cannot be read',
    'checkpoint failed',
    'could not be saved',
    'did not reach',
    'search by time failed',
  ].join('|'),
);
/** The disk's own words, wherever they surface. */
const DISK_SAYS = new RegExp(
  [
    'No space left',
    'of disk left',
    'the disk says',
    'the write before this one failed',
    'is closed',
    // Damage, by the names that the storage has for it.
    'fails its checksum',
    'is missing',
    'it lacks the entries',
    'its header is cut short',
    'it says that it is record',
    'its format is',
  ].join('|'),
);
/** What only a mistake in the program says. */
const BUG = /AssertionError|TypeError|RangeError|ReferenceError/;

export class Soundness implements Invariant {
  readonly name = 'no actor contradicts itself and no session stumbles';
  readonly seesPassing = true;
  checks = 0;

  see(seen: Observation, fail: Fail): void {
    if (seen.type !== 'log' || seen.level !== 'error') return;
    this.checks += 1;
    const isExplained = DISK_TROUBLE.test(seen.message) || DISK_SAYS.test(seen.detail);
    if (!isExplained || BUG.test(seen.detail)) {
      fail(`the log says: ${seen.message} ${seen.detail}`);
    }
  }
}

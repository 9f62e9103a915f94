/** A storage of which a spec does some of the reading. */
import type { Entries } from '../../src/storage/entries.ts';
import type { Storage } from '../../src/storage/storage.ts';

/** A storage that reads entries in another way. */
export function replaceEntries(storage: Storage, other: Partial<Entries>): Storage {
  const { journal, state, entries, scratch } = storage;
  return {
    journal,
    state,
    failed: storage.failed,
    scratch,
    get isShort() {
      return storage.isShort;
    },
    stats: () => storage.stats(),
    close: () => storage.close(),
    entries: {
      cached: (...request) => entries.cached(...request),
      arrival: (...request) => entries.arrival(...request),
      read: (...request) => entries.read(...request),
      pick: (...request) => entries.pick(...request),
      settle: (kept) => entries.settle(kept),
      usage: (topicId) => entries.usage(topicId),
      due: (...request) => entries.due(...request),
      ...other,
    },
  };
}

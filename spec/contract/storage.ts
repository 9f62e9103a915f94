/** What every implementation of the storage ports promises; each runs it on its own disk. */
import { afterEach, beforeEach, describe } from 'vitest';
import { dueContract } from './storage-due.ts';
import { entriesContract } from './storage-entries.ts';
import { journalContract } from './storage-journal.ts';
import { picksContract } from './storage-picks.ts';
import { Rig, type StorageUnderTest } from './storage-rig.ts';
import { scratchContract } from './storage-scratch.ts';
import { stateContract } from './storage-state.ts';

export function storageContract(name: string, prepare: () => Promise<StorageUnderTest>): void {
  describe(`${name} keeps the promises of the storage ports`, () => {
    const rig = new Rig();

    beforeEach(async () => rig.begin(await prepare()));

    afterEach(() => rig.end());

    journalContract(rig);
    entriesContract(rig);
    picksContract(rig);
    dueContract(rig);
    stateContract(rig);
    scratchContract(rig);
  });
}

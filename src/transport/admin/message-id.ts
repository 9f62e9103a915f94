/** Pulsar's MessageId document. */
import type { Position } from '../../base/position.ts';

/** Entry -1 stands before the first one of a ledger. */
export function messageId({ ledgerId, entryId }: Position, partitionIndex = -1) {
  return { ledgerId, entryId, partitionIndex, batchIndex: -1, batchSize: 0 };
}

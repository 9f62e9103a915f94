/**
 * A place inside a batch, as REST names it. The entry is read for the size of its batch; what
 * cannot be read is taken as a whole, as Pulsar does.
 */
import type { SeekTarget } from '../../actors/subscription/commands.ts';
import type { StoredEntry } from '../../actors/topic/commands.ts';
import type { Position } from '../../base/position.ts';
import type { TopicName } from '../../base/topic-name.ts';
import { readEntryMetadata } from '../../wire/metadata.ts';
import type { AdminContext } from './call.ts';

/** Where a cursor is to stand: at the entry or, `excluded`, behind it. */
export interface Place {
  readonly target: SeekTarget;
  readonly excluded: boolean;
}

/** From the message at `batchIndex` on, or from the one behind it. */
export async function placeInBatch(
  context: AdminContext,
  name: TopicName,
  position: Position,
  batchIndex: number,
  excluded: boolean,
): Promise<Place> {
  const count = await batchSize(context, name, position);
  const from = excluded ? batchIndex + 1 : batchIndex;
  if (from >= count) return { target: { kind: 'position', position }, excluded };
  const ackSet = from === 0 ? {} : { ackSet: indexesFrom(from, count) };
  return { target: { kind: 'position', position, ...ackSet }, excluded: false };
}

/** 0 where there is no such entry, 1 where it is a single message. */
async function batchSize(
  { broker }: AdminContext,
  name: TopicName,
  position: Position,
): Promise<number> {
  try {
    const { entry } = await broker.ask<StoredEntry>(broker.topic(name).id, (reply) => ({
      type: 'read-entry',
      reply,
      choice: { kind: 'id', position },
    }));
    return readEntryMetadata(entry, 0, entry.length).numMessages;
  } catch {
    return 0;
  }
}

/** Words in which the bits of [from, count) are set: those are still wanted. */
function indexesFrom(from: number, count: number): readonly bigint[] {
  const words = Array.from({ length: Math.ceil(count / 64) }, () => 0n);
  for (let i = from; i < count; i++) words[i >> 6]! |= 1n << BigInt(i & 63);
  return words;
}

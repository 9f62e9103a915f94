/** Since when a backlog waits: the publish time of its first entry, which is read for it. */
import type { StoredEntry } from '../../actors/topic/commands.ts';
import type { TopicName } from '../../base/topic-name.ts';
import { readEntryMetadata } from '../../wire/metadata.ts';
import type { AdminContext } from './call.ts';

/** What Pulsar says of a subscription that has no backlog. */
const NO_BACKLOG = -1;

/** Publish times in ms, by subscription; -1 for one without backlog. */
export async function earliestTimes(
  context: AdminContext,
  name: TopicName,
  subscriptions: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const times = new Map<string, number>();
  for (const one of subscriptions) times.set(one, await earliestTime(context, name, one));
  return times;
}

async function earliestTime(
  { broker }: AdminContext,
  name: TopicName,
  subscription: string,
): Promise<number> {
  const actor = broker.subscriptionActor(name, subscription);
  if (actor === undefined) return NO_BACKLOG;
  try {
    const number = 1;
    const { entry } = await broker.ask<StoredEntry>(actor, (reply) => {
      return { type: 'peek', reply, number };
    });
    return readEntryMetadata(entry, 0, entry.length).publishTimeMs;
  } catch {
    return NO_BACKLOG;
  }
}

/** The earliest of several, 0 where nobody has a backlog. */
export function earliestOf(times: Iterable<number>): number {
  let earliest = 0;
  for (const time of times) if (time > 0 && (earliest === 0 || time < earliest)) earliest = time;
  return earliest;
}

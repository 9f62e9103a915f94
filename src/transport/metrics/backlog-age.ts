/** How old the oldest message of a topic's backlog is, as far as the broker knows by itself. */
import type { CursorView, TopicView } from '../../actors/views.ts';

export interface OldestBacklog {
  /** -1 where it is not known, as in Pulsar. */
  readonly ageSeconds: number;
  /** The subscription that holds it. */
  readonly subscription: string | undefined;
}

type Held = readonly [
  subscription: string,
  cursor: Pick<CursorView, 'backlogEntries' | 'markDelete'> | undefined,
];

/** Where there is no backlog, or nothing is known of it. */
export const UNKNOWN_AGE: OldestBacklog = { ageSeconds: -1, subscription: undefined };

/**
 * Where messages are read for it (preciseTimeBasedBacklogQuotaCheck) that is what the topic has
 * found; else it is the time when the ledger was closed that the slowest subscription is in.
 */
export function oldestBacklog(
  view: TopicView,
  cursors: readonly Held[],
  isPrecise: boolean,
  nowMs: number,
): OldestBacklog {
  const found = isPrecise ? view.oldest : oldestLedger(view, cursors);
  if (found === undefined) return UNKNOWN_AGE;
  const ageSeconds = Math.max(0, Math.floor((nowMs - found.atMs) / 1_000));
  return { ageSeconds, subscription: found.subscription };
}

function oldestLedger({ ledgers }: TopicView, cursors: readonly Held[]): TopicView['oldest'] {
  let slowest: { readonly at: number; readonly subscription: string } | undefined;
  for (const [subscription, cursor] of cursors) {
    if (cursor === undefined || cursor.backlogEntries === 0) continue;
    const { ledgerId, entryId } = cursor.markDelete;
    const own = ledgers.findIndex((ledger) => ledger.ledgerId === ledgerId);
    // Its last entry done with, the cursor stands before the next ledger.
    const at = entryId + 1 < (ledgers[own]?.entries ?? 0) ? own : own + 1;
    if (slowest === undefined || at < slowest.at) slowest = { at, subscription };
  }
  if (slowest === undefined) return undefined;
  const atMs = ledgers[slowest.at + 1]?.openedAtMs;
  return atMs === undefined ? undefined : { atMs, subscription: slowest.subscription };
}

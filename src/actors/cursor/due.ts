/** What has become due, for its subscription: the time index's answer without what is done with. */
import type { TopicExposed } from '../exposed.ts';
import { subscriptionActor } from '../names.ts';
import { Decision } from '../runtime/behaviour.ts';
import type { CameDue } from '../subscription/commands.ts';
import type { DueFound, FindDue } from './commands.ts';
import { type CursorState, isOpen } from './state.ts';

export function findDue(request: FindDue, { progress }: TopicExposed): Decision {
  const decision = new Decision();
  const { after, untilMs, limit } = request;
  decision.due({
    topicId: progress.topicId,
    after,
    untilMs,
    limit,
    result: (found): DueFound => ({ type: 'due-found', request, found }),
  });
  return decision;
}

export function dueFound(state: CursorState, { request, found }: DueFound): Decision {
  const decision = new Decision();
  const { untilMs, limit, generation } = request;
  const due = found.filter(({ atMs }) => atMs <= untilMs);
  // A full answer may be followed by more that is due; else its last one is what comes next.
  const last = found.at(-1);
  const isFull = due.length === limit && last !== undefined;
  const mail: CameDue = {
    type: 'came-due',
    generation,
    offsets: due.map(({ offset }) => offset).filter((offset) => isOpen(state, offset)),
    taken: isFull ? last : { atMs: untilMs, offset: Number.POSITIVE_INFINITY },
    nextAtMs: last !== undefined && (isFull || last.atMs > untilMs) ? last.atMs : NEVER_MS,
  };
  decision.tell(subscriptionActor(state.topicId, state.name), mail);
  return decision;
}

const NEVER_MS = Number.POSITIVE_INFINITY;

/** The cursor as the runtime sees it. */
import { subscriptionActor } from '../names.ts';
import { type Behaviour, Decision } from '../runtime/behaviour.ts';
import type { CursorCommand } from './commands.ts';
import { decideCursor } from './decide.ts';
import { type CursorEvent, evolveCursor } from './evolve.ts';
import { exposeCursor } from './expose.ts';
import { type CursorState, initialCursor, restoreCursor, snapshotCursor } from './state.ts';

export const cursorBehaviour: Behaviour<CursorState, CursorCommand, CursorEvent> = {
  kind: 'cursor',
  initial: initialCursor,
  decide: decideCursor,
  evolve: evolveCursor,
  phase: (state) => (state.deleted ? 'deleted' : 'open'),
  exists: (state) => state.exists && state.durable,
  idle: (state) => state.live.waiting === undefined && (state.durable || !state.exists),
  snapshot: snapshotCursor,
  restore: restoreCursor,
  recovered: () => undefined,
  expose: exposeCursor,
  turnOf: ({ topic }) => topic,
  abandon,
};

/** The read that its subscription waits for is forgotten, so the consumers start over. */
function abandon({ exists, topicId, name }: CursorState): Decision {
  const decision = new Decision();
  if (exists) decision.tell(subscriptionActor(topicId, name), { type: 'close-consumers' });
  return decision;
}

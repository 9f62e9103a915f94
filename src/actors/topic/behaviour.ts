/** The topic as the runtime sees it. */

import { cursorActor, subscriptionActor } from '../names.ts';
import { type Behaviour, Decision } from '../runtime/behaviour.ts';
import type { Configured } from '../settings.ts';
import { decideTopic, type TopicMail } from './decide.ts';
import { topicDueAtMs } from './duties.ts';
import type { TopicEvent } from './events.ts';
import { evolveTopic } from './evolve.ts';
import { exposeTopic } from './expose.ts';
import type { TopicOptions } from './options.ts';
import {
  attachedProducers,
  initialTopic,
  restoreTopic,
  snapshotTopic,
  type TopicState,
} from './state.ts';
import { heldBackFrom } from './transactions.ts';

export function topicBehaviour(
  options: Configured<TopicOptions>,
): Behaviour<TopicState, TopicMail, TopicEvent> {
  return {
    kind: 'topic',
    initial: initialTopic,
    decide: (state, command, facts) => decideTopic(state, command, facts, options.now(facts)),
    evolve: evolveTopic,
    phase: (state) => {
      if (state.deleted) return 'deleted';
      return state.progress.terminated ? 'terminated' : 'open';
    },
    exists: (state) => state.exists,
    dueAtMs: (state, facts, away) => topicDueAtMs(state, facts, options.now(facts), away),
    idle,
    snapshot: snapshotTopic,
    restore: restoreTopic,
    recovered: (state) => {
      state.progress.end = state.next;
      state.progress.readable = heldBackFrom(state);
      for (const entry of state.subscriptions.values()) entry.acked = undefined;
    },
    topicOf: ({ name }) => name,
    expose: (state) => (state.exists ? exposeTopic(state) : undefined),
    abandon,
  };
}

/**
 * Of a non-persistent topic, or a non-durable subscription, no snapshot is kept. A topic whose
 * consumers have no permits just now is used like any other, and so is one whose producer was
 * fenced and has not noticed: it is told when it publishes next.
 */
function idle(state: TopicState, isUsed: (actor: string) => boolean): boolean {
  const { live, subscriptions, run, exists, isPersistent, progress } = state;
  if (exists && !isPersistent) return false;
  const { producers, waiting, fencedOut, readers } = live;
  if (producers.size + waiting.length + fencedOut.size + readers.size > 0) return false;
  if (run !== undefined) return false;
  for (const [name, { durable }] of subscriptions) {
    if (!durable || isUsed(subscriptionActor(progress.topicId, name))) return false;
  }
  return true;
}

/** Consumers are closed too: the topic forgets who waits for entries, and its readers. */
function abandon(state: TopicState): Decision {
  const decision = new Decision();
  const { progress, subscriptions } = state;
  for (const [name, { durable }] of subscriptions) {
    decision.tell(subscriptionActor(progress.topicId, name), { type: 'close-consumers' });
    if (!durable && state.isPersistent)
      decision.tell(cursorActor(progress.topicId, name), { type: 'drop' });
  }
  for (const { recipient, producerId } of attachedProducers(state)) {
    decision.send(recipient, { type: 'producer-closed', producerId });
  }
  return decision;
}

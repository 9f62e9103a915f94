/** How a topic goes, and what it takes with it. */
import { forgetBelongings } from '../farewell.ts';
import { cursorActor, subscriptionActor } from '../names.ts';
import type { Decision, Facts } from '../runtime/behaviour.ts';
import { forgetCompacted } from './compaction.ts';
import { announce } from './listed.ts';
import type { TopicOptions } from './options.ts';
import type { TopicState } from './state.ts';

/** Its messages, its subscriptions, schemas and policies go, and watchers are told. */
export function vanish(
  state: TopicState,
  decision: Decision,
  facts: Facts,
  options: TopicOptions,
): void {
  leaveNothing(state, decision);
  forgetBelongings(state.name, decision, facts);
  announce(state, decision, options, false);
}

/** All but schemas and policies, which outlive a non-persistent topic that is only unloaded. */
export function leaveNothing(state: TopicState, decision: Decision): void {
  const { isPersistent, next, progress, subscriptions } = state;
  const { topicId } = progress;
  for (const name of subscriptions.keys()) {
    decision.tell(subscriptionActor(topicId, name), { type: 'drop' });
    if (isPersistent) decision.tell(cursorActor(topicId, name), { type: 'drop' });
  }
  forgetCompacted(state, decision);
  const gone = { type: 'deleted', data: {} };
  decision.put(isPersistent ? { ...gone, trim: { topicId, before: next } } : gone, isPersistent);
}

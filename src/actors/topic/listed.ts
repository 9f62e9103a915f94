/** Whoever watches the topics of a namespace hears of this one, once it is durable. */
import type { Decision } from '../runtime/behaviour.ts';
import type { TopicOptions } from './options.ts';
import type { TopicState } from './state.ts';

export function announce(
  { name }: TopicState,
  decision: Decision,
  { lists }: TopicOptions,
  exists: boolean,
): void {
  if (lists !== undefined) decision.reply(lists, { type: 'topic-listed', topic: name, exists });
}

/**
 * Whoever watches the topics of a namespace hears of this one, once it is durable; of a
 * non-persistent one nobody hears, as with Pulsar.
 */
import type { Decision } from '../runtime/behaviour.ts';
import type { TopicOptions } from './options.ts';
import type { TopicState } from './state.ts';

export function announce(
  { name, isPersistent }: TopicState,
  decision: Decision,
  { lists }: TopicOptions,
  exists: boolean,
): void {
  if (lists === undefined || !isPersistent) return;
  decision.reply(lists, { type: 'topic-listed', topic: name, exists });
}

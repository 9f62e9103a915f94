/** What a topic that goes takes with it besides its messages. */
import { parseTopicName } from '../../base/topic-name.ts';
import { schemaActor } from '../names.ts';
import type { Decision, Facts } from '../runtime/behaviour.ts';
import type { TopicState } from './state.ts';

/** Schemas go with their topic; those of partitions belong to the partitioned topic. */
export function forgetSchemas(state: TopicState, decision: Decision, facts: Facts): void {
  const name = parseTopicName(state.name);
  const actor = schemaActor(name);
  if (name.partition >= 0 || facts.exposed(actor) === undefined) return;
  decision.tell(actor, { type: 'forget' });
}

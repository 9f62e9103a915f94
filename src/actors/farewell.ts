/** What a topic that goes takes with it besides its messages. */
import { parseTopicName } from '../base/topic-name.ts';
import { schemaActor, topicPoliciesActor } from './names.ts';
import type { Decision, Facts } from './runtime/behaviour.ts';

/** Schemas and policies; those of partitions belong to the partitioned topic. */
export function forgetBelongings(topic: string, decision: Decision, facts: Facts): void {
  const name = parseTopicName(topic);
  if (name.partition >= 0) return;
  for (const actor of [schemaActor(name), topicPoliciesActor(topic)]) {
    if (facts.exposed(actor) !== undefined) decision.tell(actor, { type: 'forget' });
  }
}

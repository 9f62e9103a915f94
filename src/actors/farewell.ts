/** What a topic that goes takes with it besides its messages. */
import { parseTopicName } from '../base/topic-name.ts';
import { namespaceActor, schemaActor, topicPoliciesActor } from './names.ts';
import type { NamespaceAccess } from './namespace/access.ts';
import type { Decision, Facts } from './runtime/behaviour.ts';

/** Grants, schemas and policies; the latter two of partitions belong to the partitioned topic. */
export function forgetBelongings(topic: string, decision: Decision, facts: Facts): void {
  const name = parseTopicName(topic);
  const namespace = namespaceActor(name.namespace);
  const { topicGrants = {} } = (facts.exposed(namespace) ?? {}) as NamespaceAccess;
  if (Object.hasOwn(topicGrants, topic)) decision.tell(namespace, { type: 'topic-gone', topic });
  if (name.partition >= 0) return;
  for (const actor of [schemaActor(name), topicPoliciesActor(topic)]) {
    if (facts.exposed(actor) !== undefined) decision.tell(actor, { type: 'forget' });
  }
}

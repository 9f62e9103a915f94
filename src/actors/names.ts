/** Identities of actors. */
import { parseTopicName, type TopicName } from '../base/topic-name.ts';

export const topicActor = (full: string): string => `topic:${full}`;
export const partitionedActor = (base: string): string => `partitioned:${base}`;
export const namespaceActor = (namespace: string): string => `namespace:${namespace}`;
export const tenantActor = (tenant: string): string => `tenant:${tenant}`;
export const resourceGroupActor = (group: string): string => `resource-group:${group}`;
/** There is one: what was changed of the broker's configuration. */
export const settingsActor = 'settings:broker';
export const clusterRulesActor = (cluster: string): string => `cluster-rules:${cluster}`;
export const clusterActor = (cluster: string): string => `cluster:${cluster}`;
/** One for a topic and all its partitions; `full` may be the name of any of them. */
export const topicPoliciesActor = (full: string): string =>
  `topic-policies:${parseTopicName(full).base}`;
/** One for a topic and all its partitions. */
export const schemaActor = ({ base }: TopicName): string =>
  `schema:${base.slice(base.indexOf('://') + 3)}`;
export const subscriptionActor = (topicId: number, name: string): string =>
  `subscription:${topicId}/${name}`;
export const cursorActor = (topicId: number, name: string): string => `cursor:${topicId}/${name}`;

/** Of the transactions whose ids have this number in front. */
export const coordinatorActor = (id: number): string => `transaction-coordinator:${id}`;

/** The subscription that keeps what is not compacted yet: Pulsar's name for it. */
export const COMPACTION_SUBSCRIPTION = '__compaction';

/** The kind of an actor, which chooses its behaviour. */
export function kindOf(actor: string): string {
  return actor.slice(0, actor.indexOf(':'));
}

/** What follows the kind. */
export function keyOf(actor: string): string {
  return actor.slice(actor.indexOf(':') + 1);
}

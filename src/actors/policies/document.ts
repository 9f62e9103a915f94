/**
 * The policies that a topic has of its own: of its base name, so that they hold for all its
 * partitions. Two sets, since what holds in all clusters (`isGlobal`) and what holds in this one
 * are set apart.
 */
import { partitionName } from '../../base/topic-name.ts';
import type { PartitionedTopicInfo } from '../broker.ts';
import { changed } from '../change.ts';
import { keyOf, partitionedActor, topicActor } from '../names.ts';
import { type Behaviour, Decision, type Facts } from '../runtime/behaviour.ts';
import type { ReplyTo } from '../topic/commands.ts';
import type { PolicyChange, SetPolicies } from './values.ts';

export interface TopicPolicies {
  readonly local: SetPolicies;
  readonly global: SetPolicies;
}

export type PolicyScope = keyof TopicPolicies;

export type TopicPoliciesCommand =
  | {
      readonly type: 'change';
      readonly reply: ReplyTo;
      readonly scope: PolicyScope;
      readonly change: PolicyChange;
    }
  /** The topic goes, and its policies with it. */
  | { readonly type: 'forget'; readonly reply?: ReplyTo };

type TopicPoliciesEvent =
  | {
      readonly type: 'changed';
      readonly data: { readonly scope: PolicyScope; readonly policies: SetPolicies };
    }
  | { readonly type: 'forgotten'; readonly data: Record<string, never> };

interface TopicPoliciesState {
  /** Full base name. */
  readonly topic: string;
  /** Undefined where none is set. */
  readonly policies: TopicPolicies | undefined;
}

export const topicPoliciesBehaviour: Behaviour<
  TopicPoliciesState,
  TopicPoliciesCommand,
  TopicPoliciesEvent
> = {
  kind: 'topic-policies',
  initial: (actor) => ({ topic: keyOf(actor), policies: undefined }),
  decide,
  evolve: (state, event) =>
    event.type === 'forgotten'
      ? { ...state, policies: undefined }
      : { ...state, policies: withSet(state.policies, event.data.scope, event.data.policies) },
  phase: () => 'open',
  exists: ({ policies }) => policies !== undefined,
  idle: () => true,
  snapshot: ({ policies }) => policies,
  restore: (actor, snapshot) => ({
    topic: keyOf(actor),
    policies: Object.freeze(snapshot as TopicPolicies),
  }),
  recovered: () => undefined,
  expose: ({ policies }) => policies,
  abandon: () => new Decision(),
};

const NONE: TopicPolicies = Object.freeze({ local: {}, global: {} });

function decide(
  { topic, policies }: TopicPoliciesState,
  command: TopicPoliciesCommand,
  facts: Facts,
): Decision {
  const decision = new Decision();
  if (command.type === 'forget') {
    if (policies !== undefined) decision.record({ type: 'forgotten', data: {} });
    review(topic, decision, facts);
    return command.reply === undefined ? decision : decision.answer(command.reply);
  }
  const exists =
    facts.exposed(topicActor(topic)) ?? facts.exposed(partitionedActor(topic)) !== undefined;
  if (!exists) {
    return decision.refuse(command.reply, 'topic-not-found', `Topic ${topic} not found`);
  }
  const { scope, change } = command;
  const set = changed((policies ?? NONE)[scope], change);
  decision.record({ type: 'changed', data: { scope, policies: set } });
  review(topic, decision, facts);
  return decision.answer(command.reply);
}

/** Topics that are not in memory would learn of it when they are due as it was before. */
function review(topic: string, decision: Decision, facts: Facts): void {
  const whole = facts.exposed(partitionedActor(topic)) as PartitionedTopicInfo | undefined;
  const count = whole?.partitions ?? 0;
  const names = Array.from({ length: count }, (_, index) => partitionName(topic, index));
  for (const name of whole === undefined ? [topic] : names) {
    decision.tell(topicActor(name), { type: 'due' });
  }
}

function withSet(
  policies: TopicPolicies | undefined,
  scope: PolicyScope,
  set: SetPolicies,
): TopicPolicies | undefined {
  const next = Object.freeze({ ...(policies ?? NONE), [scope]: Object.freeze(set) });
  const isEmpty = [next.local, next.global].every((one) => Object.keys(one).length === 0);
  return isEmpty ? undefined : next;
}

/** The policies that count for a topic, and what it does when they change. */
import type { PolicyValues } from '../policies/values.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import { promote } from './access.ts';
import { keepForThreshold } from './compaction.ts';
import type { TopicOptions } from './options.ts';
import { applyDispatchRate, applyPublishRate } from './pacing.ts';
import { closeProducers } from './producers.ts';
import { notEncrypting } from './refusals.ts';
import { trim } from './retention.ts';
import { attachedProducers, type TopicState } from './state.ts';

export function policiesOf(
  state: TopicState,
  facts: Pick<Facts, 'exposed'>,
  { policies }: TopicOptions,
): PolicyValues {
  return policies.of(state.live, state.name, facts);
}

/** Looks at everything that a policy may have changed. Most of them count at the next command. */
export function applyPolicies(state: TopicState, facts: Facts, options: TopicOptions): Decision {
  const decision = new Decision();
  if (!state.exists) return decision;
  trim(state, decision, facts, options);
  if (policiesOf(state, facts, options).encryptionRequired) {
    closeUnencrypted(state, decision, facts, options);
  }
  applyPublishRate(state, decision, facts, options);
  applyDispatchRate(state, decision, facts, options);
  keepForThreshold(state, decision, facts, options);
  return decision;
}

/** Producers that do not encrypt are let go; one that tries again is refused. */
function closeUnencrypted(
  state: TopicState,
  decision: Decision,
  facts: Facts,
  options: TopicOptions,
): void {
  const plain = attachedProducers(state).filter(({ encrypts }) => !encrypts);
  closeProducers(state, decision, facts, notEncrypting(state.name), plain);
  const isFree = [...state.live.producers.values()].every(({ encrypts }) => !encrypts);
  if (isFree) promote(state, decision, facts, options, plain);
}

/** The new policies are looked up again, then applied. */
export function policiesChanged(): Decision {
  const decision = new Decision();
  decision.change({ type: 'policies-changed', data: {} });
  decision.again = { type: 'apply-policies' };
  return decision;
}

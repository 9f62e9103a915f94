/**
 * Who is active where only one may receive. Sorted by priority, then name, the candidates are those
 * of the best priority; a partition takes them by its index, a plain topic by a ring of their names
 * (protocol section 5.2).
 *
 * There may be thousands, and when a client ends all of its consumers leave one by one: those of a
 * partition are kept in order, and on a ring whoever comes is compared with the active one alone.
 */
import { parseTopicName } from '../../base/topic-name.ts';
import type { SubscriptionType } from './commands.ts';
import type { SubscriptionOptions } from './options.ts';
import { Ranking } from './ranking.ts';
import type { Consumer } from './state.ts';

/** How the active one is chosen. */
type Rule = 'first' | 'ring' | { readonly partition: number };

export function ruleOf(
  topic: string,
  type: 'Exclusive' | 'Failover',
  { failoverByRing }: SubscriptionOptions,
): Rule {
  if (type === 'Exclusive') return 'first';
  const { partition } = parseTopicName(topic);
  return partition < 0 || failoverByRing ? 'ring' : { partition };
}

/** Where consumers are to be kept in order. */
export function rankingFor(
  topic: string,
  type: SubscriptionType,
  options: SubscriptionOptions,
): Ranking | undefined {
  if (type !== 'Failover') return undefined;
  return typeof ruleOf(topic, type, options) === 'object' ? new Ranking() : undefined;
}

/** Who there is, and who of them is active. */
interface Candidates {
  readonly consumers: ReadonlyMap<number, Consumer>;
  readonly ranking: Ranking | undefined;
  readonly active: number | undefined;
}

/** Who is active once one more has joined. */
export function activeWith(rule: Rule, candidates: Candidates, joiner: Consumer): Consumer {
  const { consumers, ranking } = candidates;
  if (typeof rule === 'object') return ranking?.nthWith(joiner, rule.partition) ?? joiner;
  const active = activeOf(candidates);
  if (active === undefined) return choose(rule, [...consumers.values(), joiner]);
  return rule === 'first' ? active : nearer(active, joiner);
}

/** The same once these have left, and others are left. */
export function activeWithout(
  rule: Rule,
  candidates: Candidates,
  leavers: ReadonlySet<number>,
): Consumer {
  const { consumers, ranking } = candidates;
  if (typeof rule === 'object') return ranking!.nthWithout(consumers, leavers, rule.partition);
  const active = activeOf(candidates);
  if (active !== undefined && !leavers.has(active.key)) return active;
  return choose(
    rule,
    [...consumers.values()].filter(({ key }) => !leavers.has(key)),
  );
}

function activeOf({ consumers, active }: Candidates): Consumer | undefined {
  return active === undefined ? undefined : consumers.get(active);
}

function choose(rule: 'first' | 'ring', consumers: readonly Consumer[]): Consumer {
  return rule === 'first' ? consumers[0]! : consumers.reduce(nearer);
}

/** Of one point of the ring that two have, the one that comes later by its name is the owner. */
function nearer(one: Consumer, other: Consumer): Consumer {
  if (one.priorityLevel !== other.priorityLevel) {
    return one.priorityLevel < other.priorityLevel ? one : other;
  }
  if (one.ringDistance !== other.ringDistance) {
    return one.ringDistance < other.ringDistance ? one : other;
  }
  return one.name > other.name ? one : other;
}

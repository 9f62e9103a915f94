/**
 * Who is active where only one may receive. Sorted by priority, then name, the candidates are those
 * of the best priority; a partition takes them by its index, a plain topic by a ring of their names
 * (protocol section 5.2).
 *
 * There may be thousands, and when a client ends all of its consumers leave one by one: whoever
 * comes or goes is compared with the active one first, which nearly always says enough.
 */
import { parseTopicName } from '../../base/topic-name.ts';
import type { SubscriptionOptions } from './options.ts';
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

type Consumers = ReadonlyMap<number, Consumer>;

/** Who is active once one more has joined; `active` was the choice among those before. */
export function activeWith(
  rule: Rule,
  consumers: Consumers,
  active: Consumer | undefined,
  joiner: Consumer,
): Consumer {
  if (active === undefined) return choose(rule, [...consumers.values(), joiner]);
  if (rule === 'first') return active;
  if (rule === 'ring') return nearer(active, joiner);
  if (joiner.priorityLevel < active.priorityLevel) return joiner;
  if (joiner.priorityLevel > active.priorityLevel) return active;
  const { partition } = rule;
  const isBehind = joiner.name >= active.name;
  if (isBehind && hasMore(consumers, active.priorityLevel, partition)) return active;
  return choose(rule, [...consumers.values(), joiner]);
}

/** The same once these have left, and others are left. */
export function activeWithout(
  rule: Rule,
  consumers: Consumers,
  active: Consumer | undefined,
  leavers: ReadonlySet<number>,
): Consumer {
  if (active !== undefined && !leavers.has(active.key)) {
    if (rule === 'first' || rule === 'ring') return active;
    if (staysNth(rule.partition, consumers, active, leavers)) return active;
  }
  return choose(
    rule,
    [...consumers.values()].filter(({ key }) => !leavers.has(key)),
  );
}

/** Whether the active one is the `nth` without the leaver, too. Of several nothing is said. */
function staysNth(
  nth: number,
  consumers: Consumers,
  active: Consumer,
  leavers: ReadonlySet<number>,
): boolean {
  const [key = -1] = leavers;
  const leaver = consumers.get(key);
  if (leavers.size > 1 || leaver === undefined) return false;
  if (leaver.priorityLevel > active.priorityLevel) return true;
  return leaver.name > active.name && hasMore(consumers, active.priorityLevel, nth);
}

function hasMore(consumers: Consumers, priorityLevel: number, than: number): boolean {
  let count = 0;
  for (const consumer of consumers.values()) {
    if (consumer.priorityLevel === priorityLevel) count += 1;
    if (count > than) return true;
  }
  return false;
}

function choose(rule: Rule, consumers: readonly Consumer[]): Consumer {
  if (rule === 'first' || consumers.length === 1) return consumers[0]!;
  if (rule === 'ring') return consumers.reduce(nearer);
  const levels = consumers.map(({ priorityLevel }) => priorityLevel);
  const best = levels.reduce((least, level) => Math.min(least, level));
  const candidates = consumers.filter(({ priorityLevel }) => priorityLevel === best);
  return nthByName(candidates, rule.partition % candidates.length);
}

/** Without sorting all of them whenever one comes or goes: there may be thousands. */
function nthByName(consumers: readonly Consumer[], nth: number): Consumer {
  let [among, place] = [consumers, nth];
  while (true) {
    const middle = among[among.length >>> 1]!.name;
    const before = among.filter(({ name }) => name < middle);
    const same = among.filter(({ name }) => name === middle);
    if (place < before.length) among = before;
    else if (place < before.length + same.length) return same[place - before.length]!;
    else {
      among = among.filter(({ name }) => name > middle);
      place -= before.length + same.length;
    }
  }
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

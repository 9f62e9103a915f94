/** A policy is what it was set to, whatever happens to the broker meanwhile. */
import { parseTopicName } from '../../../src/base/topic-name.ts';
import type { Observation } from '../observe/observation.ts';
import type { Fail, Invariant } from './invariant.ts';

/** What a topic's policy may be: the last value that was answered, or one asked for since. */
type Possible = Set<number | undefined>;

export class PolicyValues implements Invariant {
  readonly name = 'a policy is what it was set to last';
  checks = 0;
  readonly #possible = new Map<string, Possible>();
  /** What was possible when somebody began to look, and has become so since. */
  readonly #looks = new Map<number, { readonly topic: string; readonly possible: Possible }>();
  /** Requests under way that set it; and whether several were at the same time. */
  readonly #setting = new Map<string, { count: number; atOnce: boolean }>();

  see(seen: Observation, fail: Fail): void {
    if (seen.type === 'topic-deleted') this.#add(baseOf(seen.topic), undefined);
    if (seen.type === 'administering') {
      const { id, what, policy } = seen.call;
      const topic = baseOf(seen.call.topic);
      if (policy !== undefined) {
        const setting = this.#setting.get(topic) ?? { count: 0, atOnce: false };
        this.#setting.set(topic, setting);
        setting.atOnce = setting.count > 0;
        setting.count += 1;
        this.#add(topic, policy);
      } else if (what === 'look at a policy') {
        this.#looks.set(id, { topic, possible: new Set(this.#of(topic)) });
      }
    } else if (seen.type === 'administered') this.#answered(seen, fail);
  }

  #answered(
    { call, status, value }: Extract<Observation, { type: 'administered' }>,
    fail: Fail,
  ): void {
    const { id, policy } = call;
    const topic = baseOf(call.topic);
    if (policy !== undefined) {
      const setting = this.#setting.get(topic)!;
      setting.count -= 1;
      // Of several at once any may have been the last; one that failed may have been set or not.
      if (status === 204 && !setting.atOnce) this.#possible.set(topic, new Set([policy]));
      return;
    }
    const look = this.#looks.get(id);
    this.#looks.delete(id);
    if (look === undefined || status !== 200) return;
    this.checks += 1;
    const found = typeof value === 'number' ? value : undefined;
    if (look.possible.has(found)) return;
    fail(`${topic} says ${found}, and was told ${[...look.possible].join(' or ')}`);
  }

  #add(topic: string, value: number | undefined): void {
    this.#of(topic).add(value);
    for (const look of this.#looks.values()) if (look.topic === topic) look.possible.add(value);
  }

  #of(topic: string): Possible {
    const possible = this.#possible.get(topic) ?? new Set<number | undefined>([undefined]);
    this.#possible.set(topic, possible);
    return possible;
  }
}

/** The partitions of a topic have its policies. */
function baseOf(topic: string): string {
  return parseTopicName(topic).base;
}

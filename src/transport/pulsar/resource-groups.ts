/**
 * What producers of a resource group's namespaces may send together. A producer is told of its
 * group when it is opened, and again when rates change or its namespace moves; there is nothing to
 * look up by message.
 */
import type { GroupRates } from '../../actors/resource-group/behaviour.ts';
import type { ResourceGroups, SentMeter } from '../../actors/resource-group/door.ts';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Rate } from '../../base/pace.ts';
import { inSlices } from '../../base/slices.ts';
import type { BudgetWaiter } from '../ingress-budget.ts';
import type { Session } from './session.ts';
import { SharedPace } from './shared-pace.ts';

/** One group, as producers see it. */
export class GroupPace {
  readonly pace: SharedPace;
  rates: GroupRates;
  readonly #sent: SentMeter;

  constructor(rates: GroupRates, sent: SentMeter, clock: Clock) {
    this.pace = new SharedPace(rateOf(rates), clock);
    this.rates = rates;
    this.#sent = sent;
  }

  /** As `SharedPace` has it. */
  take(messages: number, bytes: number, waiter: BudgetWaiter): boolean {
    this.#sent.messages += messages;
    this.#sent.bytes += bytes;
    return this.pace.take(messages, bytes, waiter);
  }
}

export class GroupPaces {
  readonly #groups: ResourceGroups;
  readonly #clock: Clock;
  /** Groups that exist and that a producer was opened in. */
  readonly #paces = new Map<string, GroupPace>();

  constructor(groups: ResourceGroups, clock: Clock) {
    this.#groups = groups;
    this.#clock = clock;
  }

  /** Of the group that a namespace is in, if there is one. */
  of(namespace: string): GroupPace | undefined {
    const name = this.#groups.of(namespace);
    const rates = name === undefined ? undefined : this.#groups.get(name)?.rates;
    if (name === undefined || rates === undefined) return undefined;
    let pace = this.#paces.get(name);
    if (pace === undefined) {
      pace = new GroupPace(rates, this.#groups.sent(name), this.#clock);
      this.#paces.set(name, pace);
    }
    return pace;
  }

  /** Producers of all sessions keep to what has changed. The result ends it. */
  follow(sessions: () => Iterable<Session>, log: Log): () => void {
    return this.#groups.watch(() => {
      this.#review();
      const regroup = ({ publishing }: Session) => publishing.regroup();
      inSlices(this.#clock, [...sessions()], regroup).catch((error: unknown) => {
        log.error('producers keep to the rates of a resource group that were', { error });
      });
    });
  }

  #review(): void {
    for (const [name, group] of this.#paces) {
      const rates = this.#groups.get(name)?.rates;
      if (rates === undefined) this.#paces.delete(name);
      else if (rates !== group.rates) {
        group.rates = rates;
        group.pace.setRate(rateOf(rates));
      }
    }
  }
}

function rateOf({ publishRateInMsgs: messages, publishRateInBytes: bytes }: GroupRates): Rate {
  return { messages, bytes, periodMs: 1_000 };
}

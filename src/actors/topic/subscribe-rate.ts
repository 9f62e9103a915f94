/** How often one consumer may subscribe (subscribeThrottlingRatePerConsumer). */
import type { SubscribeRate } from '../policies/values.ts';
import type { Subscribe } from '../subscription/commands.ts';
import { hostOf } from './producers.ts';
import type { TopicState } from './state.ts';

/** Subscribing of one consumer since the period began. */
export interface Subscribing {
  readonly fromMs: number;
  readonly count: number;
}

/** Consumers that are remembered; beyond, the one that came first is forgotten. */
export const MAX_SUBSCRIBERS = 10_000;

/** A consumer is known by its host, its name and its id, as in Pulsar. */
export function subscriberOf({ address, consumerName, consumerId }: Subscribe): string {
  return `${hostOf(address)}/${consumerName}/${consumerId}`;
}

/** What the attempt makes it; undefined when it is one too many. */
export function countSubscribing(
  { live }: TopicState,
  command: Subscribe,
  rate: SubscribeRate,
  nowMs: number,
): Subscribing | undefined {
  const known = live.subscribers.get(subscriberOf(command));
  const isOver = known === undefined || nowMs - known.fromMs >= rate.ratePeriodInSecond * 1_000;
  if (isOver) return { fromMs: nowMs, count: 1 };
  if (known.count >= rate.subscribeThrottlingRatePerConsumer) return undefined;
  return { ...known, count: known.count + 1 };
}

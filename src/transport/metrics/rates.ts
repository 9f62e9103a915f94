/**
 * Rates of topics, producers, subscriptions and consumers: counters read every
 * `statsUpdateFrequencyInSecs`, and what they grew by in between. Only topics in memory are kept,
 * and of them only those that have had traffic.
 */
import type { Broker } from '../../actors/broker.ts';
import type { SubscriptionView } from '../../actors/views.ts';
import type { Cancel, Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { inSlices } from '../../base/slices.ts';
import { parseTopicName } from '../../base/topic-name.ts';
import { SILENT_TOPIC, TopicMeter, type TopicRates } from './meters.ts';

export interface RateSource {
  /** Rates of a topic by its full name; zero until it has been sampled. */
  of(topic: string): TopicRates;
}

export interface RateSampler extends RateSource {
  /** Reads the counters now: what the timer does every interval. */
  sample(): Promise<void>;
  stop(): void;
}

/** Where nothing is sampled. */
export const silentRates: RateSource = { of: () => SILENT_TOPIC };

export interface RateOptions {
  readonly broker: Pick<Broker, 'loadedTopics' | 'topicView' | 'subscriptionView' | 'cursorView'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly intervalMs: number;
}

/** Samples every interval until it is stopped. */
export function startRates({ broker, clock, log, intervalMs }: RateOptions): RateSampler {
  const topics = new Map<string, TopicMeter>();
  let lastPassMs = clock.monotonicMs();
  let pass = 0;
  let cancel: Cancel | undefined;
  let stopped = false;

  const visit = (full: string): void => {
    const name = parseTopicName(full);
    const view = broker.topicView(name);
    if (view === undefined) return;
    const known = topics.get(full);
    const subscriptions = view.subscriptions.flatMap(
      (subscription) => broker.subscriptionView(name, subscription) ?? [],
    );
    const expired = ({ name: each }: SubscriptionView) =>
      broker.cursorView(name, each)?.expired ?? 0;
    const quiet =
      view.in.messages === 0 &&
      view.producers.every((one) => one.dropped === 0) &&
      subscriptions.every((one) => one.out.messages === 0 && expired(one) === 0);
    if (known === undefined && quiet) return;
    const meter = known ?? new TopicMeter(lastPassMs);
    topics.set(full, meter);
    meter.pass = pass;
    meter.update(clock.monotonicMs(), view, subscriptions, expired);
  };

  const walk = async (): Promise<void> => {
    pass += 1;
    const startMs = clock.monotonicMs();
    await inSlices(clock, broker.loadedTopics(), visit);
    await inSlices(clock, topics, ([full, meter]) => {
      if (meter.pass !== pass) topics.delete(full);
    });
    lastPassMs = startMs;
  };

  let walking: Promise<void> | undefined;
  const sample = (): Promise<void> => {
    walking ??= walk().finally(() => {
      walking = undefined;
    });
    return walking;
  };

  const later = (): void => {
    cancel = clock.after(intervalMs, () => {
      sample()
        .catch((error: unknown) => log.warn('sampling rates failed', { error }))
        .finally(() => {
          if (!stopped) later();
        });
    });
  };
  later();

  return {
    of: (topic) => topics.get(topic) ?? SILENT_TOPIC,
    sample,
    stop() {
      stopped = true;
      cancel?.();
    },
  };
}

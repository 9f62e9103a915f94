/**
 * Rates of topics, producers, subscriptions and consumers: counters read every
 * `statsUpdateFrequencyInSecs`, and what they grew by in between. Only topics in memory are kept,
 * and of them only those that have had traffic.
 */
import type { Broker } from '../../actors/broker.ts';
import type { LoadedTopic } from '../../actors/gauges.ts';
import type { Cancel, Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { inSlices } from '../../base/slices.ts';
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
  readonly broker: Pick<Broker, 'loaded'>;
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

  const visit = (loaded: LoadedTopic): void => {
    const { name } = loaded.topic;
    const known = topics.get(name);
    if (known === undefined && isQuiet(loaded)) return;
    const meter = known ?? new TopicMeter(lastPassMs);
    topics.set(name, meter);
    meter.pass = pass;
    meter.update(clock.monotonicMs(), loaded);
  };

  const walk = async (): Promise<void> => {
    pass += 1;
    const startMs = clock.monotonicMs();
    await inSlices(clock, broker.loaded(), visit);
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

/** Nothing has happened that a meter would show. */
function isQuiet({ topic, subscriptions }: LoadedTopic): boolean {
  if (topic.messagesIn > 0) return false;
  for (const { dropped } of topic.producers.values()) if (dropped > 0) return false;
  return subscriptions.every(({ subscription, cursor }) => {
    return subscription.messagesOut === 0 && (cursor?.expired ?? 0) === 0;
  });
}

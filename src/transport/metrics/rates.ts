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
import type { StorageStats } from '../../storage/storage.ts';
import { BrokerMeter, SILENT_TOPIC, TopicMeter, type TopicRates } from './meters.ts';

export interface RateSource {
  /** Rates of a topic by its full name; zero until it has been sampled. */
  of(topic: string): TopicRates;
  readonly broker: BrokerRates;
}

/** Of the broker as a whole. */
export interface BrokerRates {
  /** Reads that the cache of the tail answered a second, and those that went to the disk. */
  readonly cacheHits: number;
  readonly cacheMisses: number;
  /** Of one core. */
  readonly cpuPercent: number;
}

export interface RateSampler extends RateSource {
  /** Reads the counters now: what the timer does every interval. */
  sample(): Promise<void>;
  stop(): void;
}

/** Where nothing is sampled. */
export const silentRates: RateSource = {
  of: () => SILENT_TOPIC,
  broker: { cacheHits: 0, cacheMisses: 0, cpuPercent: 0 },
};

export interface RateOptions {
  readonly broker: Pick<Broker, 'loaded'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly intervalMs: number;
  /** Undefined where nobody asks for rates of the storage. */
  readonly storageStats?: () => Pick<StorageStats, 'cacheHits' | 'cacheMisses'>;
}

/** Samples every interval until it is stopped. */
export function startRates(options: RateOptions): RateSampler {
  const { broker, clock, log, intervalMs } = options;
  const topics = new Map<string, TopicMeter>();
  let lastPassMs = clock.monotonicMs();
  const whole = new BrokerMeter(lastPassMs);
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
    whole.update(startMs, options.storageStats?.() ?? NO_READS);
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
    broker: whole,
    sample,
    stop() {
      stopped = true;
      cancel?.();
    },
  };
}

const NO_READS = { cacheHits: 0, cacheMisses: 0 };

/** Nothing has happened that a meter would show. */
function isQuiet({ topic, subscriptions }: LoadedTopic): boolean {
  if (topic.messagesIn > 0) return false;
  for (const { dropped } of topic.producers.values()) if (dropped > 0) return false;
  return subscriptions.every(({ subscription, cursor }) => {
    return subscription.messagesOut === 0 && (cursor?.expired ?? 0) === 0;
  });
}

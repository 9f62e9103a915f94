/** What actors show of themselves to other actors. */
import type { Pace } from '../base/pace.ts';
import type { CursorGauges, SubscriptionGauges, TopicGauges } from './gauges.ts';
import type { TopicProgress } from './progress.ts';
import type { CursorView, SubscriptionView, Traffic } from './views.ts';

/** What cursors and subscriptions read of their topic, and views show; undefined: no such topic. */
export interface TopicExposed extends TopicGauges {
  readonly progress: TopicProgress;
  /** Offset of the next entry, durable or not. */
  readonly next: number;
  /** The buckets of the topic's dispatch rate, where it has one. */
  readonly dispatchPace: Pace | undefined;
  /** How much is published a second, as rates that are relative to it see it. */
  publishRateAt(nowMs: number): Traffic;
  readonly subscriptions: Pick<ReadonlyMap<string, unknown>, 'has' | 'keys'>;
}

/** Of a subscription; with its cursor it says how many entries are delayed. */
export interface SubscriptionExposed extends SubscriptionGauges {
  readonly replicated: boolean;
  /** Undefined where nothing was passed that is to be delivered later. */
  readonly passed: PassedEntries | undefined;
  view(): Omit<SubscriptionView, 'delayed'>;
}

export interface PassedEntries {
  /** Offset below which all entries were looked at. */
  readonly below: number;
  /** Unacknowledged entries below it that consumers have, or that are to be sent again. */
  readonly held: number;
}

/** What a topic and its views read of a cursor; undefined: no such cursor. */
export interface CursorExposed {
  /** Everything below is acknowledged. */
  readonly acked: number;
  /** Entries below `end` that are not acknowledged. */
  backlog(end: number): number;
  gauges(progress: TopicProgress): CursorGauges;
  view(progress: TopicProgress): CursorView;
}

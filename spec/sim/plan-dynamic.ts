/** What of the configuration an operator changes while the broker runs, and takes back later. */
import { dynamicOptions } from '../../src/base/dynamic-options.ts';
import type { OptionKey } from '../../src/base/options.ts';
import type { Draws } from '../generators/draws.ts';
import type { Operation } from './operator.ts';

export interface SettingPlan {
  readonly key: SettingKey;
  readonly value: string;
  /** When it is changed and taken back, in milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
}

const rate = (least: number, most: number) => (chance: Draws) =>
  String(Math.floor(chance.skewed(least, most)));
const some = (least: number, most: number) => (chance: Draws) =>
  String(chance.between(least, most));
const never = () => 'false';

/** Those whose effect can be seen. What they refuse is tried again until they are taken back. */
const drawn = {
  allowAutoSubscriptionCreation: never,
  allowAutoTopicCreation: never,
  brokerDeleteInactiveTopicsEnabled: never,
  brokerDeleteInactiveTopicsMaxInactiveDurationSeconds: some(1, 6),
  brokerDeleteInactiveTopicsMode: (chance) =>
    chance.of(['delete_when_no_subscriptions', 'delete_when_subscriptions_caught_up']),
  brokerPublisherThrottlingMaxByteRate: rate(5_000, 500_000),
  brokerPublisherThrottlingMaxMessageRate: rate(50, 2_000),
  dispatcherMaxReadBatchSize: some(1, 50),
  dispatcherMaxReadSizeBytes: rate(500, 100_000),
  dispatcherMaxRoundRobinBatchSize: some(1, 30),
  dispatchThrottlingRateInByte: rate(5_000, 500_000),
  dispatchThrottlingRateInMsg: rate(50, 2_000),
  dispatchThrottlingRatePerSubscriptionInByte: rate(500, 50_000),
  dispatchThrottlingRatePerSubscriptionInMsg: rate(5, 300),
  dispatchThrottlingRatePerTopicInByte: rate(500, 50_000),
  dispatchThrottlingRatePerTopicInMsg: rate(5, 300),
  keySharedLookAheadMsgInReplayThresholdPerConsumer: some(1, 50),
  keySharedLookAheadMsgInReplayThresholdPerSubscription: some(1, 50),
  maxNumPartitionsPerPartitionedTopic: some(1, 4),
  maxPublishRatePerTopicInBytes: rate(500, 50_000),
  maxPublishRatePerTopicInMessages: rate(5, 300),
  maxTopicsPerNamespace: some(1, 2),
  subscribeRatePeriodPerConsumerInSecond: some(1, 8),
  subscribeThrottlingRatePerConsumer: some(1, 3),
  subscriptionKeySharedEnable: never,
  subscriptionTypesEnabled: (chance) =>
    chance.of(['Exclusive', 'Shared', 'Exclusive,Failover', 'Shared,Key_Shared']),
} as const satisfies Partial<Record<OptionKey, (chance: Draws) => string>>;

export type SettingKey = keyof typeof drawn;

export const settingKeys = Object.keys(drawn) as SettingKey[];

/** How many worlds have them. */
const CHANGES = 0.12;
const MOST = 3;

/** Each of them once, so that it is clear what it is taken back to. */
export function settingsOf(chance: Draws, ms: number): SettingPlan[] {
  if (!chance.happens(CHANGES)) return [];
  const left = settingKeys.filter((key) => dynamicOptions.includes(key));
  return Array.from({ length: chance.between(1, MOST) }, () => {
    const [key] = left.splice(chance.between(0, left.length - 1), 1) as [SettingKey];
    const fromMs = Math.floor(chance.next() * ms * 0.8);
    const toMs = fromMs + Math.floor(chance.skewed(500, ms));
    return { key, value: drawn[key](chance), fromMs, toMs };
  });
}

/** Where it is changed when unused topics go, there are some. */
export function unusedBeside(
  settings: readonly SettingPlan[],
  chance: Draws,
  ms: number,
): Operation[] {
  if (!settings.some(({ key }) => key.startsWith('brokerDeleteInactiveTopics'))) return [];
  return Array.from({ length: chance.between(2, 5) }, () => ({
    what: 'make a topic for nobody',
    atMs: Math.floor(chance.next() * ms),
    draw: chance.between(0, 2 ** 31),
  }));
}

/** JSON bodies as values of policies, checked as Pulsar checks them, in its words. */
import type {
  AutoTopicCreation,
  BacklogQuota,
  BookieAffinity,
  CompatibilityStrategy,
  DelayedDeliveryPolicy,
  DispatchRate,
  InactiveTopicPolicy,
  PersistencePolicy,
  PublishRate,
  QuotaAction,
  RetentionPolicy,
  SubscribeRate,
} from '../../../actors/policies/values.ts';
import type { SubscriptionType } from '../../../actors/subscription/commands.ts';
import { BrokerError } from '../../../base/errors.ts';
import {
  AUTO_UPDATE_STRATEGIES,
  type AutoUpdateStrategy,
  STRATEGIES,
} from '../../../base/schema-strategies.ts';
import { doubleField, intField, objectOf, stringList, wholeField, wholeOf } from '../body.ts';
import { MAX_INT } from '../call.ts';

/**
 * A whole number from 0 on, by default a Java `int`, which clients could not read back if it were
 * larger; Java reads `null` as 0. `refused`: what is said of one outside.
 */
export function wholeFrom0(refused: string, max = MAX_INT) {
  return (json: unknown): number => {
    const value = json === null ? 0 : wholeOf(json);
    if (value >= 0 && value <= max) return value;
    throw new BrokerError('precondition-failed', refused);
  };
}

const ONE_LIMIT_ZERO =
  'Invalid retention policy: Setting a single time or size limit to 0 is invalid when one of the ' +
  'limits has a non-zero value. Use the value of -1 instead of 0 to ignore a specific limit. To ' +
  'disable retention both limits must be set to 0.';

export function retentionOf(json: unknown): RetentionPolicy {
  const body = objectOf(json);
  const retentionTimeInMinutes = intField(body, 'retentionTimeInMinutes', 0);
  const retentionSizeInMB = wholeField(body, 'retentionSizeInMB', 0);
  const refuse = (reason: string) => new BrokerError('invalid-argument', reason);
  if (retentionTimeInMinutes < -1) {
    throw refuse('Invalid retention policy: time limit must be >= -1');
  }
  if (retentionSizeInMB < -1) throw refuse('Invalid retention policy: size limit must be >= -1');
  if ((retentionTimeInMinutes === 0) !== (retentionSizeInMB === 0)) throw refuse(ONE_LIMIT_ZERO);
  return { retentionTimeInMinutes, retentionSizeInMB };
}

export function persistenceOf(json: unknown): PersistencePolicy {
  const body = objectOf(json);
  const field = (name: string) => intField(body, name, 2);
  const ensemble = field('bookkeeperEnsemble');
  const write = field('bookkeeperWriteQuorum');
  const ack = field('bookkeeperAckQuorum');
  const refuse = (reason: string) => new BrokerError('invalid-argument', reason);
  if (ensemble <= 0 || ensemble > 5) throw refuse('Bookkeeper-Ensemble must be <= 5 and > 0.');
  if (ensemble < write || write < ack) {
    throw refuse(
      `Bookkeeper Ensemble (${ensemble}) >= WriteQuorum (${write}) >= AckQuorum (${ack})`,
    );
  }
  return {
    bookkeeperEnsemble: ensemble,
    bookkeeperWriteQuorum: write,
    bookkeeperAckQuorum: ack,
    managedLedgerMaxMarkDeleteRate: doubleField(body, 'managedLedgerMaxMarkDeleteRate', -1),
  };
}

export function bookieAffinityOf(json: unknown): BookieAffinity {
  const body = objectOf(json);
  const names = ['bookkeeperAffinityGroupPrimary', 'bookkeeperAffinityGroupSecondary'] as const;
  const given = names.flatMap((name) => {
    const group = body[name] ?? undefined;
    if (group === undefined) return [];
    if (typeof group === 'string') return [[name, group] as const];
    throw new BrokerError('invalid-argument', `${name} must be a text`);
  });
  return Object.fromEntries(given);
}

const QUOTA_ACTIONS: readonly unknown[] = [
  'producer_request_hold',
  'producer_exception',
  'consumer_backlog_eviction',
] satisfies QuotaAction[];

/** `limit` is an older name of `limitSize`. Undefined: it does not say what to do. */
export function quotaOf(json: unknown): BacklogQuota | undefined {
  const body = objectOf(json);
  const limitSize = wholeField(body, 'limitSize', wholeField(body, 'limit', 0));
  const limitTime = intField(body, 'limitTime', 0);
  const policy = body['policy'];
  if (!QUOTA_ACTIONS.includes(policy)) return undefined;
  return { limitSize, limitTime, policy: policy as QuotaAction };
}

export function delayedDeliveryOf(json: unknown): DelayedDeliveryPolicy {
  const body = objectOf(json);
  return {
    tickTime: wholeField(body, 'tickTime', 0),
    active: body['active'] === true,
    maxDeliveryDelayInMillis: wholeField(body, 'maxDeliveryDelayInMillis', 0),
  };
}

export function publishRateOf(json: unknown): PublishRate {
  const body = objectOf(json);
  return {
    publishThrottlingRateInMsg: intField(body, 'publishThrottlingRateInMsg', -1),
    publishThrottlingRateInByte: wholeField(body, 'publishThrottlingRateInByte', -1),
  };
}

export function dispatchRateOf(json: unknown): DispatchRate {
  const body = objectOf(json);
  return {
    dispatchThrottlingRateInMsg: intField(body, 'dispatchThrottlingRateInMsg', 0),
    dispatchThrottlingRateInByte: wholeField(body, 'dispatchThrottlingRateInByte', 0),
    relativeToPublishRate: body['relativeToPublishRate'] === true,
    ratePeriodInSecond: intField(body, 'ratePeriodInSecond', 0),
  };
}

export function subscribeRateOf(json: unknown): SubscribeRate {
  const body = objectOf(json);
  return {
    subscribeThrottlingRatePerConsumer: intField(body, 'subscribeThrottlingRatePerConsumer', -1),
    ratePeriodInSecond: intField(body, 'ratePeriodInSecond', 30),
  };
}

export function inactiveTopicsOf(json: unknown): InactiveTopicPolicy {
  const body = objectOf(json);
  const mode = body['inactiveTopicDeleteMode'];
  const isMode =
    mode === 'delete_when_no_subscriptions' || mode === 'delete_when_subscriptions_caught_up';
  return {
    ...(isMode ? { inactiveTopicDeleteMode: mode } : {}),
    maxInactiveDurationSeconds: intField(body, 'maxInactiveDurationSeconds', 0),
    deleteWhileInactive: body['deleteWhileInactive'] === true,
  };
}

const SUBSCRIPTION_TYPES = ['Exclusive', 'Shared', 'Failover', 'Key_Shared'] as const;

/** In the order of Pulsar's enumeration. */
export function subscriptionTypesOf(json: unknown): readonly SubscriptionType[] {
  const asked = stringList(json) ?? [];
  const odd = asked.find((type) => !(SUBSCRIPTION_TYPES as readonly string[]).includes(type));
  if (odd !== undefined) {
    throw new BrokerError('invalid-argument', `${odd} is no type of subscription`);
  }
  return SUBSCRIPTION_TYPES.filter((type) => asked.includes(type));
}

/** Pulsar takes a bare boolean, too. */
export function autoSubscriptionCreationOf(json: unknown) {
  const allowed =
    typeof json === 'boolean' ? json : objectOf(json)['allowAutoSubscriptionCreation'];
  return { allowAutoSubscriptionCreation: allowed === true };
}

/** Checked as Pulsar checks an AutoTopicCreationOverride. Throws `precondition-failed`. */
export function autoTopicCreationOf(json: unknown): AutoTopicCreation {
  const body = objectOf(json);
  const refuse = (detail: string) =>
    new BrokerError(
      'precondition-failed',
      `Invalid configuration for autoTopicCreationOverride. the detail is ${detail}`,
    );
  const topicType = body['topicType'];
  const partitions = body['defaultNumPartitions'] ?? undefined;
  if (body['allowAutoTopicCreation'] !== true) {
    // Not looked at, and shown as it came.
    return {
      allowAutoTopicCreation: false,
      ...(typeof topicType === 'string' ? { topicType } : {}),
      ...(partitions === undefined
        ? {}
        : { defaultNumPartitions: intField(body, 'defaultNumPartitions', 0) }),
    };
  }
  if (topicType === 'partitioned') {
    const count = '[defaultNumPartitions] cannot be';
    if (partitions === undefined) throw refuse(`${count} null when the type is partitioned.`);
    const defaultNumPartitions = intField(body, 'defaultNumPartitions', 0);
    if (defaultNumPartitions < 1) throw refuse(`${count} less than 1 for partition type.`);
    return { allowAutoTopicCreation: true, topicType, defaultNumPartitions };
  }
  if (topicType !== 'non-partitioned') {
    throw refuse(`Unknown topic type [${topicType ?? 'null'}]`);
  }
  if (partitions !== undefined) {
    throw refuse('[defaultNumPartitions] is not allowed to be set when the type is non-partition.');
  }
  return { allowAutoTopicCreation: true, topicType };
}

/** Pulsar takes a name that it does not know for none. Throws `invalid-argument`. */
export function strategyOf(json: unknown): CompatibilityStrategy | undefined {
  if (typeof json !== 'string') throw new BrokerError('invalid-argument', 'A strategy has a name');
  return ['UNDEFINED' as const, ...STRATEGIES].find((strategy) => strategy === json);
}

/** The same by the older names. Throws `invalid-argument`. */
export function autoUpdateStrategyOf(json: unknown): AutoUpdateStrategy | undefined {
  if (typeof json !== 'string') throw new BrokerError('invalid-argument', 'A strategy has a name');
  return Object.hasOwn(AUTO_UPDATE_STRATEGIES, json) ? (json as AutoUpdateStrategy) : undefined;
}

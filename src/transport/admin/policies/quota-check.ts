/** Backlog quotas and retention: what is kept for readers must be more than a backlog may be. */
import type {
  BacklogQuota,
  RetentionPolicy,
  SetPolicies,
} from '../../../actors/policies/values.ts';
import { BrokerError } from '../../../base/errors.ts';

const MIB = 1024 * 1024;
const MINUTE_S = 60;

/** Of a namespace Pulsar compares sizes only. Throws `precondition-failed`. */
export function checkNamespaceQuota(
  quota: BacklogQuota | undefined,
  retention: RetentionPolicy | undefined,
): void {
  if (!isAsLarge(quota, retention)) return;
  throw refusal(`Backlog Quota exceeds configured retention quota for namespace. ${INCREASE}`);
}

/** Throws `precondition-failed`. */
export function checkTopicQuota(
  quota: BacklogQuota | undefined,
  retention: RetentionPolicy | undefined,
): void {
  if (!isAsLarge(quota, retention) && !isAsLong(quota, retention)) return;
  throw refusal(`Backlog Quota exceeds configured retention quota for topic. ${INCREASE}`);
}

/** Throws `precondition-failed`. */
export function checkNamespaceRetention(retention: RetentionPolicy, set: SetPolicies): void {
  if (!isAsLarge(set.storageQuota, retention)) return;
  throw refusal('Retention Quota must exceed configured backlog quota for namespace.');
}

/** `set`: what the topic has, or its namespace. Throws `precondition-failed`. */
export function checkTopicRetention(retention: RetentionPolicy, set: SetPolicies): void {
  const quotas = [set.storageQuota, set.ageQuota];
  if (!quotas.some((one) => isAsLarge(one, retention) || isAsLong(one, retention))) return;
  throw refusal(`Retention Quota must exceed configured backlog quota for topic. ${INCREASE}`);
}

const INCREASE = 'Please increase retention quota and retry';

function isAsLarge(quota: BacklogQuota | undefined, retention: RetentionPolicy | undefined) {
  const { retentionSizeInMB = 0 } = retention ?? {};
  return retentionSizeInMB > 0 && (quota?.limitSize ?? -1) >= retentionSizeInMB * MIB;
}

function isAsLong(quota: BacklogQuota | undefined, retention: RetentionPolicy | undefined) {
  const { retentionTimeInMinutes = 0 } = retention ?? {};
  return (
    retentionTimeInMinutes > 0 && (quota?.limitTime ?? -1) >= retentionTimeInMinutes * MINUTE_S
  );
}

function refusal(reason: string): BrokerError {
  return new BrokerError('precondition-failed', reason);
}

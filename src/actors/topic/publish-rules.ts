/** What single messages are looked at for when they are published; what those that fail hear. */
import type { Refusal } from '../../base/errors.ts';
import { orNone } from '../../base/limits.ts';
import type { DelayedDeliveryPolicy, PolicyValues } from '../policies/values.ts';
import type { Effect } from '../ports.ts';
import type { Facts } from '../runtime/behaviour.ts';
import type { Publish } from './commands.ts';
import type { Producer } from './state.ts';

/** A slice [from, to) of a publish command. */
export interface Slice {
  readonly from: number;
  readonly to: number;
}

export interface PublishRules {
  readonly isDeduplicated: boolean;
  readonly mustBeEncrypted: boolean;
  readonly maxBytes: number;
  readonly maxDelayMs: number;
  /** What is said of a delay beyond that. */
  readonly tooLate: Refusal;
}

/** Undefined: all messages are taken as they come, as nearly all are. */
export function rulesOf(command: Publish, policies: PolicyValues): PublishRules | undefined {
  const { deduplication, encryptionRequired, maxMessageBytes, delayedDelivery } = policies;
  const maxDelayMs = command.dueAtMs === undefined ? 0 : maxDelayOf(delayedDelivery);
  if (!deduplication && !encryptionRequired && maxMessageBytes <= 0 && maxDelayMs === 0) {
    return undefined;
  }
  return {
    isDeduplicated: deduplication,
    mustBeEncrypted: encryptionRequired,
    maxBytes: orNone(maxMessageBytes),
    maxDelayMs: orNone(maxDelayMs),
    tooLate: {
      code: 'not-allowed',
      message: `Exceeds max allowed delivery delay of ${maxDelayMs} milliseconds`,
    },
  };
}

/** Where nothing is stored, nothing is known twice and nothing waits. */
export function passingRulesOf(policies: PolicyValues): PublishRules | undefined {
  const { encryptionRequired, maxMessageBytes } = policies;
  if (!encryptionRequired && maxMessageBytes <= 0) return undefined;
  return {
    isDeduplicated: false,
    mustBeEncrypted: encryptionRequired,
    maxBytes: orNone(maxMessageBytes),
    maxDelayMs: Number.POSITIVE_INFINITY,
    tooLate: TOO_LARGE,
  };
}

/** 0: no limit. */
function maxDelayOf({ active, maxDeliveryDelayInMillis }: DelayedDeliveryPolicy): number {
  return active ? Math.max(0, maxDeliveryDelayInMillis) : 0;
}

/** Why a message may not be taken; undefined when it may. */
export function refusalOf(
  command: Publish,
  i: number,
  rules: PublishRules,
  facts: Facts,
): Refusal | undefined {
  const entry = command.entries[i]!;
  if (rules.mustBeEncrypted && !facts.format.isEncrypted(entry)) return NOT_ENCRYPTED;
  if (entry.length > rules.maxBytes) return TOO_LARGE;
  return isTooLate(command, i, rules.maxDelayMs, facts) ? rules.tooLate : undefined;
}

/** (delayedDeliveryMaxDelayInMillis; counted from the publish time) */
function isTooLate(command: Publish, i: number, maxDelayMs: number, { format }: Facts): boolean {
  const atMs = command.dueAtMs?.[i] ?? 0;
  if (atMs <= 0 || !Number.isFinite(maxDelayMs)) return false;
  return atMs - format.publishTimeMs(command.entries[i]!) > maxDelayMs;
}

export function refused(
  { producerId }: Producer,
  { sequenceIds, highestSequenceIds, entries }: Publish,
  { from, to }: Slice,
  refusal: Refusal,
): Effect {
  const ids = sequenceIds.map((id, i) => highestSequenceIds[i] ?? id);
  return {
    type: 'publish-refused',
    producerId,
    sequenceIds: ids.slice(from, to),
    refusal,
    bytes: bytesOf(entries.slice(from, to)),
  };
}

export function bytesOf(entries: readonly Buffer[]): number {
  let bytes = 0;
  for (const entry of entries) bytes += entry.length;
  return bytes;
}

const NOT_ENCRYPTED: Refusal = { code: 'metadata', message: 'Messages must be encrypted' };
const TOO_LARGE: Refusal = { code: 'not-allowed', message: 'Exceed maximum message size' };

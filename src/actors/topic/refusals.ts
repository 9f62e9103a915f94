/** Why a topic has no place for a producer, or none any more, in Pulsar's words. */
import type { ErrorCode } from '../../base/errors.ts';

/** Pulsar's clients show the exception's name, so refusals carry it. */
export const EXCEPTION = 'org.apache.pulsar.broker.service.BrokerServiceException$';

export type WhyNot = readonly [ErrorCode, string];

export const FENCED: WhyNot = [
  'service-not-ready',
  `${EXCEPTION}TopicFencedException: Topic is temporarily unavailable`,
];

export const TERMINATED: WhyNot = [
  'topic-terminated',
  `${EXCEPTION}TopicTerminatedException: Topic was already terminated`,
];

/** No message can be stored; clients try again until there is room, or give up by themselves. */
export const NO_ROOM: WhyNot = [
  'service-not-ready',
  `${EXCEPTION}ServiceUnitNotReadyException: The disk of the broker is short of room`,
];

/** Of a topic that takes encrypted messages only. */
export function notEncrypting(topic: string): WhyNot {
  return ['metadata', `Encryption is required in ${topic}`];
}

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

/** Of a topic that takes encrypted messages only. */
export function notEncrypting(topic: string): WhyNot {
  return ['metadata', `Encryption is required in ${topic}`];
}

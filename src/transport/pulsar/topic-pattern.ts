/**
 * Patterns by which clients choose topics. They are judged by an engine that takes time in
 * proportion to the name: a stranger's expression must not stop the broker.
 */
import { BrokerError } from '../../base/errors.ts';

/** Pulsar's subscriptionPatternMaxLength: longer ones are left to the client. */
export const MAX_PATTERN_LENGTH = 50;

/** Whether a topic, by its full name, is one of those that are meant. */
export type TopicPattern = (topic: string) => boolean;

/** `a/b/c.*`, which is what names are compared with: the domain counts for nothing. */
export function withoutDomain(pattern: string): string {
  return pattern.replace(/^\^?(?:non-)?persistent:\/\//, '');
}

/**
 * The engine is loaded with the first pattern. Rejects with `invalid-name` what it does not
 * understand: look-around and back references among it.
 */
export async function topicPattern(text: string): Promise<TopicPattern> {
  const { RE2JS } = await import('re2js');
  const wanted = withoutDomain(text);
  let expression: InstanceType<typeof RE2JS>;
  try {
    expression = RE2JS.compile(wanted);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new BrokerError('invalid-name', `Invalid topics pattern: ${why}`);
  }
  return (topic) => {
    const name = topic.slice(topic.indexOf('://') + 3).replace(/-partition-\d+$/, '');
    return expression.matches(name);
  };
}

/** Which topics of a namespace clients get to see, and how many of them. */
import { BrokerError } from '../../base/errors.ts';
import { FRAME_PADDING_BYTES } from '../../base/limits.ts';
import type { Session } from './session.ts';

/** Throws `invalid-name` for what is not `a/b`: a tenant alone would mean all its namespaces. */
export function checkNamespaceName(namespace: string): void {
  if (/^[-=:.\w]+\/[-=:.\w]+$/.test(namespace)) return;
  throw new BrokerError('invalid-name', `Invalid namespace name: ${namespace.slice(0, 200)}`);
}

/** Throws `metadata`: clients refuse frames that are larger than the ones they may send. */
export function checkListSize(session: Session, topics: Iterable<string>): void {
  const limit = session.context.options.maxMessageBytes + FRAME_PADDING_BYTES / 2;
  let [bytes, count] = [0, 0];
  for (const topic of topics) {
    bytes += Buffer.byteLength(topic) + 4;
    count++;
  }
  if (bytes <= limit) return;
  throw new BrokerError('metadata', `A list of ${count} topics does not fit into a frame`);
}

/**
 * What was opened with a permission is closed once the permission is taken back: producers and
 * consumers hear CLOSE_PRODUCER and CLOSE_CONSUMER, ask for their topics again, and are refused. A
 * connection that may not list the topics of a namespace any more is not told of them either.
 */
import { inSlices } from '../../base/slices.ts';
import type { TopicName } from '../../base/topic-name.ts';
import type { Authorization } from '../auth/authorization.ts';
import type { Identity } from '../auth/identity.ts';
import { consumerClosed } from './consumer-closed.ts';
import type { PulsarContext } from './context.ts';
import { producerClosed } from './producer-closed.ts';
import type { Session } from './session.ts';

/** The result ends it. */
export function closeWhatIsRevoked(
  { broker, clock, authorization, log }: PulsarContext,
  sessions: () => Iterable<Session>,
): () => void {
  if (authorization === undefined) return () => undefined;
  return broker.access.watch((within) => {
    inSlices(clock, [...sessions()], (session) => review(session, authorization, within)).catch(
      (error: unknown) => log.error('permissions that were taken back are still used', { error }),
    );
  });
}

function review(session: Session, authorization: Authorization, within: string): void {
  const { identity } = session;
  if (identity === undefined || session.state !== 'connected') return;
  const mayOn = rights(authorization, identity, within);
  for (const producer of [...session.producers.values()]) {
    if (mayOn(producer.topic, 'PRODUCE')) continue;
    session.tell(producer.ref, { type: 'remove-producer', key: producer.key });
    producerClosed(session, producer.id);
  }
  for (const consumer of [...session.consumers.values()]) {
    if (mayOn(consumer.topic, 'CONSUME', consumer.subscription)) continue;
    const { actor, key } = consumer;
    consumer.abandoned = true;
    if (actor === undefined) continue;
    session.tell(actor, { type: 'remove-consumer', key });
    consumerClosed(session, consumer.id);
  }
  for (const [id, watcher] of [...session.watchers]) {
    const { namespace } = watcher;
    const isMeant = isWithin(namespace, within);
    const permission = { kind: 'namespace', namespace, operation: 'GET_TOPICS' } as const;
    if (!isMeant || authorization.allows(identity, permission)) continue;
    watcher.end();
    session.watchers.delete(id);
  }
  session.flush();
}

/** Whether what is outside of the change, or still permitted, goes on. */
function rights(authorization: Authorization, identity: Identity, within: string) {
  return (topic: TopicName, operation: 'PRODUCE' | 'CONSUME', subscription?: string): boolean => {
    if (!isWithin(topic.namespace, within)) return true;
    return authorization.allows(identity, { kind: 'topic', topic, operation, subscription });
  };
}

function isWithin(namespace: string, within: string): boolean {
  if (within === '/') return true;
  return within.endsWith('/') ? namespace.startsWith(within) : namespace === within;
}

/**
 * GET_TOPICS_OF_NAMESPACE: a namespace's topics, partitions one by one. A pattern is left to the
 * client, as the protocol allows: evaluating a stranger's expression could stop the broker.
 */
import { BrokerError, refuse } from '../../../base/errors.ts';
import { FRAME_PADDING_BYTES } from '../../../base/limits.ts';
import { type CommandGetTopicsOfNamespace, Mode } from '../../../wire/messages.ts';
import { topicsHash } from '../../../wire/topics-hash.ts';
import type { Session } from '../session.ts';
import { refusalOf } from '../translate.ts';

export function topicsOfNamespace(session: Session, command: CommandGetTopicsOfNamespace): void {
  const requestId = command.request_id;
  const { lookups, options } = session.context;
  if (lookups.pending >= options.maxConcurrentLookups) {
    session.refuse(requestId, TOO_MANY);
    return;
  }
  session.begin(requestId, { kind: 'lookup' });
  lookups.pending++;
  const fail = (error: unknown): void => {
    const refusal = refusalOf(error);
    if (refusal.code === 'unknown') session.log.error('topics could not be listed', { error });
    session.refuse(requestId, refusal);
  };
  answer(session, command)
    .catch(fail)
    .finally(() => {
      lookups.pending--;
      session.requests.settle(requestId);
      session.flush();
    });
}

const TOO_MANY = refuse('too-many-requests', 'The broker lists too many namespaces at this time');

async function answer(session: Session, command: CommandGetTopicsOfNamespace): Promise<void> {
  const mode = command.mode ?? Mode.PERSISTENT;
  checkNamespaceName(command.namespace);
  const all = await session.context.broker.topicsOf(command.namespace);
  const topics = all.filter((topic) => isWanted(topic, mode));
  checkSize(session, topics);
  const hash = topicsHash(topics);
  const changed = hash !== command.topics_hash;
  session.outbox.command('GET_TOPICS_OF_NAMESPACE_RESPONSE', {
    request_id: command.request_id,
    topics: changed ? topics : [],
    filtered: false,
    topics_hash: hash,
    changed,
  });
}

/** Throws `invalid-name` for what is not `a/b`: a tenant alone would mean all its namespaces. */
function checkNamespaceName(namespace: string): void {
  if (/^[-=:.\w]+\/[-=:.\w]+$/.test(namespace)) return;
  throw new BrokerError('invalid-name', `Invalid namespace name: ${namespace.slice(0, 200)}`);
}

function isWanted(topic: string, mode: Mode): boolean {
  if (isSystemTopic(topic)) return false;
  if (mode === Mode.ALL) return true;
  return topic.startsWith('persistent://') === (mode === Mode.PERSISTENT);
}

/** Names that Pulsar keeps for itself; clients expect not to see them. */
function isSystemTopic(topic: string): boolean {
  const local = topic.slice(topic.lastIndexOf('/') + 1);
  return (
    /^(__change_events|__transaction_buffer_snapshot|__transaction_log_)/.test(local) ||
    /(^transaction_coordinator_assign|__transaction_pending_ack)(-partition-\d+)?$/.test(local)
  );
}

/** Clients refuse frames that are larger than the ones they may send. */
function checkSize(session: Session, topics: readonly string[]): void {
  const limit = session.context.options.maxMessageBytes + FRAME_PADDING_BYTES / 2;
  let bytes = 0;
  for (const topic of topics) bytes += Buffer.byteLength(topic) + 4;
  if (bytes <= limit) return;
  throw new BrokerError('metadata', `A list of ${topics.length} topics does not fit into a frame`);
}

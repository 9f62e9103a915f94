/**
 * GET_TOPICS_OF_NAMESPACE: a namespace's topics, partitions one by one. A pattern that is long, or
 * that the engine does not understand, is left to the client, as the protocol allows.
 */
import { refuse } from '../../../base/errors.ts';
import { inSlices, nextSlice } from '../../../base/slices.ts';
import { isSystemTopic } from '../../../base/system-topics.ts';
import { parseTopicName } from '../../../base/topic-name.ts';
import { type CommandGetTopicsOfNamespace, Mode } from '../../../wire/messages.ts';
import { topicsHash } from '../../../wire/topics-hash.ts';
import { durably } from '../../durably.ts';
import type { Session } from '../session.ts';
import { checkListSize, checkNamespaceName } from '../topic-listing.ts';
import { MAX_PATTERN_LENGTH, type TopicPattern, topicPattern } from '../topic-pattern.ts';
import { refusalOf } from '../translate.ts';

export function topicsOfNamespace(session: Session, command: CommandGetTopicsOfNamespace): void {
  const requestId = command.request_id;
  const { lookups } = session.context;
  if (lookups.pending >= lookups.most) {
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
  const { broker, clock } = session.context;
  // Many lists may be asked for at once, and become durable at once.
  await nextSlice(clock, session.party);
  const all = await durably(broker, () => topicsOf(session, command.namespace, mode));
  const pattern = await patternOf(command.topics_pattern);
  await nextSlice(clock, session.party);
  const topics = all.filter((topic) => !isSystemTopic(topic) && pattern?.(topic) !== false);
  checkListSize(session, topics);
  const hash = topicsHash(topics);
  await nextSlice(clock, session.party);
  const changed = hash !== command.topics_hash;
  session.outbox.command('GET_TOPICS_OF_NAMESPACE_RESPONSE', {
    request_id: command.request_id,
    topics: changed ? topics : [],
    filtered: pattern !== undefined,
    topics_hash: hash,
    changed,
  });
}

/** Of the non-persistent ones, which come last, those that somebody uses, as Pulsar has it. */
async function topicsOf(session: Session, namespace: string, mode: Mode): Promise<string[]> {
  const { broker, clock } = session.context;
  const topics = mode === Mode.NON_PERSISTENT ? [] : [...(await broker.topicsOf(namespace))];
  if (mode === Mode.PERSISTENT) return topics;
  await inSlices(clock, await broker.topicsOf(namespace, 'non-persistent'), (topic) => {
    const view = broker.topicView(parseTopicName(topic));
    const users = (view?.producers.length ?? 0) + (view?.subscriptions.length ?? 0);
    if (users > 0) topics.push(topic);
  });
  return topics;
}

async function patternOf(text: string | undefined): Promise<TopicPattern | undefined> {
  if (text === undefined || text.length > MAX_PATTERN_LENGTH) return undefined;
  return await topicPattern(text).catch(() => undefined);
}

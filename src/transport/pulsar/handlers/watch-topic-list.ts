/**
 * WATCH_TOPIC_LIST: tells which topics of a namespace match a pattern, and from then on which come
 * and go. A client that is refused asks for the list from time to time instead.
 */
import { BrokerError } from '../../../base/errors.ts';
import type { CommandWatchTopicList, CommandWatchTopicListClose } from '../../../wire/messages.ts';
import { durably } from '../../durably.ts';
import { checkRoom } from '../room.ts';
import type { Session } from '../session.ts';
import { checkListSize, checkNamespaceName } from '../topic-listing.ts';
import { MAX_PATTERN_LENGTH, topicPattern, withoutDomain } from '../topic-pattern.ts';
import { TopicWatcher } from '../topic-watcher.ts';
import { refusalOf } from '../translate.ts';

export function watchTopicList(session: Session, command: CommandWatchTopicList): void {
  const requestId = command.request_id;
  const existing = session.watchers.get(command.watcher_id);
  if (existing !== undefined) {
    succeed(session, command, existing);
    return;
  }
  session.begin(requestId, { kind: 'lookup' });
  watch(session, command)
    .catch((error: unknown) => {
      const refusal = refusalOf(error);
      if (refusal.code === 'unknown') session.log.error('topics are not watched', { error });
      session.refuse(requestId, refusal);
    })
    .finally(() => {
      session.requests.settle(requestId);
      session.flush();
    });
}

export function watchTopicListClose(session: Session, command: CommandWatchTopicListClose): void {
  session.watchers.get(command.watcher_id)?.end();
  session.watchers.delete(command.watcher_id);
  session.succeed(command.request_id);
}

async function watch(session: Session, command: CommandWatchTopicList): Promise<void> {
  const { watcher_id: id, namespace, topics_pattern: text } = command;
  checkRoom(session);
  checkNamespaceName(namespace);
  if (withoutDomain(text).length > MAX_PATTERN_LENGTH) throw TOO_LONG;
  const pattern = await topicPattern(text);
  const { broker } = session.context;
  const watcher = new TopicWatcher(broker.lists, namespace, pattern, (added, removed, hash) =>
    update(session, command, { added, removed, hash }),
  );
  try {
    watcher.begin(await durably(broker, () => broker.topicsOf(namespace)));
    checkListSize(session, watcher.topics);
    if (session.state === 'closed' || session.watchers.has(id)) throw GONE;
  } catch (error) {
    watcher.end();
    throw error;
  }
  session.watchers.set(id, watcher);
  succeed(session, command, watcher);
}

const TOO_LONG = new BrokerError(
  'not-allowed',
  `Unable to create topic list watcher: Pattern longer than maximum: ${MAX_PATTERN_LENGTH}`,
);
const GONE = new BrokerError('service-not-ready', 'The watcher was not wanted any more');

/** A client that knows the list is spared it. */
function succeed(session: Session, command: CommandWatchTopicList, watcher: TopicWatcher): void {
  const { hash } = watcher;
  session.outbox.command('WATCH_TOPIC_LIST_SUCCESS', {
    request_id: command.request_id,
    watcher_id: command.watcher_id,
    topic: command.topics_hash === hash ? [] : [...watcher.topics].sort(),
    topics_hash: hash,
  });
}

interface Update {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly hash: string;
}

function update(session: Session, { watcher_id: id }: CommandWatchTopicList, change: Update): void {
  // What changes before the answer is in the answer.
  if (!session.watchers.has(id)) return;
  session.outbox.command('WATCH_TOPIC_UPDATE', {
    watcher_id: id,
    new_topics: change.added,
    deleted_topics: change.removed,
    topics_hash: change.hash,
  });
  session.flush();
}

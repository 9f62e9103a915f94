/**
 * WATCH_TOPIC_LIST: tells which topics of a namespace match a pattern, and from then on which come
 * and go. A client that is refused asks for the list from time to time instead.
 */
import { BrokerError } from '../../../base/errors.ts';
import type { Long } from '../../../base/long.ts';
import type { CommandWatchTopicList, CommandWatchTopicListClose } from '../../../wire/messages.ts';
import { durably } from '../../durably.ts';
import { checkRoom } from '../room.ts';
import type { Session } from '../session.ts';
import { checkListSize, checkNamespaceName } from '../topic-listing.ts';
import { MAX_PATTERN_LENGTH, topicPattern, withoutDomain } from '../topic-pattern.ts';
import { type TopicChange, TopicWatcher, type WatcherListener } from '../topic-watcher.ts';
import { refusalOf } from '../translate.ts';

export function watchTopicList(session: Session, command: CommandWatchTopicList): void {
  const requestId = command.request_id;
  session.begin(requestId, { kind: 'lookup' });
  watch(session, command)
    .catch((error: unknown) => {
      const refusal = refusalOf(error);
      if (refusal.code === 'unknown' && error !== CLOSED) {
        session.log.error('topics are not watched', { error });
      }
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

/** One that is asked for again is told again, as soon as there is a list. */
async function watch(session: Session, command: CommandWatchTopicList): Promise<void> {
  const { watcher_id: id } = command;
  const watcher = session.watchers.get(id) ?? begin(session, command);
  await watcher.listed;
  if (session.watchers.get(id) !== watcher) throw CLOSED;
  watcher.isTold = true;
  succeed(session, command, watcher);
}

/** It is among the connection's from the beginning, so that it can be closed while it is listed. */
function begin(session: Session, command: CommandWatchTopicList): TopicWatcher {
  const { watcher_id: id, namespace, topics_pattern: text } = command;
  checkRoom(session);
  checkNamespaceName(namespace);
  if (withoutDomain(text).length > MAX_PATTERN_LENGTH) throw TOO_LONG;
  const { broker } = session.context;
  const list = async (watcher: TopicWatcher): Promise<void> => {
    try {
      const pattern = await topicPattern(text);
      watcher.begin(pattern, await durably(broker, () => broker.topicsOf(namespace)));
      checkListSize(session, watcher.topics);
    } catch (error) {
      watcher.end();
      if (session.watchers.get(id) === watcher) session.watchers.delete(id);
      throw error;
    }
  };
  const listener: WatcherListener = (change) => update(session, id, change);
  const watcher = new TopicWatcher(broker.lists, namespace, list, listener);
  session.watchers.set(id, watcher);
  return watcher;
}

const TOO_LONG = new BrokerError(
  'not-allowed',
  `Unable to create topic list watcher: Pattern longer than maximum: ${MAX_PATTERN_LENGTH}`,
);
const CLOSED = new BrokerError('unknown', 'Closed watcher before creation was complete.');

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

function update(session: Session, watcherId: Long, change: TopicChange): void {
  session.outbox.command('WATCH_TOPIC_UPDATE', {
    watcher_id: watcherId,
    new_topics: change.added,
    deleted_topics: change.removed,
    topics_hash: change.hash,
  });
  session.flush();
}

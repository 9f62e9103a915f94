/** What PRODUCER and SUBSCRIBE have in common: the topic, which may have to be made first. */
import type { Long } from '../../base/long.ts';
import { parseTopicName, type TopicName } from '../../base/topic-name.ts';
import { objectDurably } from './refusals.ts';
import { checkRoom } from './room.ts';
import type { Session } from './session.ts';
import { refusalOf } from './translate.ts';

/**
 * Calls `open` with the topic when it may be admitted, and refuses the request if it cannot be, or
 * with what `open` throws. What came behind the request waits as long.
 */
export function openOnTopic(
  session: Session,
  requestId: Long,
  name: string,
  open: (topic: TopicName) => void,
): void {
  refusing(session, requestId, () => {
    checkRoom(session);
    const topic = parseTopicName(name);
    session.belongTo(topic.tenant);
    const ready = session.context.broker.ready(topic);
    if (ready === undefined) open(topic);
    else session.waitFor(requestId, ready, () => refusing(session, requestId, () => open(topic)));
  });
}

function refusing(session: Session, requestId: Long, attempt: () => void): void {
  try {
    attempt();
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal.code === 'bad-frame' || refusal.code === 'unknown') throw error;
    objectDurably(session, requestId, refusal);
  }
}

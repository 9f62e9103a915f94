/** Offloading a topic by hand: what Pulsar answers without an offloader, which is not here. */
import type { TopicView } from '../../actors/views.ts';
import { BrokerError } from '../../base/errors.ts';
import type { TopicName } from '../../base/topic-name.ts';
import { objectBody } from './body.ts';
import { type AdminContext, NO_CONTENT, type Routes } from './call.ts';
import { messageId } from './message-id.ts';
import { onTopic, refuseBeyondLast, requireTopic, topicNotFound } from './topic-of.ts';

/** In the words of Pulsar, which tells it as the failure of what was asked for before. */
const REFUSED =
  'org.apache.bookkeeper.mledger.ManagedLedgerException: [NullLedgerOffloader] does not support ' +
  'offload';

export function offloadRoutes(routes: Routes, context: AdminContext): void {
  const { broker } = context;

  onTopic(routes, 'GET', '/offload', (_call, name) => {
    const { offloadFailed } = requireStored(context, name);
    return {
      status: offloadFailed ? 'ERROR' : 'NOT_RUN',
      lastError: offloadFailed ? REFUSED : '',
      firstUnoffloadedMessage: messageId({ ledgerId: -1, entryId: -1 }),
    };
  });

  onTopic(routes, 'PUT', '/offload', async (call, name) => {
    if (objectBody(call) === undefined) {
      throw new BrokerError('invalid-argument', 'messageId is null');
    }
    requireStored(context, name);
    await broker.ask(broker.topic(name).id, (reply) => ({ type: 'offload', reply }));
    return NO_CONTENT;
  });
}

/** Throws `topic-not-found`, whatever of it is missing, and `conflict` as `refuseBeyondLast`. */
function requireStored(context: AdminContext, name: TopicName): TopicView {
  refuseBeyondLast(context, name);
  const isStored = name.domain === 'persistent';
  if (isStored && context.broker.namespace(name.namespace) !== undefined) {
    return requireTopic(context, name);
  }
  throw topicNotFound(name);
}

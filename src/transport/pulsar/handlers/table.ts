/**
 * Which handler acts on which command, and who may send it. SEND, ACK and FLOW never come here:
 * they are about what was opened.
 */
import type { Command, CommandBodies, CommandName } from '../../../wire/codec.ts';
import {
  isPermitted,
  mayAddSchemas,
  mayCountPartitions,
  mayListTopics,
  mayLookUp,
  mayProduce,
  mayReadSchemas,
  maySubscribe,
  mayWatchTopics,
  type Rule,
} from '../permissions.ts';
import type { Session } from '../session.ts';
import { addPartitionToTxn, addSubscriptionToTxn } from './add-to-txn.ts';
import { authResponse } from './auth-response.ts';
import { closeConsumer } from './close-consumer.ts';
import { closeProducer } from './close-producer.ts';
import { connect } from './connect.ts';
import { consumerStats } from './consumer-stats.ts';
import { endTxn, endTxnOnPartition, endTxnOnSubscription } from './end-txn.ts';
import { getLastMessageId } from './get-last-message-id.ts';
import { getOrCreateSchema } from './get-or-create-schema.ts';
import { getSchema } from './get-schema.ts';
import { lookup } from './lookup.ts';
import { newTxn } from './new-txn.ts';
import { partitionedMetadata } from './partitioned-metadata.ts';
import { ping } from './ping.ts';
import { pong } from './pong.ts';
import { producer } from './producer.ts';
import { redeliver } from './redeliver.ts';
import { seek } from './seek.ts';
import { subscribe } from './subscribe.ts';
import { tcClientConnect } from './tc-client-connect.ts';
import { topicsOfNamespace } from './topics-of-namespace.ts';
import { unsubscribe } from './unsubscribe.ts';
import { unsupported } from './unsupported.ts';
import { watchTopicList, watchTopicListClose } from './watch-topic-list.ts';

/** Throws what ends the connection. */
export function handle(session: Session, command: Command): void {
  const entry = commands[command.name] as Entry<unknown> | undefined;
  if (entry === undefined) {
    unsupported(session, command);
    return;
  }
  const [handler, rule] = entry;
  if (isPermitted(session, command.body, rule)) handler(session, command.body);
}

type Entry<Body> = readonly [handler: (session: Session, body: Body) => void, rule: Rule<Body>];

/** No command is acted on of which nobody has said who may send it. */
export const commands: { readonly [K in CommandName]?: Entry<CommandBodies[K]> } = {
  CONNECT: [connect, 'anybody'],
  AUTH_RESPONSE: [authResponse, 'anybody'],
  PING: [ping, 'anybody'],
  PONG: [pong, 'anybody'],
  PARTITIONED_METADATA: [partitionedMetadata, mayCountPartitions],
  LOOKUP: [lookup, mayLookUp],
  PRODUCER: [producer, mayProduce],
  CLOSE_PRODUCER: [closeProducer, 'opened'],
  SUBSCRIBE: [subscribe, maySubscribe],
  REDELIVER_UNACKNOWLEDGED_MESSAGES: [redeliver, 'opened'],
  UNSUBSCRIBE: [unsubscribe, 'opened'],
  CLOSE_CONSUMER: [closeConsumer, 'opened'],
  SEEK: [seek, 'opened'],
  GET_LAST_MESSAGE_ID: [getLastMessageId, 'opened'],
  CONSUMER_STATS: [consumerStats, 'opened'],
  GET_TOPICS_OF_NAMESPACE: [topicsOfNamespace, mayListTopics],
  GET_SCHEMA: [getSchema, mayReadSchemas],
  GET_OR_CREATE_SCHEMA: [getOrCreateSchema, mayAddSchemas],
  TC_CLIENT_CONNECT_REQUEST: [tcClientConnect, 'anybody'],
  NEW_TXN: [newTxn, 'anybody'],
  ADD_PARTITION_TO_TXN: [addPartitionToTxn, 'owned'],
  ADD_SUBSCRIPTION_TO_TXN: [addSubscriptionToTxn, 'owned'],
  END_TXN: [endTxn, 'owned'],
  END_TXN_ON_PARTITION: [endTxnOnPartition, 'nobody'],
  END_TXN_ON_SUBSCRIPTION: [endTxnOnSubscription, 'nobody'],
  WATCH_TOPIC_LIST: [watchTopicList, mayWatchTopics],
  WATCH_TOPIC_LIST_CLOSE: [watchTopicListClose, 'opened'],
};

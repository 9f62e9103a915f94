/** Which handler acts on which command; SEND, ACK and FLOW never come here. */
import type { Command, CommandBodies, CommandName } from '../../../wire/codec.ts';
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
  const handler = handlers[command.name] as Handler<unknown> | undefined;
  if (handler === undefined) unsupported(session, command);
  else handler(session, command.body);
}

type Handler<Body> = (session: Session, body: Body) => void;

const handlers: { readonly [K in CommandName]?: Handler<CommandBodies[K]> } = {
  CONNECT: connect,
  AUTH_RESPONSE: authResponse,
  PING: ping,
  PONG: pong,
  PARTITIONED_METADATA: partitionedMetadata,
  LOOKUP: lookup,
  PRODUCER: producer,
  CLOSE_PRODUCER: closeProducer,
  SUBSCRIBE: subscribe,
  REDELIVER_UNACKNOWLEDGED_MESSAGES: redeliver,
  UNSUBSCRIBE: unsubscribe,
  CLOSE_CONSUMER: closeConsumer,
  SEEK: seek,
  GET_LAST_MESSAGE_ID: getLastMessageId,
  CONSUMER_STATS: consumerStats,
  GET_TOPICS_OF_NAMESPACE: topicsOfNamespace,
  GET_SCHEMA: getSchema,
  GET_OR_CREATE_SCHEMA: getOrCreateSchema,
  TC_CLIENT_CONNECT_REQUEST: tcClientConnect,
  NEW_TXN: newTxn,
  ADD_PARTITION_TO_TXN: addPartitionToTxn,
  ADD_SUBSCRIPTION_TO_TXN: addSubscriptionToTxn,
  END_TXN: endTxn,
  END_TXN_ON_PARTITION: endTxnOnPartition,
  END_TXN_ON_SUBSCRIPTION: endTxnOnSubscription,
  WATCH_TOPIC_LIST: watchTopicList,
  WATCH_TOPIC_LIST_CLOSE: watchTopicListClose,
};

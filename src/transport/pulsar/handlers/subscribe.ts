/**
 * SUBSCRIBE: attaches a consumer to a subscription, which is made by policy. FLOW that arrives
 * before the answer is kept.
 */
import type { KeySharedMode, Subscribe } from '../../../actors/subscription/commands.ts';
import { BrokerError, refuse } from '../../../base/errors.ts';
import type { TopicName } from '../../../base/topic-name.ts';
import {
  type CommandSubscribe,
  InitialPosition,
  KeySharedMode as KeySharedModes,
  SubType,
} from '../../../wire/messages.ts';
import { Consumer } from '../handles.ts';
import { openOnTopic } from '../opening.ts';
import type { OpenConsumer } from '../requests.ts';
import { schemaOf, subscribeWithSchema, takesAny } from '../schemas.ts';
import type { Session } from '../session.ts';
import { ackSetOf, positionOf, recordOf } from '../translate.ts';

export function subscribe(session: Session, command: CommandSubscribe): void {
  const { consumer_id: id, request_id: requestId } = command;
  const existing = session.consumers.get(id);
  if (existing !== undefined) {
    if (existing.state === 'open') session.succeed(requestId);
    else session.refuse(requestId, STILL_THERE);
    return;
  }
  openOnTopic(session, requestId, command.topic, (topic) => open(session, command, topic));
}

function open(session: Session, command: CommandSubscribe, topic: TopicName): void {
  const { consumer_id: id, request_id: requestId } = command;
  const { broker, tenancy } = session.context;
  checkMetadata(session, command);
  const leave = tenancy.consumer(topic);
  try {
    const ref = broker.admit(topic, { create: command.force_topic_creation ?? true });
    const consumer = new Consumer(id, broker.nextKey(), topic, ref, command.subscription);
    const attach = commandOf(session, consumer, command);
    consumer.readCompacted = attach.readCompacted;
    const request: OpenConsumer = {
      kind: 'open-consumer',
      consumer,
      command: attach,
      retried: false,
    };
    consumer.leave = leave;
    session.begin(requestId, request);
    session.consumers.set(id, consumer);
    const schema = schemaOf(command.schema);
    if (schema === undefined) session.tell(ref, attach);
    else subscribeWithSchema(session, request, schema);
  } catch (error) {
    leave();
    throw error;
  }
}

const STILL_THERE = refuse('service-not-ready', 'Consumer is already present on the connection');

/** What a consumer says of itself is kept in memory as long as it lives. */
function checkMetadata(session: Session, command: CommandSubscribe): void {
  let bytes = 0;
  for (const { key, value } of command.metadata ?? []) {
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  const { maxConsumerMetadataBytes: limit } = session.context.options;
  if (bytes <= limit) return;
  throw new BrokerError('metadata', `metadata has a max size of ${limit} bytes`);
}

function commandOf(session: Session, consumer: Consumer, command: CommandSubscribe): Subscribe {
  const type = SUB_TYPES[command.subType];
  return {
    type: 'subscribe',
    reply: { recipient: session, requestId: command.request_id },
    key: consumer.key,
    consumerId: consumer.id,
    subscription: command.subscription,
    subType: type,
    consumerName: command.consumer_name ?? '',
    priorityLevel: command.priority_level ?? 0,
    takesAnySchema: takesAny(command.schema),
    durable: command.durable ?? true,
    readCompacted: command.read_compacted ?? false,
    initialPosition: command.initialPosition === InitialPosition.Earliest ? 'Earliest' : 'Latest',
    ...startOf(session, command),
    keyShared: type === 'Key_Shared' || choosesKeys(command) ? keySharedOf(command) : undefined,
    consumerEpoch: command.consumer_epoch,
    metadata: recordOf(command.metadata),
    subscriptionProperties: recordOf(command.subscription_properties),
    replicated: command.replicate_subscription_state ?? false,
    address: session.address,
    clientVersion: session.clientVersion,
    knowsEndOfTopic: session.clientVersion.startsWith('Pulsar-Java-v'),
    knowsActiveChange: session.protocolVersion >= ACTIVE_CHANGE_FROM,
  };
}

/** Protocol version that brought ACTIVE_CONSUMER_CHANGE. */
const ACTIVE_CHANGE_FROM = 12;

const SUB_TYPES = {
  [SubType.Exclusive]: 'Exclusive',
  [SubType.Shared]: 'Shared',
  [SubType.Failover]: 'Failover',
  [SubType.Key_Shared]: 'Key_Shared',
} as const;

/** Where to begin: an entry, inclusive, or a time so many seconds ago. */
function startOf(session: Session, command: CommandSubscribe) {
  const id = command.start_message_id;
  const ackSet = ackSetOf(id?.ack_set);
  const rollbackMs = Number(command.start_message_rollback_duration_sec ?? 0) * 1_000;
  return {
    startPosition: id === undefined ? undefined : positionOf(id.ledgerId, id.entryId),
    ...(ackSet === undefined ? {} : { startAckSet: ackSet }),
    ...(rollbackMs > 0
      ? { startTimeMs: Math.max(0, session.context.clock.nowMs() - rollbackMs) }
      : {}),
  };
}

/** A reader of some keys: an exclusive consumer that names hash ranges. */
function choosesKeys({ subType, keySharedMeta: meta }: CommandSubscribe): boolean {
  return subType === SubType.Exclusive && (meta?.hashRanges ?? []).length > 0;
}

function keySharedOf({ keySharedMeta: meta }: CommandSubscribe): KeySharedMode {
  return {
    mode: meta?.keySharedMode === KeySharedModes.STICKY ? 'STICKY' : 'AUTO_SPLIT',
    allowOutOfOrder: meta?.allowOutOfOrderDelivery ?? false,
    ranges: (meta?.hashRanges ?? []).map(({ start, end }) => [start, end] as const),
  };
}

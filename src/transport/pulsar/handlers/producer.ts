/**
 * PRODUCER: opens a producer on a topic, which is made by policy. A schema is registered first; the
 * answer says which version it has.
 */
import type { AccessMode, AddProducer } from '../../../actors/topic/commands.ts';
import { refuse } from '../../../base/errors.ts';
import type { TopicName } from '../../../base/topic-name.ts';
import { type CommandProducer, ProducerAccessMode } from '../../../wire/messages.ts';
import { Producer } from '../handles.ts';
import { openOnTopic } from '../opening.ts';
import type { OpenProducer } from '../requests.ts';
import { openBare, openWithSchema, schemaOf } from '../schemas.ts';
import type { Session } from '../session.ts';
import { recordOf, textOf } from '../translate.ts';

export function producer(session: Session, command: CommandProducer): void {
  const { producer_id: id, request_id: requestId } = command;
  const existing = session.producers.get(id);
  if (existing !== undefined) {
    answerExisting(session, existing, command);
    return;
  }
  openOnTopic(session, requestId, command.topic, (topic) => open(session, command, topic));
}

function open(session: Session, command: CommandProducer, topic: TopicName): void {
  const { producer_id: id, request_id: requestId } = command;
  const { broker, tenancy, groups } = session.context;
  const leave = tenancy.producer(topic);
  try {
    const ref = broker.admit(topic, { create: true, by: 'producer' });
    const opened = new Producer(id, broker.nextKey(), topic, ref, requestId);
    const add = commandOf(session, opened, command);
    const request: OpenProducer = {
      kind: 'open-producer',
      producer: opened,
      command: add,
      retried: false,
      parked: false,
    };
    opened.leave = leave;
    opened.group = groups.of(topic.namespace);
    session.begin(requestId, request);
    session.closedProducers.delete(id);
    session.producers.set(id, opened);
    const schema = schemaOf(command.schema);
    if (schema === undefined) openBare(session, request);
    else openWithSchema(session, request, schema);
  } catch (error) {
    leave();
    throw error;
  }
}

/** Asked again for a producer that is open, Pulsar says success again. */
function answerExisting(session: Session, existing: Producer, command: CommandProducer): void {
  const requestId = command.request_id;
  if (existing.state !== 'open') {
    session.refuse(
      requestId,
      refuse('service-not-ready', 'Producer is already present on the connection'),
    );
    return;
  }
  session.outbox.command('PRODUCER_SUCCESS', {
    request_id: requestId,
    producer_name: existing.name,
    last_sequence_id: -1,
    schema_version: existing.schemaVersion,
    producer_ready: true,
  });
}

function commandOf(session: Session, opened: Producer, command: CommandProducer): AddProducer {
  const { topic_epoch: epoch } = command;
  return {
    type: 'add-producer',
    reply: { recipient: session, requestId: command.request_id },
    key: opened.key,
    producerId: opened.id,
    name: textOf(command.producer_name),
    epoch: command.epoch ?? 0,
    accessMode: ACCESS_MODES[command.producer_access_mode ?? ProducerAccessMode.Shared],
    topicEpoch: epoch === undefined ? undefined : Number(epoch),
    encrypts: command.encrypted === true,
    metadata: recordOf(command.metadata),
    address: session.address,
    clientVersion: session.clientVersion,
    initialSubscription: textOf(command.initial_subscription_name),
  };
}

const ACCESS_MODES: Readonly<Record<ProducerAccessMode, AccessMode>> = {
  [ProducerAccessMode.Shared]: 'Shared',
  [ProducerAccessMode.Exclusive]: 'Exclusive',
  [ProducerAccessMode.WaitForExclusive]: 'WaitForExclusive',
  [ProducerAccessMode.ExclusiveWithFencing]: 'ExclusiveWithFencing',
};

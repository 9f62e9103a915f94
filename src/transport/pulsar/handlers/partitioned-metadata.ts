/**
 * PARTITIONED_METADATA: how many partitions a topic has; may create it by policy. Failures go
 * inside the response: C++ never matches a plain ERROR to this request.
 */
import { type Refusal, refuse } from '../../../base/errors.ts';
import type { Long } from '../../../base/long.ts';
import { parseTopicName } from '../../../base/topic-name.ts';
import {
  type CommandPartitionedTopicMetadata,
  PartitionedMetadataLookupType,
} from '../../../wire/messages.ts';
import { durably } from '../../durably.ts';
import type { Session } from '../session.ts';
import { refusalOf, serverErrorOf } from '../translate.ts';

export function partitionedMetadata(
  session: Session,
  command: CommandPartitionedTopicMetadata,
): void {
  const requestId = command.request_id;
  const { lookups } = session.context;
  if (lookups.pending >= lookups.most) {
    answerFailed(session, requestId, TOO_MANY);
    return;
  }
  session.begin(requestId, { kind: 'lookup' });
  lookups.pending++;
  const settle = (): void => {
    lookups.pending--;
    session.requests.settle(requestId);
  };
  const answer = (partitions: number): void => {
    settle();
    session.outbox.command('PARTITIONED_METADATA_RESPONSE', {
      request_id: requestId,
      partitions,
      response: PartitionedMetadataLookupType.Success,
    });
    session.flush();
  };
  const fail = (error: unknown): void => {
    settle();
    const refusal = refusalOf(error);
    if (refusal.code === 'unknown') session.log.error('partitions could not be told', { error });
    answerFailed(session, requestId, refusal);
    session.flush();
  };
  partitionsOf(session, command).then(answer, fail);
}

const TOO_MANY = refuse('too-many-requests', 'The broker answers too many lookups at this time');

async function partitionsOf(
  session: Session,
  command: CommandPartitionedTopicMetadata,
): Promise<number> {
  const name = parseTopicName(command.topic);
  const create = command.metadata_auto_creation_enabled ?? true;
  const { broker } = session.context;
  return durably(broker, () => broker.partitionsOf(name, { create }));
}

function answerFailed(session: Session, requestId: Long, { code, message }: Refusal): void {
  session.outbox.command('PARTITIONED_METADATA_RESPONSE', {
    request_id: requestId,
    response: PartitionedMetadataLookupType.Failed,
    error: serverErrorOf(code),
    message,
  });
}

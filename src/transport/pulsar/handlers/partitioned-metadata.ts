/**
 * PARTITIONED_METADATA: how many partitions a topic has; may create it by policy. Failures go
 * inside the response: C++ never matches a plain ERROR to this request.
 */
import { parseTopicName } from '../../../base/topic-name.ts';
import {
  type CommandPartitionedTopicMetadata,
  PartitionedMetadataLookupType,
} from '../../../wire/messages.ts';
import type { Session } from '../session.ts';
import { refusalOf, serverErrorOf } from '../translate.ts';

export function partitionedMetadata(
  session: Session,
  command: CommandPartitionedTopicMetadata,
): void {
  const requestId = command.request_id;
  session.begin(requestId, { kind: 'lookup' });
  const answer = (partitions: number): void => {
    session.requests.settle(requestId);
    session.outbox.command('PARTITIONED_METADATA_RESPONSE', {
      request_id: requestId,
      partitions,
      response: PartitionedMetadataLookupType.Success,
    });
    session.flush();
  };
  const fail = (error: unknown): void => {
    session.requests.settle(requestId);
    const { code, message } = refusalOf(error);
    if (code === 'unknown') session.log.error('partitions could not be told', { error });
    session.outbox.command('PARTITIONED_METADATA_RESPONSE', {
      request_id: requestId,
      response: PartitionedMetadataLookupType.Failed,
      error: serverErrorOf(code),
      message,
    });
    session.flush();
  };
  partitionsOf(session, command).then(answer, fail);
}

async function partitionsOf(
  session: Session,
  command: CommandPartitionedTopicMetadata,
): Promise<number> {
  const name = parseTopicName(command.topic);
  const create = command.metadata_auto_creation_enabled ?? true;
  return session.context.broker.partitionsOf(name, { create });
}

/** Rows of the commands about producers and what they send. */

import type { FieldTable } from './rows.ts';

export const producingFields = {
  CommandProducer: [
    [1, 'topic', 'string', 'required'],
    [2, 'producer_id', 'uint64', 'required'],
    [3, 'request_id', 'uint64', 'required'],
    [4, 'producer_name', 'string', 'optional'],
    [5, 'encrypted', 'bool', 'optional', false],
    [6, 'metadata', 'KeyValue', 'repeated'],
    [7, 'schema', 'Schema', 'optional'],
    [8, 'epoch', 'uint64', 'optional', 0],
    [9, 'user_provided_producer_name', 'bool', 'optional', true],
    [10, 'producer_access_mode', 'ProducerAccessMode', 'optional', 'Shared'],
    [11, 'topic_epoch', 'uint64', 'optional'],
    [12, 'txn_enabled', 'bool', 'optional', false],
    [13, 'initial_subscription_name', 'string', 'optional'],
  ],
  CommandProducerSuccess: [
    [1, 'request_id', 'uint64', 'required'],
    [2, 'producer_name', 'string', 'required'],
    [3, 'last_sequence_id', 'int64', 'optional', -1],
    [4, 'schema_version', 'bytes', 'optional'],
    [5, 'topic_epoch', 'uint64', 'optional'],
    [6, 'producer_ready', 'bool', 'optional', true],
  ],
  CommandSend: [
    [1, 'producer_id', 'uint64', 'required'],
    [2, 'sequence_id', 'uint64', 'required'],
    [3, 'num_messages', 'int32', 'optional', 1],
    [4, 'txnid_least_bits', 'uint64', 'optional', 0],
    [5, 'txnid_most_bits', 'uint64', 'optional', 0],
    [6, 'highest_sequence_id', 'uint64', 'optional', 0],
    [7, 'is_chunk', 'bool', 'optional', false],
    [8, 'marker', 'bool', 'optional', false],
    [9, 'message_id', 'MessageIdData', 'optional'],
  ],
  CommandSendReceipt: [
    [1, 'producer_id', 'uint64', 'required'],
    [2, 'sequence_id', 'uint64', 'required'],
    [3, 'message_id', 'MessageIdData', 'optional'],
    [4, 'highest_sequence_id', 'uint64', 'optional', 0],
  ],
  CommandSendError: [
    [1, 'producer_id', 'uint64', 'required'],
    [2, 'sequence_id', 'uint64', 'required'],
    [3, 'error', 'ServerError', 'required'],
    [4, 'message', 'string', 'required'],
  ],
  CommandCloseProducer: [
    [1, 'producer_id', 'uint64', 'required'],
    [2, 'request_id', 'uint64', 'required'],
    [3, 'assignedBrokerServiceUrl', 'string', 'optional'],
    [4, 'assignedBrokerServiceUrlTls', 'string', 'optional'],
  ],
  CommandTopicMigrated: [
    [1, 'resource_id', 'uint64', 'required'],
    [2, 'resource_type', 'ResourceType', 'required'],
    [3, 'brokerServiceUrl', 'string', 'optional'],
    [4, 'brokerServiceUrlTls', 'string', 'optional'],
  ],
} as const satisfies FieldTable;

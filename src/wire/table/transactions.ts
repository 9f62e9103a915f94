/** Rows of the commands about transactions and their coordinators. */

import type { FieldTable } from './rows.ts';

export const transactionFields = {
  CommandWatchTcAssignments: [[1, 'watch_id', 'uint64', 'required']],
  TcAssignment: [
    [1, 'tc_id', 'uint64', 'required'],
    [2, 'broker_service_url', 'string', 'optional'],
    [3, 'broker_service_url_tls', 'string', 'optional'],
  ],
  TcAssignmentsSnapshot: [
    [1, 'parallelism', 'uint32', 'required'],
    [2, 'assignments', 'TcAssignment', 'repeated'],
  ],
  CommandWatchTcAssignmentsUpdate: [
    [1, 'watch_id', 'uint64', 'required'],
    [2, 'snapshot', 'TcAssignmentsSnapshot', 'optional'],
    [3, 'error', 'ServerError', 'optional'],
    [4, 'message', 'string', 'optional'],
  ],
  CommandWatchTcAssignmentsClose: [[1, 'watch_id', 'uint64', 'required']],
  CommandTcClientConnectRequest: [
    [1, 'request_id', 'uint64', 'required'],
    [2, 'tc_id', 'uint64', 'required', 0],
    [3, 'scalable', 'bool', 'optional', false],
  ],
  CommandTcClientConnectResponse: [
    [1, 'request_id', 'uint64', 'required'],
    [2, 'error', 'ServerError', 'optional'],
    [3, 'message', 'string', 'optional'],
  ],
  CommandNewTxn: [
    [1, 'request_id', 'uint64', 'required'],
    [2, 'txn_ttl_millis', 'uint64', 'optional', 0],
    [3, 'tc_id', 'uint64', 'optional', 0],
    [4, 'scalable', 'bool', 'optional', false],
  ],
  CommandNewTxnResponse: [
    [1, 'request_id', 'uint64', 'required'],
    [2, 'txnid_least_bits', 'uint64', 'optional', 0],
    [3, 'txnid_most_bits', 'uint64', 'optional', 0],
    [4, 'error', 'ServerError', 'optional'],
    [5, 'message', 'string', 'optional'],
  ],
  CommandAddPartitionToTxn: [
    [1, 'request_id', 'uint64', 'required'],
    [2, 'txnid_least_bits', 'uint64', 'optional', 0],
    [3, 'txnid_most_bits', 'uint64', 'optional', 0],
    [4, 'partitions', 'string', 'repeated'],
    [5, 'scalable', 'bool', 'optional', false],
  ],
  CommandAddPartitionToTxnResponse: [
    [1, 'request_id', 'uint64', 'required'],
    [2, 'txnid_least_bits', 'uint64', 'optional', 0],
    [3, 'txnid_most_bits', 'uint64', 'optional', 0],
    [4, 'error', 'ServerError', 'optional'],
    [5, 'message', 'string', 'optional'],
  ],
  Subscription: [
    [1, 'topic', 'string', 'required'],
    [2, 'subscription', 'string', 'required'],
  ],
  CommandAddSubscriptionToTxn: [
    [1, 'request_id', 'uint64', 'required'],
    [2, 'txnid_least_bits', 'uint64', 'optional', 0],
    [3, 'txnid_most_bits', 'uint64', 'optional', 0],
    [4, 'subscription', 'Subscription', 'repeated'],
    [5, 'scalable', 'bool', 'optional', false],
  ],
  CommandAddSubscriptionToTxnResponse: [
    [1, 'request_id', 'uint64', 'required'],
    [2, 'txnid_least_bits', 'uint64', 'optional', 0],
    [3, 'txnid_most_bits', 'uint64', 'optional', 0],
    [4, 'error', 'ServerError', 'optional'],
    [5, 'message', 'string', 'optional'],
  ],
  CommandEndTxn: [
    [1, 'request_id', 'uint64', 'required'],
    [2, 'txnid_least_bits', 'uint64', 'optional', 0],
    [3, 'txnid_most_bits', 'uint64', 'optional', 0],
    [4, 'txn_action', 'TxnAction', 'optional'],
    [5, 'scalable', 'bool', 'optional', false],
  ],
  CommandEndTxnResponse: [
    [1, 'request_id', 'uint64', 'required'],
    [2, 'txnid_least_bits', 'uint64', 'optional', 0],
    [3, 'txnid_most_bits', 'uint64', 'optional', 0],
    [4, 'error', 'ServerError', 'optional'],
    [5, 'message', 'string', 'optional'],
  ],
  CommandEndTxnOnPartition: [
    [1, 'request_id', 'uint64', 'required'],
    [2, 'txnid_least_bits', 'uint64', 'optional', 0],
    [3, 'txnid_most_bits', 'uint64', 'optional', 0],
    [4, 'topic', 'string', 'optional'],
    [5, 'txn_action', 'TxnAction', 'optional'],
    [6, 'txnid_least_bits_of_low_watermark', 'uint64', 'optional'],
  ],
  CommandEndTxnOnPartitionResponse: [
    [1, 'request_id', 'uint64', 'required'],
    [2, 'txnid_least_bits', 'uint64', 'optional', 0],
    [3, 'txnid_most_bits', 'uint64', 'optional', 0],
    [4, 'error', 'ServerError', 'optional'],
    [5, 'message', 'string', 'optional'],
  ],
  CommandEndTxnOnSubscription: [
    [1, 'request_id', 'uint64', 'required'],
    [2, 'txnid_least_bits', 'uint64', 'optional', 0],
    [3, 'txnid_most_bits', 'uint64', 'optional', 0],
    [4, 'subscription', 'Subscription', 'optional'],
    [5, 'txn_action', 'TxnAction', 'optional'],
    [6, 'txnid_least_bits_of_low_watermark', 'uint64', 'optional'],
  ],
  CommandEndTxnOnSubscriptionResponse: [
    [1, 'request_id', 'uint64', 'required'],
    [2, 'txnid_least_bits', 'uint64', 'optional', 0],
    [3, 'txnid_most_bits', 'uint64', 'optional', 0],
    [4, 'error', 'ServerError', 'optional'],
    [5, 'message', 'string', 'optional'],
  ],
} as const satisfies FieldTable;

/** Rows of the commands about scalable topics and their segments. */

import type { FieldTable } from './rows.ts';

export const scalableFields = {
  SegmentInfoProto: [
    [1, 'segment_id', 'uint64', 'required'],
    [2, 'hash_start', 'uint32', 'required'],
    [3, 'hash_end', 'uint32', 'required'],
    [4, 'state', 'SegmentState', 'required'],
    [5, 'parent_ids', 'uint64', 'repeated'],
    [6, 'child_ids', 'uint64', 'repeated'],
    [7, 'created_at_epoch', 'uint64', 'required'],
    [8, 'sealed_at_epoch', 'uint64', 'optional'],
    [9, 'created_at_ms', 'uint64', 'required'],
    [10, 'sealed_at_ms', 'uint64', 'optional'],
    [11, 'legacy_topic_name', 'string', 'optional'],
    [12, 'entry_bucket_splits', 'uint32', 'repeated'],
  ],
  SegmentBrokerAddress: [
    [1, 'segment_id', 'uint64', 'required'],
    [2, 'broker_url', 'string', 'required'],
    [3, 'broker_url_tls', 'string', 'optional'],
  ],
  ScalableTopicDAG: [
    [1, 'epoch', 'uint64', 'required'],
    [2, 'segments', 'SegmentInfoProto', 'repeated'],
    [3, 'segment_brokers', 'SegmentBrokerAddress', 'repeated'],
    [4, 'controller_broker_url', 'string', 'optional'],
    [5, 'controller_broker_url_tls', 'string', 'optional'],
  ],
  CommandScalableTopicLookup: [
    [1, 'session_id', 'uint64', 'required'],
    [2, 'topic', 'string', 'required'],
    [3, 'create_if_missing', 'bool', 'optional', true],
  ],
  CommandScalableTopicUpdate: [
    [1, 'session_id', 'uint64', 'required'],
    [2, 'dag', 'ScalableTopicDAG', 'optional'],
    [3, 'error', 'ServerError', 'optional'],
    [4, 'message', 'string', 'optional'],
    [5, 'resolved_topic_name', 'string', 'optional'],
  ],
  CommandScalableTopicClose: [[1, 'session_id', 'uint64', 'required']],
  ScalableAssignedSegment: [
    [1, 'segment_id', 'uint64', 'required'],
    [2, 'hash_start', 'uint32', 'required'],
    [3, 'hash_end', 'uint32', 'required'],
    [4, 'segment_topic', 'string', 'required'],
    [5, 'bucket_ranges', 'IntRange', 'repeated'],
  ],
  ScalableConsumerAssignment: [
    [1, 'layout_epoch', 'uint64', 'required'],
    [2, 'segments', 'ScalableAssignedSegment', 'repeated'],
  ],
  CommandScalableTopicSubscribe: [
    [1, 'request_id', 'uint64', 'required'],
    [2, 'topic', 'string', 'required'],
    [3, 'subscription', 'string', 'required'],
    [4, 'consumer_name', 'string', 'required'],
    [5, 'consumer_id', 'uint64', 'required'],
    [6, 'consumer_type', 'ScalableConsumerType', 'required'],
  ],
  CommandScalableTopicSubscribeResponse: [
    [1, 'request_id', 'uint64', 'required'],
    [2, 'error', 'ServerError', 'optional'],
    [3, 'message', 'string', 'optional'],
    [4, 'assignment', 'ScalableConsumerAssignment', 'optional'],
  ],
  CommandScalableTopicAssignmentUpdate: [
    [1, 'consumer_id', 'uint64', 'required'],
    [2, 'assignment', 'ScalableConsumerAssignment', 'required'],
  ],
  CommandWatchScalableTopics: [
    [1, 'watch_id', 'uint64', 'required'],
    [2, 'namespace', 'string', 'required'],
    [3, 'property_filters', 'KeyValue', 'repeated'],
    [4, 'current_hash', 'string', 'optional'],
  ],
  ScalableTopicsSnapshot: [[1, 'topics', 'string', 'repeated']],
  ScalableTopicsDiff: [
    [1, 'added', 'string', 'repeated'],
    [2, 'removed', 'string', 'repeated'],
  ],
  CommandWatchScalableTopicsUpdate: [
    [1, 'watch_id', 'uint64', 'required'],
    [2, 'snapshot', 'ScalableTopicsSnapshot', 'optional', undefined, 'event'],
    [3, 'diff', 'ScalableTopicsDiff', 'optional', undefined, 'event'],
    [4, 'error', 'ServerError', 'optional'],
    [5, 'message', 'string', 'optional'],
  ],
  CommandWatchScalableTopicsClose: [[1, 'watch_id', 'uint64', 'required']],
} as const satisfies FieldTable;

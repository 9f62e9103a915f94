/** Rows of the commands that list and watch topics, and that read and register schemas. */

import type { FieldTable } from './rows.ts';

export const listingFields = {
  CommandGetTopicsOfNamespace: [
    [1, 'request_id', 'uint64', 'required'],
    [2, 'namespace', 'string', 'required'],
    [3, 'mode', 'Mode', 'optional', 'PERSISTENT'],
    [4, 'topics_pattern', 'string', 'optional'],
    [5, 'topics_hash', 'string', 'optional'],
    [6, 'properties', 'KeyValue', 'repeated'],
  ],
  CommandGetTopicsOfNamespaceResponse: [
    [1, 'request_id', 'uint64', 'required'],
    [2, 'topics', 'string', 'repeated'],
    [3, 'filtered', 'bool', 'optional', false],
    [4, 'topics_hash', 'string', 'optional'],
    [5, 'changed', 'bool', 'optional', true],
  ],
  CommandWatchTopicList: [
    [1, 'request_id', 'uint64', 'required'],
    [2, 'watcher_id', 'uint64', 'required'],
    [3, 'namespace', 'string', 'required'],
    [4, 'topics_pattern', 'string', 'required'],
    [5, 'topics_hash', 'string', 'optional'],
  ],
  CommandWatchTopicListSuccess: [
    [1, 'request_id', 'uint64', 'required'],
    [2, 'watcher_id', 'uint64', 'required'],
    [3, 'topic', 'string', 'repeated'],
    [4, 'topics_hash', 'string', 'required'],
  ],
  CommandWatchTopicUpdate: [
    [1, 'watcher_id', 'uint64', 'required'],
    [2, 'new_topics', 'string', 'repeated'],
    [3, 'deleted_topics', 'string', 'repeated'],
    [4, 'topics_hash', 'string', 'required'],
  ],
  CommandWatchTopicListClose: [
    [1, 'request_id', 'uint64', 'required'],
    [2, 'watcher_id', 'uint64', 'required'],
  ],
  CommandGetSchema: [
    [1, 'request_id', 'uint64', 'required'],
    [2, 'topic', 'string', 'required'],
    [3, 'schema_version', 'bytes', 'optional'],
  ],
  CommandGetSchemaResponse: [
    [1, 'request_id', 'uint64', 'required'],
    [2, 'error_code', 'ServerError', 'optional'],
    [3, 'error_message', 'string', 'optional'],
    [4, 'schema', 'Schema', 'optional'],
    [5, 'schema_version', 'bytes', 'optional'],
  ],
  CommandGetOrCreateSchema: [
    [1, 'request_id', 'uint64', 'required'],
    [2, 'topic', 'string', 'required'],
    [3, 'schema', 'Schema', 'required'],
    [4, 'producerName', 'string', 'optional'],
  ],
  CommandGetOrCreateSchemaResponse: [
    [1, 'request_id', 'uint64', 'required'],
    [2, 'error_code', 'ServerError', 'optional'],
    [3, 'error_message', 'string', 'optional'],
    [4, 'schema_version', 'bytes', 'optional'],
  ],
} as const satisfies FieldTable;

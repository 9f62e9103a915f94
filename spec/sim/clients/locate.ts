/**
 * What a client does before it opens anything on a topic: it asks how many partitions there are, if
 * it means one of them, and which broker has it.
 */
import { parseTopicName } from '../../../src/base/topic-name.ts';
import type { Client } from './client.ts';

/** Calls `found`, or `missing` where there is no such topic yet. */
export function locate(
  client: Client,
  topic: string,
  found: () => void,
  missing: () => void,
): void {
  const { base, partition } = parseTopicName(topic);
  if (partition < 0) lookUp(client, topic, found, missing);
  else {
    client.ask('PARTITIONED_METADATA', { topic: base }, ({ name, body }) => {
      const count = name === 'PARTITIONED_METADATA_RESPONSE' ? (body.partitions ?? 0) : 0;
      if (count > partition) lookUp(client, topic, found, missing);
      else missing();
    });
  }
}

function lookUp(client: Client, topic: string, found: () => void, missing: () => void): void {
  client.ask('LOOKUP', { topic }, ({ name, body }) => {
    if (name === 'LOOKUP_RESPONSE' && body.error === undefined) found();
    else missing();
  });
}

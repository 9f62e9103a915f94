/** Topic names: every form that clients type, brought to the one full form. */
import { BrokerError } from './errors.ts';

export type TopicDomain = 'persistent' | 'non-persistent';

export const TOPIC_DOMAINS: readonly TopicDomain[] = ['persistent', 'non-persistent'];

export interface TopicName {
  readonly domain: TopicDomain;
  readonly tenant: string;
  /** `tenant/namespace`. */
  readonly namespace: string;
  /** What follows the namespace, partition suffix included. */
  readonly local: string;
  /** Index of the partition, -1 for a topic that is none. */
  readonly partition: number;
  /** `persistent://tenant/namespace/local`. */
  readonly full: string;
  /** The full name without the partition suffix. */
  readonly base: string;
}

/** The longest full name in bytes: it is a key of the state environment. */
export const MAX_TOPIC_NAME_BYTES = 1_500;

const ENTITY = /^[-=:.\w]+$/;
const PARTITION = /-partition-(0|[1-9]\d*)$/;

/**
 * Parses `local`, `tenant/namespace/local` or the full form. Throws `invalid-topic-name` in the
 * words of Pulsar's TopicName, which no longer takes names with a cluster in them.
 */
export function parseTopicName(text: string): TopicName {
  const scheme = text.indexOf('://');
  const domain = scheme < 0 ? 'persistent' : text.slice(0, scheme);
  if (domain !== 'persistent' && domain !== 'non-persistent') {
    throw invalid(`Invalid topic domain: '${domain}'`);
  }
  const parts = scheme < 0 ? shortForm(text) : splitFull(text, text.slice(scheme + 3));
  const [tenant, space, local] = parts;
  for (const entity of [tenant, space]) {
    if (!ENTITY.test(entity)) throw invalid(`Invalid named entity: ${entity}`);
  }
  if (local.trim() === '') {
    throw invalid(`Invalid topic name: ${text}. Topic local name must not be blank.`);
  }
  return build(domain, tenant, space, local, text);
}

/** The tenant in a topic's full name. */
export function tenantOf(full: string): string {
  const start = full.indexOf('://') + 3;
  return full.slice(start, full.indexOf('/', start));
}

/** The namespace in a topic's full name. */
export function namespaceOf(full: string): string {
  return full.slice(full.indexOf('://') + 3, full.lastIndexOf('/'));
}

/** The name of partition `index` of the topic `base` (a full name). */
export function partitionName(base: string, index: number): string {
  return `${base}-partition-${index}`;
}

function shortForm(text: string): [string, string, string] {
  const parts = text.split('/');
  if (parts.length === 1) return ['public', 'default', text];
  if (parts.length === 3) return [parts[0] ?? '', parts[1] ?? '', parts[2] ?? ''];
  if (parts.every((part) => part === '')) throw invalid(`Invalid topic name ${text}`);
  throw invalid(
    `Invalid short topic name '${text}', it should be in the format of ` +
      '<tenant>/<namespace>/<topic> or <topic>',
  );
}

function splitFull(text: string, rest: string): [string, string, string] {
  const parts = rest.split('/');
  if (parts.length < 3) throw invalid(`Invalid topic name ${text}`);
  if (parts.length === 3) return [parts[0] ?? '', parts[1] ?? '', parts[2] ?? ''];
  throw invalid(
    'V1 topic names (with cluster component) are no longer supported. Please use the V2 ' +
      `format: '<domain>://tenant/namespace/topic'. Got: ${text}`,
  );
}

function build(
  domain: TopicDomain,
  tenant: string,
  space: string,
  local: string,
  text: string,
): TopicName {
  const namespace = `${tenant}/${space}`;
  const full = `${domain}://${namespace}/${local}`;
  if (Buffer.byteLength(full) > MAX_TOPIC_NAME_BYTES) {
    throw invalid(`${text.slice(0, 80)}… is longer than ${MAX_TOPIC_NAME_BYTES} bytes`);
  }
  const match = PARTITION.exec(local);
  const partition = match ? Number(match[1]) : -1;
  const isPartition = match !== null && Number.isSafeInteger(partition) && match.index > 0;
  return {
    domain,
    tenant,
    namespace,
    local,
    partition: isPartition ? partition : -1,
    full,
    base: isPartition ? full.slice(0, full.length - match[0].length) : full,
  };
}

function invalid(why: string): BrokerError {
  return new BrokerError('invalid-topic-name', why);
}

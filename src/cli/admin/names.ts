/** Names of topics and namespaces, as they stand in paths. */
import { parseTopicName } from '../../base/topic-name.ts';
import { UsageError } from './words.ts';

/** `tenant/namespace`, percent-encoded. Throws `UsageError`. */
export function namespacePath(name: string): string {
  const parts = name.split('/');
  if (parts.length !== 2 || parts.includes('')) {
    throw new UsageError(`Parameter format is incorrect: '${name}' is not <tenant>/<namespace>`);
  }
  return parts.map(encodeURIComponent).join('/');
}

/** `persistent/tenant/namespace/topic`, percent-encoded, of a full or a short name. */
export function topicPath(name: string): string {
  const { domain, namespace, local } = parseTopicName(name);
  return `${domain}/${namespace}/${encodeURIComponent(local)}`;
}

/**
 * Entry filters are Java classes, of which there are none here: every name is one that is not
 * found. What else topics of Pulsar have and these cannot have is read as not set.
 */
import { BrokerError } from '../../../base/errors.ts';
import { objectBody } from '../body.ts';
import { type AdminContext, type Call, EMPTY, flag, NO_CONTENT, type Routes } from '../call.ts';
import { NAMESPACE, requirePolicies } from '../namespaces.ts';
import { onTopic } from '../topic-of.ts';
import { requirePolicyTopic } from './topic.ts';

const PART = '/entryFilters';

export function entryFilterRoutes(routes: Routes, context: AdminContext): void {
  const path = `${NAMESPACE}${PART}`;
  const ofNamespace = (answer: unknown) => (call: Call) => {
    requirePolicies(context, call);
    return answer;
  };
  routes.on('GET', path, ofNamespace(EMPTY));
  routes.on('DELETE', path, ofNamespace(NO_CONTENT));
  routes.on('POST', path, (call) => {
    checkFilters(call);
    requirePolicies(context, call);
    return NO_CONTENT;
  });

  onTopic(routes, 'GET', PART, (call, name) => {
    requirePolicyTopic(context, name);
    return flag(call, 'applied') ? { entryFilterNames: '' } : EMPTY;
  });
  onTopic(routes, 'POST', PART, (call, name) => {
    requirePolicyTopic(context, name);
    checkFilters(call);
    return NO_CONTENT;
  });
  onTopic(routes, 'GET', '/shadowTopics', (_call, name) => {
    requirePolicyTopic(context, name);
    return EMPTY;
  });
  for (const part of [PART, '/shadowTopics']) {
    onTopic(routes, 'DELETE', part, (_call, name) => {
      requirePolicyTopic(context, name);
      return NO_CONTENT;
    });
  }
}

/** No body takes them away. Throws `invalid-argument`. */
function checkFilters(call: Call): void {
  const body = objectBody(call);
  if (body === undefined) return;
  const names = String(body['entryFilterNames'] ?? '');
  const [first = ''] = names.split(',');
  const message =
    names === ''
      ? "entryFilterNames can't be empty. To remove entry filters use the remove method."
      : `Entry filter '${first}' not found`;
  throw new BrokerError('invalid-argument', message);
}

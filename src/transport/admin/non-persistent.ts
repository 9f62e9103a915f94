/**
 * `/admin/v2/non-persistent`: what is asked of stored messages, of which there are none. Pulsar
 * says so in as many words for some of it, and fails with a stack trace for the rest.
 */
import { BrokerError, type ErrorCode } from '../../base/errors.ts';
import { type AdminContext, type Method, NO_CONTENT, type Routes } from './call.ts';
import { requireNumbered } from './messages.ts';
import { requireHolders } from './subscriptions.ts';
import {
  refuseBeyondLast,
  requireNamespaceOf,
  requireTopic,
  topicNotFound,
  topicOf,
} from './topic-of.ts';

const TOPIC = '/admin/v2/non-persistent/:tenant/:namespace/:topic';
const SUBSCRIPTION = `${TOPIC}/subscription/:subscription`;

export function nonPersistentRoutes(routes: Routes, context: AdminContext): void {
  for (const [method, path, code, message] of WHATEVER_THERE_IS) {
    routes.on(method, path, () => {
      throw new BrokerError(code, message);
    });
  }
  for (const [method, path, what] of OF_A_TOPIC) {
    routes.on(method, path, (call) => {
      requireTopic(context, topicOf(call, 'non-persistent'));
      throw new BrokerError('not-allowed', `${what} on a non-persistent topic is not allowed`);
    });
  }
  for (const method of ['GET', 'PUT'] as const) {
    routes.on(method, `${TOPIC}/compaction`, (call) => {
      const name = topicOf(call, 'non-persistent');
      refuseBeyondLast(context, name);
      if (method === 'PUT') requireNamespaceOf(context, name);
      throw topicNotFound(name);
    });
  }
  routes.on('GET', `${TOPIC}/getMessageIdByIndex`, (call) => {
    const name = topicOf(call, 'non-persistent');
    requireNumbered(context);
    requireTopic(context, name);
    const message = 'GetMessageIDByIndex on a non-persistent topic is not allowed';
    throw new BrokerError('not-allowed', message);
  });
  routes.on('GET', `${SUBSCRIPTION}/replicatedSubscriptionStatus`, () => {
    const message = 'Cannot get replicated subscriptions on non-persistent topics';
    throw new BrokerError('not-allowed', message);
  });
  // A cursor that there is not stands wherever it is put.
  routes.on('POST', `${SUBSCRIPTION}/resetcursor/:timestamp`, (call) => {
    requireHolders(context, topicOf(call, 'non-persistent'), call.param('subscription'));
    return NO_CONTENT;
  });
}

const PERSISTENT_NAME = 'Need to provide a persistent topic name';

/** Refused before anything is looked at. */
const WHATEVER_THERE_IS: readonly (readonly [Method, string, ErrorCode, string])[] = [
  ['GET', `${TOPIC}/properties`, 'not-acceptable', PERSISTENT_NAME],
  ['PUT', `${TOPIC}/properties`, 'not-acceptable', PERSISTENT_NAME],
  ['DELETE', `${TOPIC}/properties`, 'not-acceptable', PERSISTENT_NAME],
  ['POST', `${TOPIC}/terminate`, 'not-acceptable', PERSISTENT_NAME],
  ['DELETE', `${TOPIC}/truncate`, 'precondition-failed', 'unsupport truncate'],
  ['POST', `${TOPIC}/trim`, 'not-allowed', 'Trim on a non-persistent topic is not allowed'],
  [
    'POST',
    `${TOPIC}/terminate/partitions`,
    'not-allowed',
    'Termination of a non-partitioned topic is not allowed using partitioned-terminate, please ' +
      'use terminate commands',
  ],
  [
    'PUT',
    SUBSCRIPTION,
    'invalid-argument',
    'Create subscription on non-persistent topic can only be done through client',
  ],
];

/** Refused where the topic is there. */
const OF_A_TOPIC: readonly (readonly [Method, string, string])[] = [
  ['GET', `${TOPIC}/internal-info`, 'Get internal info'],
  ['GET', `${TOPIC}/lastMessageId`, 'GetLastMessageId'],
  ['GET', `${TOPIC}/messageid/:timestamp`, 'Get message ID by timestamp'],
  ['GET', `${TOPIC}/examinemessage`, 'Examine messages'],
  ['GET', `${TOPIC}/ledger/:ledger/entry/:entry`, 'Get messages'],
  ['PUT', `${TOPIC}/backlogSize`, 'Get backlog size'],
  [
    'POST',
    `${TOPIC}/all_subscription/expireMessages/:seconds`,
    'Expire messages for all subscriptions',
  ],
  ['GET', `${SUBSCRIPTION}/position/:number`, 'Peek messages'],
  ['POST', `${SUBSCRIPTION}/expireMessages/:seconds`, 'Expire messages'],
  ['POST', `${SUBSCRIPTION}/expireMessages`, 'Expire messages'],
  ['POST', `${SUBSCRIPTION}/skip/:count`, 'Skip messages'],
  ['POST', `${SUBSCRIPTION}/skip_all`, 'Clear backlog'],
  ['POST', `${SUBSCRIPTION}/resetcursor`, 'Reset-cursor at position'],
  ['POST', `${SUBSCRIPTION}/analyzeBacklog`, 'Analyze backlog'],
];

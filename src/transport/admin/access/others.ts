/** Who may call the rest: lists of topics, lookups, schemas, transactions. */
import {
  afterItsNamespace,
  anybody,
  inNamespace,
  onTopic,
  type Rule,
  superUser,
  tenantAdmin,
} from './rules.ts';

const TOPIC = '*/*/*';
const TRANSACTIONS = '/admin/v3/transactions';

export const otherRules: Readonly<Record<string, Rule>> = {
  'GET /admin/v2/persistent/*/*': inNamespace('GET_TOPICS'),
  'GET /admin/v2/persistent/*/*/partitioned': inNamespace('GET_TOPICS'),
  'GET /admin/v2/non-persistent/*/*': inNamespace('GET_TOPICS'),
  'GET /admin/v2/non-persistent/*/*/partitioned': inNamespace('GET_TOPICS'),
  'GET /admin/v2/non-persistent/*/*/*': inNamespace('GET_BUNDLE'),

  'GET /lookup/v2/topic/*/*/*/*': afterItsNamespace(onTopic('LOOKUP')),
  'GET /lookup/v2/topic/*/*/*/*/bundle': inNamespace('GET_BUNDLE'),

  [`GET /admin/v2/schemas/${TOPIC}/schema`]: onTopic('GET_METADATA'),
  [`POST /admin/v2/schemas/${TOPIC}/schema`]: onTopic('PRODUCE'),
  [`DELETE /admin/v2/schemas/${TOPIC}/schema`]: tenantAdmin,
  [`GET /admin/v2/schemas/${TOPIC}/schema/*`]: onTopic('GET_METADATA'),
  [`GET /admin/v2/schemas/${TOPIC}/schemas`]: onTopic('GET_METADATA'),
  [`GET /admin/v2/schemas/${TOPIC}/metadata`]: onTopic('GET_METADATA'),
  [`POST /admin/v2/schemas/${TOPIC}/version`]: onTopic('GET_METADATA'),
  [`POST /admin/v2/schemas/${TOPIC}/compatibility`]: tenantAdmin,

  [`GET ${TRANSACTIONS}/coordinators`]: anybody,
  // The tests of the Go client ask for it without credentials.
  [`GET ${TRANSACTIONS}/transactionMetadata/*/*`]: anybody,
  [`GET ${TRANSACTIONS}/coordinatorStats`]: superUser,
  [`GET ${TRANSACTIONS}/coordinatorInternalStats/*`]: superUser,
  [`GET ${TRANSACTIONS}/slowTransactions/*`]: superUser,
  [`POST ${TRANSACTIONS}/abortTransaction/*/*`]: superUser,
  [`POST ${TRANSACTIONS}/transactionCoordinator/replicas`]: superUser,
  // Pulsar asks nobody for these.
  [`GET ${TRANSACTIONS}/transactionBufferStats/${TOPIC}`]: onTopic('GET_STATS'),
  [`GET ${TRANSACTIONS}/transactionBufferInternalStats/${TOPIC}`]: onTopic('GET_STATS'),
  [`GET ${TRANSACTIONS}/transactionInBufferStats/${TOPIC}/*/*`]: onTopic('GET_STATS'),
  [`GET ${TRANSACTIONS}/pendingAckStats/${TOPIC}/*`]: onTopic('GET_STATS'),
  [`GET ${TRANSACTIONS}/pendingAckInternalStats/${TOPIC}/*`]: onTopic('GET_STATS'),
  [`GET ${TRANSACTIONS}/positionStatsInPendingAck/${TOPIC}/*/*/*`]: onTopic('GET_STATS'),
  [`GET ${TRANSACTIONS}/transactionInPendingAckStats/${TOPIC}/*/*/*`]: onTopic('GET_STATS'),
};

/** What an operator may do: each is one REST request. */
import { partsOf, type TxnId } from '../../src/actors/txn-id.ts';
import { COORDINATORS } from '../../src/base/system-topics.ts';
import { parseTopicName } from '../../src/base/topic-name.ts';
import type { Administered, Limit } from './observe/observation.ts';
import type { SettingKey } from './plan-dynamic.ts';
import type { AdminRequest } from './world/admin.ts';
import type { Chance } from './world/chance.ts';

/** A request, and what it means to those who look on. */
export interface Request extends AdminRequest {
  readonly topic: string;
  readonly subscription?: string;
  readonly moves?: 'anywhere' | 'forward';
  readonly partitions?: number;
  readonly policy?: number;
  readonly limit?: Limit;
  readonly txn?: TxnId;
  readonly setting?: Administered['setting'];
}

/** Makes the request; undefined where there is nothing to do it to. */
export type Make = (target: Target) => Request;

export interface Target {
  readonly topic: string;
  readonly subscription: string;
  readonly nowMs: number;
  /** One that there is not, and those that are open. */
  readonly transactions: readonly TxnId[];
  readonly chance: Chance;
}

export const deeds = {
  'unload topic': ({ topic }) => ({ method: 'PUT', topic, path: `${pathOf(topic)}/unload` }),
  'terminate topic': ({ topic }) => ({ method: 'POST', topic, path: `${pathOf(topic)}/terminate` }),
  'delete topic': ({ topic }) => ({ method: 'DELETE', topic, path: pathOf(topic) }),
  'delete topic by force': ({ topic }) => ({
    method: 'DELETE',
    topic,
    path: `${pathOf(topic)}?force=true`,
  }),
  'delete partitions by force': ({ topic }) => ({
    method: 'DELETE',
    topic: baseOf(topic),
    path: `${pathOf(baseOf(topic))}/partitions?force=true`,
  }),
  'add partitions': ({ topic, chance }) => {
    const partitions = chance.between(4, 6);
    const path = `${pathOf(baseOf(topic))}/partitions`;
    return { method: 'POST', topic: baseOf(topic), path, body: partitions, partitions };
  },
  'create subscription': ({ topic, chance }) => {
    const subscription = `made-${chance.between(1, 3)}`;
    return {
      method: 'PUT',
      topic,
      subscription,
      path: `${pathOf(topic)}/subscription/${subscription}`,
    };
  },
  'delete subscription': (target) => ofSubscription(target, 'DELETE', ''),
  'delete subscription by force': (target) => ofSubscription(target, 'DELETE', '?force=true'),
  skip: (target) => ({
    ...ofSubscription(target, 'POST', `/skip/${target.chance.between(1, 20)}`),
    moves: 'forward',
  }),
  'skip all': (target) => ({ ...ofSubscription(target, 'POST', '/skip_all'), moves: 'forward' }),
  expire: (target) => ({
    ...ofSubscription(target, 'POST', `/expireMessages/${target.chance.between(1, 10)}`),
    moves: 'forward',
  }),
  'reset cursor': (target) => {
    const timeMs = Math.floor(target.nowMs - target.chance.skewed(0, 20_000));
    return { ...ofSubscription(target, 'POST', `/resetcursor/${timeMs}`), moves: 'anywhere' };
  },
  'set a policy': ({ topic, chance }) => {
    const value = chance.between(50, 5_000);
    return {
      method: 'POST',
      topic,
      path: `${pathOf(topic)}/${POLICY}`,
      body: value,
      policy: value,
    };
  },
  'look at a policy': ({ topic }) => ({ method: 'GET', topic, path: `${pathOf(topic)}/${POLICY}` }),
  trim: ({ topic }) => ({ method: 'POST', topic, path: `${pathOf(topic)}/trim` }),
  'look at a topic': ({ topic, chance }) => {
    const view = chance.of(['stats', 'internalStats', 'subscriptions', 'lastMessageId']);
    return { method: 'GET', topic, path: `${pathOf(topic)}/${view}` };
  },
  'look at a message': (target) =>
    ofSubscription(target, 'GET', `/position/${target.chance.between(1, 5)}`),
  'count the backlog': (target) => ofSubscription(target, 'POST', '/analyzeBacklog'),
  compact: ({ topic }) => ({ method: 'PUT', topic, path: `${pathOf(topic)}/compaction` }),
  'look at compaction': ({ topic }) => ({
    method: 'GET',
    topic,
    path: `${pathOf(topic)}/compaction`,
  }),
  'forget what was compacted': ({ topic, chance }) => {
    const subscription = '__compaction';
    const query = chance.happens(0.5) ? '?force=true' : '';
    const path = `${pathOf(topic)}/subscription/${subscription}${query}`;
    return { method: 'DELETE', topic, subscription, path };
  },
  'abort a transaction': ({ topic, transactions, chance }) => {
    const txn = chance.of(transactions);
    const { coordinator, sequence } = partsOf(txn);
    const path = `/admin/v3/transactions/abortTransaction/${coordinator}/${sequence}`;
    return { method: 'POST', topic, path, txn };
  },
  'add transaction coordinators': ({ chance }) => {
    const partitions = chance.between(17, 24);
    const path = '/admin/v3/transactions/transactionCoordinator/replicas';
    return { method: 'POST', topic: COORDINATORS, path, body: partitions, partitions };
  },
  'look at transactions': ({ topic, subscription, transactions, chance }) => {
    const { coordinator, sequence } = partsOf(chance.of(transactions));
    const txn = `${coordinator}/${sequence}`;
    const own = topic.slice(topic.indexOf('://') + 3);
    const view = chance.of([
      'coordinators',
      'coordinatorStats',
      `coordinatorStats?coordinatorId=${coordinator}`,
      'slowTransactions/100',
      `transactionMetadata/${txn}`,
      `transactionBufferStats/${own}`,
      `transactionInBufferStats/${own}/${txn}`,
      `pendingAckStats/${own}/${subscription}`,
      `transactionInPendingAckStats/${own}/${subscription}/${txn}`,
    ]);
    return { method: 'GET', topic, path: `/admin/v3/transactions/${view}` };
  },
  // Nobody uses it, so that it goes by itself where such topics go.
  'make a topic for nobody': ({ chance }) => {
    const topic = `${NOBODYS}-${chance.between(1, 3)}`;
    const path = pathOf(topic);
    if (chance.happens(0.5)) return { method: 'PUT', topic, path };
    const subscription = 'made-1';
    return { method: 'PUT', topic, subscription, path: `${path}/subscription/${subscription}` };
  },
  ...policies(),
} satisfies Record<string, Make>;

/** What is set for the namespace of all topics, or for one. */
function policies() {
  const ofNamespace = (path: string, body: unknown, limit?: Limit): Request => ({
    method: 'POST',
    topic: EVERY_TOPIC,
    path: `/admin/v2/namespaces/public/default/${path}`,
    body,
    ...(limit && { limit }),
  });
  return {
    'let old messages expire': ({ chance }) => {
      const seconds = chance.between(3, 10);
      return ofNamespace('messageTTL', seconds, { what: 'ttl', value: seconds });
    },
    'evict backlogs': ({ chance }) => {
      const limitSize = Math.floor(chance.skewed(5_000, 200_000));
      const body = { limitSize, limitTime: -1, policy: 'consumer_backlog_eviction' };
      return ofNamespace('backlogQuota', body, { what: 'evicted above', value: limitSize });
    },
    'retain messages': ({ chance }) =>
      ofNamespace('retention', {
        retentionTimeInMinutes: chance.of([0, 1, -1]),
        retentionSizeInMB: chance.of([0, 1, -1]),
      }),
    'limit publishing': ({ chance }) => {
      const value = chance.between(300, 2_000);
      const body = { publishThrottlingRateInMsg: value, publishThrottlingRateInByte: -1 };
      return ofNamespace('publishRate', body, { what: 'published to a topic', value });
    },
    'limit publishing to a topic': ({ topic, chance }) => {
      const value = chance.between(300, 2_000);
      return {
        method: 'POST',
        topic: baseOf(topic),
        path: `${pathOf(baseOf(topic))}/publishRate`,
        body: { publishThrottlingRateInMsg: value, publishThrottlingRateInByte: -1 },
        limit: { what: 'published to a topic', value },
      };
    },
    'limit dispatch': ({ chance }) => {
      const [path, what] = chance.of(DISPATCH_RATES);
      const value = chance.between(300, 2_000);
      return ofNamespace(path, dispatchRate(value), { what, value });
    },
    'limit dispatch of a topic': ({ topic, chance }) => {
      const [part, what] = chance.of(DISPATCH_RATES);
      const value = chance.between(300, 2_000);
      const path = `${pathOf(baseOf(topic))}/${part}`;
      return {
        method: 'POST',
        topic: baseOf(topic),
        path,
        body: dispatchRate(value),
        limit: { what, value },
      };
    },
  } satisfies Record<string, Make>;
}

/** Changes a setting of the broker, or takes the change back. */
export function settingRequest(key: SettingKey, value: string | undefined): Request {
  const path = `${CONFIGURATION}/${key}`;
  const about = { topic: EVERY_TOPIC, setting: { key, value } };
  if (value === undefined) return { method: 'DELETE', path, ...about };
  return { method: 'POST', path: `${path}/${encodeURIComponent(value)}`, ...about };
}

export const settingsRequest = (): Request => ({
  method: 'GET',
  topic: EVERY_TOPIC,
  path: `${CONFIGURATION}/values`,
});

const CONFIGURATION = '/admin/v2/brokers/configuration';

const NOBODYS = 'persistent://public/default/nobody';

/** Stands for all of the namespace. */
export const EVERY_TOPIC = 'persistent://public/default/*';

const DISPATCH_RATES = [
  ['dispatchRate', 'dispatched of a topic'],
  ['subscriptionDispatchRate', 'dispatched to a subscription'],
] as const;

function dispatchRate(messages: number) {
  return {
    dispatchThrottlingRateInMsg: messages,
    dispatchThrottlingRateInByte: -1,
    relativeToPublishRate: false,
    ratePeriodInSecond: 1,
  };
}

export type Deed = keyof typeof deeds;

/** What may be done in any world; transactions are not in all of them, nor changes of settings. */
export const allDeeds = (Object.keys(deeds) as Deed[]).filter(
  (deed) => !/transaction|for nobody/.test(deed),
);

/** A topic's own policy that does not change what clients may expect. */
const POLICY = 'maxUnackedMessagesOnConsumer';

function ofSubscription(
  { topic, subscription }: Target,
  method: AdminRequest['method'],
  rest: string,
): Request {
  const path = `${pathOf(topic)}/subscription/${subscription}${rest}`;
  return { method, topic, subscription, path };
}

export function pathOf(topic: string): string {
  return `/admin/v2/${topic.replace('://', '/')}`;
}

export function baseOf(topic: string): string {
  return parseTopicName(topic).base;
}

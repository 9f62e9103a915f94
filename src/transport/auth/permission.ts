/** What may be asked of a role, and which grants are enough for it. Names are Pulsar's. */
import type { Action } from '../../actors/namespace/access.ts';
import type { TopicName } from '../../base/topic-name.ts';

export type Permission =
  | { readonly kind: 'anybody' }
  | { readonly kind: 'super-user' }
  /** To administer a tenant and all that is in it. */
  | { readonly kind: 'tenant'; readonly tenant: string }
  | {
      readonly kind: 'namespace';
      /** `tenant/namespace` */
      readonly namespace: string;
      readonly operation: NamespaceOperation;
    }
  | {
      readonly kind: 'topic';
      readonly topic: TopicName;
      readonly operation: TopicOperation;
      /** The one that is used, where it is one. */
      readonly subscription?: string | undefined;
    };

const ANY_CLIENT = ['produce', 'consume'] as const;
const CONSUMERS = ['consume'] as const;
const NOBODY = [] as const;

/** What is done in a namespace, and the grants of which one is enough; the rest is for admins. */
export const namespaceActions = {
  GET_TOPICS: ANY_CLIENT,
  GET_BUNDLE: ANY_CLIENT,
  UNSUBSCRIBE: CONSUMERS,
  CLEAR_BACKLOG: CONSUMERS,
  CREATE_TOPIC: NOBODY,
  DELETE_TOPIC: NOBODY,
  DELETE_BUNDLE: NOBODY,
  GRANT_PERMISSION: NOBODY,
  GET_PERMISSION: NOBODY,
  REVOKE_PERMISSION: NOBODY,
  PACKAGES: ['packages'],
} as const satisfies Readonly<Record<string, readonly Action[]>>;

export type NamespaceOperation = keyof typeof namespaceActions;

/** The same on a topic. */
export const topicActions = {
  LOOKUP: ANY_CLIENT,
  GET_STATS: ANY_CLIENT,
  GET_METADATA: ANY_CLIENT,
  PRODUCE: ['produce'],
  CONSUME: CONSUMERS,
  SUBSCRIBE: CONSUMERS,
  UNSUBSCRIBE: CONSUMERS,
  GET_SUBSCRIPTIONS: CONSUMERS,
  SKIP: CONSUMERS,
  EXPIRE_MESSAGES: CONSUMERS,
  PEEK_MESSAGES: CONSUMERS,
  RESET_CURSOR: CONSUMERS,
  GET_BACKLOG_SIZE: CONSUMERS,
  SET_REPLICATED_SUBSCRIPTION_STATUS: CONSUMERS,
  GET_REPLICATED_SUBSCRIPTION_STATUS: CONSUMERS,
  TERMINATE: NOBODY,
  COMPACT: NOBODY,
  OFFLOAD: NOBODY,
  UNLOAD: NOBODY,
  TRIM_TOPIC: NOBODY,
  DELETE_METADATA: NOBODY,
  UPDATE_METADATA: NOBODY,
} as const satisfies Readonly<Record<string, readonly Action[]>>;

export type TopicOperation = keyof typeof topicActions;

/**
 * Who may do what in a namespace: Pulsar's `auth_policies`, part of the namespace's document. What
 * it means is decided where it is asked for (`transport/auth/authorization.ts`).
 */
import type { ErrorCode } from '../../base/errors.ts';
import type { Entries } from '../change.ts';

/** What a role may be allowed, in Pulsar's words; lists of them are in this order. */
export const ACTIONS = ['consume', 'functions', 'packages', 'produce', 'sinks', 'sources'] as const;

export type Action = (typeof ACTIONS)[number];

/** Actions by role; a role may begin or end with `*`. */
export type Grants = Readonly<Record<string, readonly Action[]>>;

/** Roles as the keys of a map, so that two who change them at once both have their way. */
export type Roles = Readonly<Record<string, true>>;

export interface NamespaceAccess {
  /** On all topics of the namespace. */
  readonly grants?: Grants;
  /** On single topics by their full names; a partitioned one's hold for its partitions. */
  readonly topicGrants?: Readonly<Record<string, Grants>>;
  /** Who alone may use a subscription, by its name; nobody named: everybody. */
  readonly subscriptionRoles?: Readonly<Record<string, Roles>>;
}

/** Entries that are undefined are taken away. */
export interface AccessChange {
  readonly grants?: Entries<readonly Action[]>;
  readonly topicGrants?: Entries<Entries<readonly Action[]>>;
  readonly subscriptionRoles?: Entries<Roles | Entries<true>>;
}

/**
 * What is said to whoever wants more grants than a namespace may have. One that has more since the
 * limit was lowered may still change, and have fewer.
 */
export function tooManyGrants(
  document: object,
  before: object | undefined,
  most: number,
): readonly [ErrorCode, string] | undefined {
  const count = grantsIn(document);
  if (count <= most || count <= grantsIn(before ?? {})) return undefined;
  return [
    'precondition-failed',
    `A namespace has at most ${most} grants of permissions (velamqMaxGrantsPerNamespace)`,
  ];
}

function grantsIn(document: object): number {
  const { grants, topicGrants, subscriptionRoles } = document as NamespaceAccess;
  const maps = [grants, ...Object.values({ ...topicGrants, ...subscriptionRoles })];
  return maps.reduce((sum, map) => sum + Object.keys(map ?? {}).length, 0);
}

/**
 * Who may do what, by Pulsar's rules: super users everything, administrators of a tenant everything
 * in it, others what they are granted on a namespace or a topic. A proxy may do what both it and
 * the client that it speaks for may. Asked when something is opened or called, never by message.
 */

import type { Broker, NamespacePolicies } from '../../actors/broker.ts';
import type { Action, Grants, NamespaceAccess } from '../../actors/namespace/access.ts';
import { assert } from '../../base/assert.ts';
import { PULSARS_RULES } from '../../base/options/authorization.ts';
import type { BrokerConfig } from '../../base/options.ts';
import type { TopicName } from '../../base/topic-name.ts';
import type { Identity } from './identity.ts';
import {
  type NamespaceOperation,
  namespaceActions,
  type Permission,
  type TopicOperation,
  topicActions,
} from './permission.ts';

/** What the configuration says of it. */
export interface AuthorizationRules {
  /** They can be changed while the broker runs. */
  readonly superUserRoles: () => readonly string[];
  /** Roles that may only speak for others. */
  readonly proxyRoles: ReadonlySet<string>;
  /** Whether `*` at an end of a granted role stands for anything. */
  readonly allowsWildcards: boolean;
}

/** Undefined where everybody may do everything (`authorizationEnabled`). */
export function authorizationRules(
  config: BrokerConfig,
  { settings }: Pick<Broker, 'settings'>,
): AuthorizationRules | undefined {
  if (!config.authorizationEnabled) return undefined;
  assert(config.authorizationProvider === PULSARS_RULES, 'there are no other rules');
  return {
    superUserRoles: () => settings.config.superUserRoles,
    proxyRoles: new Set(config.proxyRoles),
    allowsWildcards: config.authorizationAllowWildcardsMatching,
  };
}

export class Authorization {
  readonly #rules: AuthorizationRules;
  readonly #broker: Pick<Broker, 'tenant' | 'namespace'>;

  constructor(rules: AuthorizationRules, broker: Pick<Broker, 'tenant' | 'namespace'>) {
    this.#rules = rules;
    this.#broker = broker;
  }

  allows(identity: Identity, permission: Permission): boolean {
    if (permission.kind === 'anybody') return true;
    if (!this.isSound(identity)) return false;
    return this.#rolesOf(identity).every((role) => this.#isAllowed(role, permission));
  }

  isSuperUser(identity: Identity): boolean {
    return this.allows(identity, { kind: 'super-user' });
  }

  /** Whether what is refused is about a tenant that there is not: as in Pulsar, that is said. */
  lacksTenant(identity: Identity, permission: Permission): boolean {
    const tenant = tenantNamedBy(permission);
    return this.isSound(identity) && tenant !== undefined && !this.#broker.tenant(tenant);
  }

  /** Whether names of a namespace's subscriptions have to begin with the role that uses them. */
  wantsPrefixes(namespace: string): boolean {
    return this.#broker.namespace(namespace)?.subscriptionAuthMode === 'Prefix';
  }

  isProxy(role: string): boolean {
    return this.#rules.proxyRoles.has(role);
  }

  /** A proxy, and nobody else, says for whom it speaks; and that is no other proxy. */
  isSound({ role, originalPrincipal: original = '' }: Identity): boolean {
    if (this.isProxy(role)) return original !== '' && !this.isProxy(original);
    return original === '' || original === role;
  }

  #rolesOf({ role, originalPrincipal }: Identity): readonly string[] {
    const isProxied = this.isProxy(role) && originalPrincipal !== undefined;
    return isProxied ? [role, originalPrincipal] : [role];
  }

  #isAllowed(role: string, permission: Exclude<Permission, { kind: 'anybody' }>): boolean {
    if (this.#rules.superUserRoles().includes(role)) return true;
    switch (permission.kind) {
      case 'super-user':
        return false;
      case 'tenant':
        return this.#administers(role, permission.tenant);
      case 'namespace': {
        const { namespace, operation } = permission;
        if (this.#administers(role, tenantOf(namespace))) return true;
        return this.#isGrantedInNamespace(role, namespace, operation);
      }
      case 'topic': {
        const { topic, operation, subscription } = permission;
        if (this.#administers(role, topic.tenant)) return true;
        return this.#isGrantedOnTopic(role, topic, operation, subscription);
      }
    }
  }

  #administers(role: string, tenant: string): boolean {
    return this.#broker.tenant(tenant)?.adminRoles.includes(role) ?? false;
  }

  #isGrantedInNamespace(role: string, namespace: string, operation: NamespaceOperation): boolean {
    const { grants } = this.#broker.namespace(namespace) ?? {};
    return namespaceActions[operation].some((action) => this.#isIn(grants, role, action));
  }

  #isGrantedOnTopic(
    role: string,
    topic: TopicName,
    operation: TopicOperation,
    subscription: string | undefined,
  ): boolean {
    const policies = this.#broker.namespace(topic.namespace);
    if (policies === undefined) return false;
    const actions: readonly Action[] = topicActions[operation];
    // Who may look a topic up may, whatever subscription is spoken of.
    const isUsed = subscription !== undefined && !actions.includes('produce');
    if (isUsed && !mayUseIt(policies, role, subscription)) return false;
    return actions.some((action) => this.#isGranted(policies, role, topic, action));
  }

  #isGranted(
    { grants, topicGrants = {} }: NamespaceAccess,
    role: string,
    { full, base }: TopicName,
    action: Action,
  ): boolean {
    if (this.#isIn(grants, role, action)) return true;
    const onTopic = Object.hasOwn(topicGrants, full) ? topicGrants[full] : undefined;
    if (this.#isIn(onTopic, role, action)) return true;
    // What is granted on a partitioned topic holds for its partitions, without wildcards.
    const onWhole = base !== full && Object.hasOwn(topicGrants, base) ? topicGrants[base] : {};
    return isIn(onWhole, role, action);
  }

  #isIn(grants: Grants | undefined, role: string, action: Action): boolean {
    if (grants === undefined) return false;
    if (isIn(grants, role, action)) return true;
    if (!this.#rules.allowsWildcards) return false;
    return Object.keys(grants).some((one) => matches(one, role) && isIn(grants, one, action));
  }
}

/**
 * A subscription that is kept for some roles is for nobody else; where its name has to begin with
 * the role, it has to.
 */
function mayUseIt(policies: NamespacePolicies, role: string, subscription: string): boolean {
  const { subscriptionRoles = {}, subscriptionAuthMode } = policies;
  const roles = Object.hasOwn(subscriptionRoles, subscription)
    ? (subscriptionRoles[subscription] ?? {})
    : {};
  if (Object.keys(roles).length > 0 && !Object.hasOwn(roles, role)) return false;
  return subscriptionAuthMode !== 'Prefix' || subscription.startsWith(role);
}

function isIn(grants: Grants | undefined, role: string, action: Action): boolean {
  if (grants === undefined || !Object.hasOwn(grants, role)) return false;
  return grants[role]?.includes(action) ?? false;
}

/** One `*`, first or last, as Pulsar has it. */
function matches(pattern: string, role: string): boolean {
  if (pattern.endsWith('*') && role.startsWith(pattern.slice(0, -1))) return true;
  return pattern.startsWith('*') && role.endsWith(pattern.slice(1));
}

function tenantNamedBy(permission: Permission): string | undefined {
  switch (permission.kind) {
    case 'tenant':
      return permission.tenant;
    case 'namespace':
      return tenantOf(permission.namespace);
    case 'topic':
      return permission.topic.tenant;
    default:
      return undefined;
  }
}

function tenantOf(namespace: string): string {
  return namespace.slice(0, namespace.indexOf('/'));
}

/** What a call demands of whoever makes it, and Pulsar's words for those who may not. */
import { BrokerError, type ErrorCode } from '../../../base/errors.ts';
import type { TopicDomain } from '../../../base/topic-name.ts';
import type { Authorization } from '../../auth/authorization.ts';
import type { Identity } from '../../auth/identity.ts';
import type { NamespaceOperation, Permission, TopicOperation } from '../../auth/permission.ts';
import type { Call } from '../call.ts';
import { namespaceOf, topicOf } from '../topic-of.ts';

export interface Demand {
  readonly permission: Permission;
  /** `unauthorized` answers 401, `authorization` 403: which one is Pulsar's choice. */
  readonly code: ErrorCode;
  readonly reason: (identity: Identity, authorization: Authorization) => string;
  /** What is said instead where nobody may, since there is no such tenant. */
  readonly noTenant?: Absence;
}

interface Absence {
  readonly code: ErrorCode;
  readonly reason: string;
}

const NO_TENANT: Absence = { code: 'tenant-not-found', reason: 'Tenant does not exist' };
const NO_NAMESPACE: Absence = { code: 'namespace-not-found', reason: 'Namespace not found' };

/** What of a route is not in its parameters. */
export interface Place {
  /** Of the path; it counts for topics. */
  readonly domain: TopicDomain;
  readonly brokerId: string;
}

/** Throws what a call is told that names nothing that permissions could be about. */
export type Rule = (call: Call, place: Place) => Demand;

/** Throws `unauthorized`, `authorization` or what is missing in Pulsar's words. */
export function demand(
  authorization: Authorization,
  call: Call,
  { permission, code, reason, noTenant }: Demand,
): void {
  const { identity } = call;
  if (identity === undefined) {
    throw new BrokerError('unauthorized', 'Need to authenticate to perform the request');
  }
  if (authorization.allows(identity, permission)) return;
  if (noTenant !== undefined && authorization.lacksTenant(identity, permission)) {
    throw new BrokerError(noTenant.code, noTenant.reason);
  }
  throw new BrokerError(code, reason(identity, authorization));
}

export const anybody: Rule = () => ({
  permission: { kind: 'anybody' },
  code: 'unauthorized',
  reason: () => '',
});

/** What the broker as a whole is asked for or told. */
export const superUser: Rule = () => ({
  permission: { kind: 'super-user' },
  code: 'unauthorized',
  reason: (identity, authorization) => {
    const { role, originalPrincipal: original } = identity;
    if (!authorization.isSound(identity)) return UNSOUND;
    if (!authorization.isProxy(role)) return 'This operation requires super-user access';
    return authorization.isSuperUser({ ...identity, role: original ?? '' })
      ? `Proxy not authorized for super-user operation (proxy:${role})`
      : `Original principal not authorized for super-user operation (original:${original})`;
  },
});

export const brokerOperation = (operation: string): Rule =>
  superOperation('BrokerOperation', operation, (_call, { brokerId }) => `broker [${brokerId}]`);

export const clusterOperation = (operation: string): Rule =>
  superOperation('ClusterOperation', operation, (call) => `cluster [${call.param('cluster')}]`);

function superOperation(
  kind: string,
  operation: string,
  of: (call: Call, place: Place) => string,
): Rule {
  return (call, place) => ({
    permission: { kind: 'super-user' },
    code: 'unauthorized',
    reason: (identity) =>
      `Unauthorized to validateBothSuperuserAnd${kind} for ${parties(identity)} about operation ` +
      `[${operation}] on ${of(call, place)}`,
  });
}

/** Tenants are made by super users and changed by their own administrators, too. */
export const tenantItself = (operation: string): Rule => {
  return (call) => ({
    permission: operation === 'LIST_TENANTS' ? { kind: 'super-user' } : tenantOf(call),
    code: 'unauthorized',
    reason: (identity) =>
      `Unauthorized to validateBothTenantOperationAndSuperUser for ${parties(identity)} about ` +
      `operation [${operation}] `,
  });
};

export const tenantOperation = (operation: string): Rule => {
  return (call) => ({
    permission: tenantOf(call),
    code: 'unauthorized',
    noTenant: NO_TENANT,
    reason: (identity) =>
      `Unauthorized to validateTenantOperation for ${parties(identity)} about operation ` +
      `[${operation}] on tenant [${call.param('tenant')}]`,
  });
};

export const tenantAdmin: Rule = (call) => administering(call.param('tenant'));

/** The same for a tenant that is not in the path. */
export function administering(tenant: string): Demand {
  return {
    permission: { kind: 'tenant', tenant },
    code: 'unauthorized',
    noTenant: NO_TENANT,
    reason: (identity, authorization) => {
      const { role, originalPrincipal: original } = identity;
      if (!authorization.isSound(identity)) return UNSOUND;
      return authorization.isProxy(role)
        ? `Proxy not authorized to access resource (proxy:${role},original:${original})`
        : "Don't have permission to administrate resources on this tenant";
    },
  };
}

export const inNamespace = (operation: NamespaceOperation): Rule => {
  return (call) => ({
    permission: { kind: 'namespace', namespace: namespaceOf(call), operation },
    code: 'authorization',
    noTenant: NO_TENANT,
    reason: () =>
      `Unauthorized to validateNamespaceOperation for operation [${operation}] on namespace ` +
      `[${namespaceOf(call)}]`,
  });
};

export const namespacePolicy = (policy: string, operation: PolicyOperation): Rule => {
  return (call) => ({
    permission: tenantOf(call),
    code: 'authorization',
    noTenant: NO_TENANT,
    reason: () =>
      `Unauthorized to validateNamespacePolicyOperation for operation [${operation}] on ` +
      `namespace [${namespaceOf(call)}] on policy [${policy}]`,
  });
};

export const onTopic = (operation: TopicOperation): Rule => {
  return (call, { domain }) => {
    const topic = topicOf(call, domain);
    const subscription = call.param('subscription') || undefined;
    return {
      permission: { kind: 'topic', topic, operation, subscription },
      code: 'unauthorized',
      noTenant: NO_TENANT,
      reason: () =>
        `Unauthorized to validateTopicOperation for operation [${operation}] on topic ` +
        `[${topic.full}]`,
    };
  };
};

export const topicPolicy = (policy: string, operation: PolicyOperation): Rule => {
  return (call, { domain }) => ({
    permission: tenantOf(call),
    code: 'authorization',
    noTenant: NO_TENANT,
    reason: () =>
      `Unauthorized to validateTopicPolicyOperation for operation [${operation}] on topic ` +
      `[${topicOf(call, domain).full}] on policy [${policy}]`,
  });
};

/** The same of what looks for the namespace before it looks at permissions. */
export const afterItsNamespace = (rule: Rule): Rule => {
  return (call, place) => ({ ...rule(call, place), noTenant: NO_NAMESPACE });
};

export type PolicyOperation = 'READ' | 'WRITE';

function tenantOf(call: Call): Permission {
  return { kind: 'tenant', tenant: call.param('tenant') };
}

function parties({ role, originalPrincipal }: Identity): string {
  return `originalPrincipal [${originalPrincipal ?? null}] and clientAppId [${role}]`;
}

/** Pulsar's words for whoever speaks for others and is no proxy, or is one and does not. */
const UNSOUND =
  'Invalid combination of Original principal cannot be empty if the request is via proxy.';

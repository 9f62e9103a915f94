/** Grants as Pulsar's documents have them, read and written. */
import {
  ACTIONS,
  type Action,
  type Grants,
  type NamespaceAccess,
  type Roles,
} from '../../actors/namespace/access.ts';
import { BrokerError } from '../../base/errors.ts';
import { type JsonObject, objectOf, stringList } from './body.ts';

/** Pulsar's AuthPolicies. */
export function accessDocument({
  grants,
  topicGrants,
  subscriptionRoles,
}: NamespaceAccess): JsonObject {
  return {
    namespace_auth: grants ?? {},
    destination_auth: topicGrants ?? {},
    subscription_auth_roles: subscriptionRolesOf(subscriptionRoles),
  };
}

/** Throws `invalid-argument`. */
export function accessOf(body: JsonObject): NamespaceAccess {
  const access = mapIn(body['auth_policies']);
  const mapOf = <T>(field: string, read: (value: unknown) => T): Record<string, T> => {
    const entries = Object.entries(mapIn(access[field]));
    return Object.fromEntries(entries.map(([name, value]) => [name, read(value)]));
  };
  const grantsOf = (json: unknown): Grants =>
    Object.fromEntries(
      Object.entries(objectOf(json)).map(([role, actions]) => [role, actionsOf(actions) ?? []]),
    );
  const rolesOf = (json: unknown): Roles =>
    Object.fromEntries((stringList(json) ?? []).map((role) => [role, true]));
  const maps = {
    grants: mapOf('namespace_auth', (actions) => actionsOf(actions) ?? []),
    topicGrants: mapOf('destination_auth', grantsOf),
    subscriptionRoles: mapOf('subscription_auth_roles', rolesOf),
  };
  return Object.fromEntries(Object.entries(maps).filter(([, map]) => Object.keys(map).length > 0));
}

/** Subscriptions and their roles, as Pulsar's documents have them. */
export function subscriptionRolesOf(
  subscriptions: Readonly<Record<string, object>> = {},
): Readonly<Record<string, readonly string[]>> {
  const lists = Object.entries(subscriptions).map(([name, roles]) => [name, Object.keys(roles)]);
  return Object.fromEntries(lists);
}

/** Throws `invalid-argument` for what is no list of actions; undefined for none. */
export function actionsOf(json: unknown): readonly Action[] | undefined {
  const names = stringList(json);
  const unknown = names?.find((name) => !ACTIONS.some((action) => action === name));
  if (unknown !== undefined) {
    const message = `${unknown} is no action; there are ${ACTIONS.join(', ')}`;
    throw new BrokerError('invalid-argument', message);
  }
  return names === undefined ? undefined : ACTIONS.filter((action) => names.includes(action));
}

function mapIn(value: unknown): JsonObject {
  return value === undefined || value === null ? {} : objectOf(value);
}

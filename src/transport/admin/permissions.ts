/**
 * `.../permissions`: what roles are granted on a namespace and on its topics, and who may use a
 * subscription. Kept whether or not anybody is asked for permission here.
 */

import { Entries } from '../../actors/change.ts';
import {
  ACTIONS,
  type AccessChange,
  type Action,
  type Grants,
} from '../../actors/namespace/access.ts';
import { BrokerError } from '../../base/errors.ts';
import { parseTopicName, type TopicName } from '../../base/topic-name.ts';
import { objectOf, stringList } from './body.ts';
import { type AdminContext, type Call, NO_CONTENT, type Routes } from './call.ts';
import { actionsOf, subscriptionRolesOf } from './grants.ts';
import { NAMESPACE, requirePolicies } from './namespaces.ts';
import { baseOf, namespaceOf, onTopic, partitionsOf, topicNotFound } from './topic-of.ts';

const PERMISSIONS = `${NAMESPACE}/permissions`;

export function permissionRoutes(routes: Routes, context: AdminContext): void {
  namespaceRoutes(routes, context);
  subscriptionRoutes(routes, context);
  topicRoutes(routes, context);
  manyTopicsRoutes(routes, context);
}

function namespaceRoutes(routes: Routes, context: AdminContext): void {
  routes.on('GET', PERMISSIONS, (call) => requirePolicies(context, call).grants ?? {});

  routes.on('POST', `${PERMISSIONS}/:role`, (call) => {
    const actions = actionsOf(call.json());
    if (actions === undefined) throw new BrokerError('invalid-argument', NO_ACTIONS);
    return change(context, call, { grants: new Entries({ [call.param('role')]: actions }) });
  });

  routes.on('DELETE', `${PERMISSIONS}/:role`, (call) =>
    change(context, call, { grants: new Entries({ [call.param('role')]: undefined }) }),
  );
}

const NO_ACTIONS = 'Actions should not be null';

/** Roles that a subscription is kept for. */
function subscriptionRoutes(routes: Routes, context: AdminContext): void {
  routes.on('GET', `${PERMISSIONS}/subscription`, (call) =>
    subscriptionRolesOf(requirePolicies(context, call).subscriptionRoles),
  );

  routes.on('POST', `${PERMISSIONS}/subscription/:subscription`, (call) => {
    const roles = stringList(call.json());
    if (roles === undefined) throw new BrokerError('invalid-argument', 'Roles should not be null');
    const all = Object.fromEntries(roles.map((role) => [role, true as const]));
    return change(context, call, {
      subscriptionRoles: new Entries({ [call.param('subscription')]: all }),
    });
  });

  routes.on('DELETE', `${PERMISSIONS}/:subscription/:role`, (call) => {
    const subscription = call.param('subscription');
    const { subscriptionRoles = {} } = requirePolicies(context, call);
    if (!Object.hasOwn(subscriptionRoles, subscription)) {
      throw new BrokerError('subscription-not-found', "couldn't find subscription");
    }
    const gone = new Entries<true>({ [call.param('role')]: undefined });
    return change(context, call, { subscriptionRoles: new Entries({ [subscription]: gone }) });
  });
}

function topicRoutes(routes: Routes, context: AdminContext): void {
  onTopic(routes, 'GET', '/permissions', (call, name) => {
    requireTopicOrWhole(context, name);
    const { grants = {}, topicGrants = {} } = requirePolicies(context, call);
    return joined(grants, Object.hasOwn(topicGrants, name.full) ? topicGrants[name.full] : {});
  });

  onTopic(routes, 'POST', '/permissions/:role', (call, name) => {
    requireTopicOrWhole(context, name);
    // No body, no grant.
    const actions = actionsOf(call.json());
    return change(context, call, onTopics([{ name, role: call.param('role'), actions }]));
  });

  onTopic(routes, 'DELETE', '/permissions/:role', (call, name) => {
    requireTopicOrWhole(context, name);
    const role = call.param('role');
    const all = [name, ...(partitionsOf(context, name) ?? [])];
    return change(context, call, onTopics(all.map((one) => ({ name: one, role }))));
  });
}

/** Of several topics of one namespace at once. */
function manyTopicsRoutes(routes: Routes, context: AdminContext): void {
  const register = (path: string, actions: (one: unknown) => readonly Action[] | undefined) =>
    routes.on('POST', `/admin/v2/namespaces/${path}`, async (call) => {
      const wanted = optionsOf(call).map(({ topic, role, ...rest }) => {
        return { name: topic, role, actions: actions(rest.actions) };
      });
      for (const { name } of wanted) requireTopicOrWhole(context, name);
      await context.broker.access.change(wanted[0]!.name.namespace, onTopics(wanted));
      return NO_CONTENT;
    });
  register('grantPermissionsOnTopics', (given) => actionsOf(given) ?? []);
  register('revokePermissionsOnTopics', () => undefined);
}

/**
 * What a call about several topics names: at least one topic, and all in one namespace. Throws
 * `invalid-argument`, `invalid-topic-name`.
 */
export function optionsOf(call: Call): { topic: TopicName; role: string; actions: unknown }[] {
  const body = call.json();
  const options = (Array.isArray(body) ? body : []).map((one: unknown) => {
    const { topic, role, actions } = objectOf(one);
    if (typeof topic !== 'string' || typeof role !== 'string') {
      throw new BrokerError('invalid-argument', 'Each of the list must name a topic and a role');
    }
    return { topic: parseTopicName(topic), role, actions };
  });
  const namespaces = new Set(options.map(({ topic }) => topic.namespace));
  if (namespaces.size === 1) return options;
  throw new BrokerError('invalid-argument', 'The namespace should be the same');
}

interface TopicGrant {
  readonly name: TopicName;
  readonly role: string;
  /** Undefined takes all of them away. */
  readonly actions?: readonly Action[] | undefined;
}

function onTopics(wanted: readonly TopicGrant[]): AccessChange {
  const topics: Record<string, Record<string, readonly Action[] | undefined>> = {};
  for (const { name, role, actions } of wanted) {
    topics[name.full] = { ...topics[name.full], [role]: actions };
  }
  const entries = Object.entries(topics).map(([full, roles]) => [full, new Entries(roles)]);
  return { topicGrants: new Entries(Object.fromEntries(entries)) };
}

async function change({ broker }: AdminContext, call: Call, wanted: AccessChange) {
  if (broker.namespace(namespaceOf(call)) === undefined) {
    throw new BrokerError('namespace-not-found', "Topic's namespace does not exist");
  }
  await broker.access.change(namespaceOf(call), wanted);
  return NO_CONTENT;
}

/** A role may do what it may in the namespace, and what it may on the topic. */
function joined(grants: Grants, onTopic: Grants = {}): Grants {
  const roles = new Set([...Object.keys(grants), ...Object.keys(onTopic)]);
  const own = (map: Grants, role: string) => (Object.hasOwn(map, role) ? (map[role] ?? []) : []);
  const both = [...roles].map((role) => [
    role,
    ACTIONS.filter((one) => own(grants, role).includes(one) || own(onTopic, role).includes(one)),
  ]);
  return Object.fromEntries(both);
}

/** Partitions count that nobody has used yet. Throws `tenant-not-found`, `topic-not-found`. */
function requireTopicOrWhole({ broker, options }: AdminContext, name: TopicName): void {
  if (options.allowAclChangesOnNonExistentTopics) return;
  if (broker.tenant(name.tenant) === undefined) {
    throw new BrokerError('tenant-not-found', 'Tenant does not exist');
  }
  if ((broker.partitionedTopic(name) ?? broker.topicView(name)) !== undefined) return;
  const { partitions = 0 } = broker.partitionedTopic(baseOf(name)) ?? {};
  if (name.partition < 0 || name.partition >= partitions) throw topicNotFound(name);
}

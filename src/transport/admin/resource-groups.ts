/**
 * `/admin/v2/resourcegroups`, and which of them a namespace is in: what all topics of all its
 * namespaces may publish and be sent together.
 */
import { type GroupRates, NO_GROUP_RATES } from '../../actors/resource-group/behaviour.ts';
import { BrokerError } from '../../base/errors.ts';
import { emptyBody, intField, objectOf, wholeField } from './body.ts';
import { type AdminContext, type Call, EMPTY, NO_CONTENT, type Routes, Text } from './call.ts';
import { NAMESPACE, requirePolicies } from './namespaces.ts';
import { namespaceOf } from './topic-of.ts';

const GROUPS = '/admin/v2/resourcegroups';
const GROUP = `${GROUPS}/:resourcegroup`;

export function resourceGroupRoutes(routes: Routes, context: AdminContext): void {
  const { resourceGroups } = context.broker;
  routes.on('GET', GROUPS, () => resourceGroups.list());
  routes.on('GET', GROUP, (call) => {
    const group = resourceGroups.get(nameIn(call));
    if (group === undefined) throw new BrokerError('topic-not-found', MISSING);
    return { ...NO_GROUP_RATES, ...group.rates };
  });
  routes.on('PUT', GROUP, async (call) => {
    await resourceGroups.put(nameIn(call), ratesIn(call));
    return NO_CONTENT;
  });
  routes.on('DELETE', GROUP, async (call) => {
    await resourceGroups.delete(nameIn(call));
    return NO_CONTENT;
  });
  namespaceRoutes(routes, context);
}

const MISSING = 'ResourceGroup does not exist';

function namespaceRoutes(routes: Routes, context: AdminContext): void {
  const { broker } = context;
  const path = `${NAMESPACE}/resourcegroup`;
  const move = async (namespace: string, resourceGroup: string | undefined) => {
    if (broker.namespace(namespace) === undefined) {
      throw new BrokerError('namespace-not-found', 'Namespace policies does not exist');
    }
    await broker.setNamespacePolicies(namespace, { resourceGroup });
    return NO_CONTENT;
  };
  routes.on('GET', path, (call) => {
    const { resourceGroup } = requirePolicies(context, call);
    return resourceGroup === undefined ? EMPTY : new Text(resourceGroup);
  });
  routes.on('POST', `${path}/:resourcegroup`, (call) => {
    const [namespace, name] = [namespaceOf(call), nameIn(call)];
    if (broker.resourceGroups.get(name) !== undefined) return move(namespace, name);
    throw new BrokerError('precondition-failed', MISSING);
  });
  routes.on('DELETE', path, (call) => move(namespaceOf(call), undefined));
}

function nameIn(call: Call): string {
  return call.param('resourcegroup');
}

/** Those that the body gives: the others stay as they are. Throws `invalid-argument`. */
function ratesIn(call: Call): Partial<GroupRates> {
  const json = call.json() ?? undefined;
  if (json === undefined) throw emptyBody();
  const body = objectOf(json);
  const fields = Object.keys(NO_GROUP_RATES) as (keyof GroupRates)[];
  const given = fields.filter((field) => (body[field] ?? undefined) !== undefined);
  return Object.fromEntries(
    given.map((field) => {
      const read = field.endsWith('Bytes') ? wholeField : intField;
      return [field, read(body, field, NO_GROUP_RATES[field])];
    }),
  );
}

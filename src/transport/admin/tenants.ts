/** `/admin/v2/tenants`. */
import type { TenantInfo } from '../../actors/broker.ts';
import { BrokerError } from '../../base/errors.ts';
import { objectBody, stringList } from './body.ts';
import { type AdminContext, type Call, flag, NO_CONTENT, type Routes } from './call.ts';
import { isEntityName } from './names.ts';

const TENANT = '/admin/v2/tenants/:tenant';

export function tenantRoutes(routes: Routes, { broker }: AdminContext): void {
  routes.on('GET', '/admin/v2/tenants', () => broker.tenants());

  routes.on('GET', TENANT, (call) => {
    const info = broker.tenant(call.param('tenant'));
    if (info !== undefined) return info;
    throw new BrokerError('tenant-not-found', 'Tenant does not exist');
  });

  routes.on('PUT', TENANT, async (call) => {
    const tenant = call.param('tenant');
    if (!isEntityName(tenant)) {
      throw new BrokerError('precondition-failed', 'Tenant name is not valid');
    }
    const info = tenantInfo(call, broker.clusters());
    if (broker.tenant(tenant) !== undefined) {
      throw new BrokerError('already-exists', 'Tenant already exist');
    }
    await broker.putTenant(tenant, info, 'create');
    return NO_CONTENT;
  });

  routes.on('POST', TENANT, async (call) => {
    const tenant = call.param('tenant');
    const info = tenantInfo(call, broker.clusters());
    if (broker.tenant(tenant) === undefined) {
      throw new BrokerError('tenant-not-found', `Tenant ${tenant} not found`);
    }
    await broker.putTenant(tenant, info, 'update');
    return NO_CONTENT;
  });

  routes.on('DELETE', TENANT, async (call) => {
    const tenant = call.param('tenant');
    const force = flag(call, 'force');
    if (force && !broker.settings.config.forceDeleteTenantAllowed) {
      throw new BrokerError('not-allowed', "Broker doesn't allow forced deletion of tenants");
    }
    if (broker.tenant(tenant) === undefined) {
      throw new BrokerError('tenant-not-found', "Tenant doesn't exist");
    }
    if (!force && broker.namespaces(tenant).length > 0) {
      throw new BrokerError('conflict', 'The tenant still has active namespaces');
    }
    await broker.deleteTenant(tenant, force);
    return NO_CONTENT;
  });
}

/** Checked as Pulsar checks it, in its order and words. */
function tenantInfo(call: Call, known: readonly string[]): TenantInfo {
  const body = objectBody(call);
  if (body === undefined) throw new BrokerError('precondition-failed', 'TenantInfo is null');
  const allowedClusters = stringList(body['allowedClusters']);
  if (allowedClusters === undefined) {
    throw new BrokerError('precondition-failed', 'Clusters cannot be null');
  }
  if (allowedClusters.length === 0 || allowedClusters.some((name) => name.trim() === '')) {
    throw new BrokerError('precondition-failed', 'Clusters cannot be empty or blank');
  }
  if (!allowedClusters.every((name) => known.includes(name))) {
    throw new BrokerError('precondition-failed', 'Clusters do not exist');
  }
  return { adminRoles: stringList(body['adminRoles']) ?? [], allowedClusters };
}

/**
 * `/admin/v2/bookies`: there are none. What is said of the racks of some is kept and shown, as
 * Pulsar keeps it of bookies that it does not know.
 */
import { BrokerError } from '../../base/errors.ts';
import { type JsonObject, objectBody } from './body.ts';
import { type AdminContext, type Call, NO_CONTENT, type Routes } from './call.ts';

const BOOKIES = '/admin/v2/bookies';
const RACKS = `${BOOKIES}/racks-info`;

export function bookieRoutes(routes: Routes, { broker: { clusterRules } }: AdminContext): void {
  const required = (call: Call) => {
    const bookie = call.param('bookie');
    const found = Object.entries(clusterRules.racks).find(([, ofGroup]) =>
      Object.hasOwn(ofGroup, bookie),
    );
    if (found !== undefined) return { bookie, group: found[0], info: found[1][bookie] };
    const message = `Bookie rack placement configuration not found: ${bookie}`;
    throw new BrokerError('cluster-not-found', message);
  };
  routes.on('GET', `${BOOKIES}/all`, () => ({ bookies: [] }));
  routes.on('GET', RACKS, () => clusterRules.racks);
  routes.on('GET', `${RACKS}/:bookie`, (call) => required(call).info);
  routes.on('POST', `${RACKS}/:bookie`, async (call) => {
    const group = call.query('group');
    if (group === undefined) throw refusal("Bookie 'group' parameters is missing");
    await clusterRules.putRack(call.param('bookie'), group, rackIn(call));
    return NO_CONTENT;
  });
  routes.on('DELETE', `${RACKS}/:bookie`, async (call) => {
    await clusterRules.removeRack(required(call).bookie);
    return NO_CONTENT;
  });
}

/** Throws `invalid-argument`, `precondition-failed`. */
function rackIn(call: Call): JsonObject {
  const body = objectBody(call);
  if (body === undefined) throw new BrokerError('invalid-argument', 'rack data is required');
  const fields = ['rack', 'hostname'].flatMap((name) => {
    const value = body[name] ?? undefined;
    return value === undefined ? [] : [[name, String(value)] as const];
  });
  const info = Object.fromEntries(fields);
  if (/[^/]\/+[^/]/.test(info['rack'] ?? '')) throw refusal(RACK_NAME);
  return info;
}

const RACK_NAME =
  "Bookie 'rack' parameter is invalid, When `RackawareEnsemblePlacementPolicy` is enabled, the " +
  'rack name is not allowed to contain slash (`/`) except for the beginning and end of the rack ' +
  'name string. When `RegionawareEnsemblePlacementPolicy` is enabled, the rack name can only ' +
  'contain one slash (`/`) except for the beginning and end of the rack name string.';

function refusal(reason: string): BrokerError {
  return new BrokerError('precondition-failed', reason);
}

/** `/admin/v2/brokers`: who serves, and how it is configured. Health is answered by the server. */

import { checkSetting, dynamicOptions, isDynamic } from '../../base/dynamic-options.ts';
import { BrokerError } from '../../base/errors.ts';
import { schema } from '../../base/options.ts';
import {
  type AdminContext,
  EMPTY,
  MAX_INT,
  NO_CONTENT,
  type Routes,
  SPOKEN_VERSION,
  Text,
  wholeText,
} from './call.ts';

const BROKERS = '/admin/v2/brokers';
const CONFIGURATION = `${BROKERS}/configuration`;

export function brokerRoutes(routes: Routes, context: AdminContext): void {
  const { clock, options, urls } = context;
  const brokers = () => [urls.brokerId];
  routes.on('GET', `${BROKERS}/version`, () => new Text(SPOKEN_VERSION));
  routes.on('GET', BROKERS, brokers);
  // Any cluster's name gives the brokers of this one, as in Pulsar.
  routes.on('GET', `${BROKERS}/:cluster`, brokers);
  routes.on('GET', `${BROKERS}/leaderBroker`, () => ({
    // As in Pulsar, which names HTTPS where there is both.
    serviceUrl: urls.https ?? urls.http,
    brokerId: urls.brokerId,
  }));
  routes.on('GET', `${BROKERS}/internal-configuration`, () => {
    const store = `velamq:${options.velamqDataDir}`;
    return {
      zookeeperServers: store,
      configurationStoreServers: store,
      metadataStoreUrl: store,
      configurationMetadataStoreUrl: store,
      ledgersRootPath: '/ledgers',
    };
  });
  routes.on('GET', `${BROKERS}/backlog-quota-check`, () => NO_CONTENT);
  // Without a query and without permissions the server answers these itself.
  for (const probe of ['health', 'ready']) {
    routes.on('GET', `${BROKERS}/${probe}`, (call) => health(context, call.query('brokerId')));
  }
  routes.on('POST', `${BROKERS}/shutdown`, (call) => {
    const { stop } = context;
    // How fast bundles are given up says nothing to a broker that gives all of them up at once.
    intOrNothing(call.query('maxConcurrentUnloadPerSec'));
    if (stop === undefined) {
      throw new BrokerError('not-implemented', 'The program that holds the broker ends it');
    }
    clock.soon(stop);
    return NO_CONTENT;
  });
  configurationRoutes(routes, context);
}

/** Throws `message-not-found` for what is no Java `int`. */
function intOrNothing(text: string | undefined): void {
  if (text !== undefined) wholeText(text, MAX_INT);
}

/** Throws `cluster-not-found` for any other broker than this one. */
export function requireBroker(urls: AdminContext['urls'], brokerId: string): void {
  if (brokerId === urls.brokerId) return;
  const message = `Broker id '${brokerId}' not found in available brokers.`;
  throw new BrokerError('cluster-not-found', message);
}

function health({ broker, urls }: AdminContext, brokerId = urls.brokerId): Text {
  requireBroker(urls, brokerId);
  const { state } = broker.runtimeStats();
  if (state === 'open') return new Text('ok');
  throw new BrokerError('service-not-ready', `The broker is ${state}`);
}

/** Changes are kept and count at once, also before the configuration of later starts. */
function configurationRoutes(routes: Routes, { broker: { settings } }: AdminContext): void {
  const requireDynamic = (key: string, what: string) => {
    if (isDynamic(key)) return key;
    throw new BrokerError('precondition-failed', `Can't ${what} non-dynamic configuration`);
  };
  routes.on('GET', CONFIGURATION, () => dynamicOptions);
  routes.on('GET', `${CONFIGURATION}/values`, () => settings.changes);
  routes.on('GET', `${CONFIGURATION}/runtime`, () => {
    const { config } = settings;
    const shown = Object.entries(schema).filter(([, option]) => !('isSecret' in option));
    return Object.fromEntries(
      shown.map(([key]) => [key, textOf(config[key as keyof typeof config])]),
    );
  });
  routes.on('POST', `${CONFIGURATION}/:name/:value`, async (call) => {
    const key = requireDynamic(call.param('name'), 'update');
    const text = call.param('value');
    checkSetting(key, text);
    await settings.change(key, text);
    return EMPTY;
  });
  routes.on('DELETE', `${CONFIGURATION}/:name`, async (call) => {
    await settings.change(requireDynamic(call.param('name'), 'delete'), undefined);
    return EMPTY;
  });
}

/** As Java shows it. */
function textOf(value: unknown): string {
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value ?? '');
}

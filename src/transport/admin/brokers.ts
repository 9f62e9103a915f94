/** `/admin/v2/brokers`: who serves, and how it is configured. Health is answered by the server. */
import { BrokerError } from '../../base/errors.ts';
import { schema } from '../../base/options.ts';
import { type AdminContext, NO_CONTENT, type Routes, SPOKEN_VERSION, Text } from './call.ts';

const BROKERS = '/admin/v2/brokers';

export function brokerRoutes(routes: Routes, context: AdminContext): void {
  const { options, urls } = context;
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
  configurationRoutes(routes, options);
}

function health({ broker, urls }: AdminContext, brokerId = urls.brokerId): Text {
  if (brokerId !== urls.brokerId) {
    const message = `Broker id '${brokerId}' not found in available brokers.`;
    throw new BrokerError('cluster-not-found', message);
  }
  const { state } = broker.runtimeStats();
  if (state === 'open') return new Text('ok');
  throw new BrokerError('service-not-ready', `The broker is ${state}`);
}

/** Options can be read; none can be changed while the broker runs, so none is listed as dynamic. */
function configurationRoutes(routes: Routes, options: AdminContext['options']): void {
  const refuse = (what: string) => () => {
    throw new BrokerError('precondition-failed', `Can't ${what} non-dynamic configuration`);
  };
  routes.on('GET', `${BROKERS}/configuration`, () => []);
  routes.on('GET', `${BROKERS}/configuration/values`, () => ({}));
  routes.on('GET', `${BROKERS}/configuration/runtime`, () =>
    Object.fromEntries(
      Object.entries(schema)
        .filter(([, option]) => !('isSecret' in option))
        .map(([key]) => [key, String(options[key as keyof typeof options] ?? '')]),
    ),
  );
  routes.on('POST', `${BROKERS}/configuration/:name/:value`, refuse('update'));
  routes.on('DELETE', `${BROKERS}/configuration/:name`, refuse('delete'));
}

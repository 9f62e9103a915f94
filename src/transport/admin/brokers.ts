/** `/admin/v2/brokers`: who serves, and how it is configured. Health is answered by the server. */
import { BrokerError } from '../../base/errors.ts';
import { schema } from '../../base/options.ts';
import { type AdminContext, NO_CONTENT, type Routes, SPOKEN_VERSION, Text } from './call.ts';

const BROKERS = '/admin/v2/brokers';

export function brokerRoutes(routes: Routes, { broker, options, urls }: AdminContext): void {
  const brokers = () => [urls.brokerId];
  // Without permissions the server answers this itself.
  routes.on('GET', `${BROKERS}/health`, () => {
    const { state } = broker.runtimeStats();
    if (state === 'open') return new Text('ok');
    throw new BrokerError('service-not-ready', `The broker is ${state}`);
  });
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
  configurationRoutes(routes, options);
}

/** Options can be read; none can be changed while the broker runs, so none is listed as dynamic. */
function configurationRoutes(routes: Routes, options: AdminContext['options']): void {
  const refuse = () => {
    throw new BrokerError('precondition-failed', "Can't update non-dynamic configuration");
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
  routes.on('POST', `${BROKERS}/configuration/:name/:value`, refuse);
  routes.on('DELETE', `${BROKERS}/configuration/:name`, refuse);
}

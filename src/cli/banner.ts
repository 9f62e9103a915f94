/** What a started broker says in one screen: version, data folder, addresses, what to do next. */
import { type Address, authority, urlHost } from '../base/authority.ts';
import type { BrokerConfig } from '../base/options.ts';

export interface BannerFacts {
  readonly version: string;
  /** Absolute. */
  readonly dataDir: string;
  readonly config: BrokerConfig;
  readonly brokerAddress: Address;
  readonly httpAddress: Address;
}

export function banner({ version, dataDir, config, brokerAddress, httpAddress }: BannerFacts) {
  const host = urlHost(config.advertisedAddress);
  const service = `pulsar://${host}:${brokerAddress.port}`;
  const http = `http://${host}:${httpAddress.port}`;
  return `
  VelaMQ ${version}, cluster ${config.clusterName}

    Pulsar protocol   ${service}   (listening on ${authority(brokerAddress)})
    REST and metrics  ${http}   (listening on ${authority(httpAddress)})
    data folder       ${dataDir}

  Any Pulsar client can connect now. In Python, after pip install pulsar-client:

    import pulsar
    client = pulsar.Client('${service}')
    consumer = client.subscribe('my-topic', 'my-subscription')
    client.create_producer('my-topic').send(b'hello')
    print(consumer.receive().data())

  Health: curl ${http}/admin/v2/brokers/health
  End with Ctrl-C or SIGTERM; what was acknowledged is on disk, even after kill -9.

`;
}

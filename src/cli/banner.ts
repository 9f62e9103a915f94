/** What a started broker says in one screen: version, data folder, addresses, what to do next. */
import { type Addresses, authority } from '../base/authority.ts';
import type { BrokerConfig } from '../base/options.ts';

export interface BannerFacts {
  readonly version: string;
  /** Absolute. */
  readonly dataDir: string;
  readonly config: BrokerConfig;
  readonly addresses: Addresses;
}

export function banner({ version, dataDir, config, addresses }: BannerFacts) {
  const host = config.advertisedAddress;
  const urls = SCHEMES.flatMap(({ scheme, name }) => {
    const address = addresses[scheme];
    if (address === undefined) return [];
    const url = `${scheme}://${authority({ host, port: address.port })}`;
    return [{ scheme, url, line: `    ${name}${url}   (listening on ${authority(address)})` }];
  });
  const service = urls.find(({ scheme }) => scheme.startsWith('pulsar'))?.url;
  const http = urls.find(({ scheme }) => scheme.startsWith('http'))?.url;
  const { authenticationEnabled: asksWho } = config;
  return `
  VelaMQ ${version}, cluster ${config.clusterName}

${urls.map(({ line }) => line).join('\n')}
    data folder       ${dataDir}

  ${asksWho ? WHO_IS_KNOWN : 'Any Pulsar client'} can connect now. In Python, after pip install pulsar-client:

    import pulsar
    client = pulsar.Client('${service}'${asksWho ? WITH_A_TOKEN : ''})
    consumer = client.subscribe('my-topic', 'my-subscription')
    client.create_producer('my-topic').send(b'hello')
    print(consumer.receive().data())

  Health: curl ${http}${asksWho ? '/status.html' : '/admin/v2/brokers/health'}
  End with Ctrl-C or SIGTERM; what was acknowledged is on disk, even after kill -9.

`;
}

const WHO_IS_KNOWN = 'A client that proves who it is (docs/security.md)';
const WITH_A_TOKEN = ", authentication=pulsar.AuthenticationToken('...')";

const SCHEMES = [
  { scheme: 'pulsar', name: 'Pulsar protocol   ' },
  { scheme: 'pulsar+ssl', name: 'the same, by TLS  ' },
  { scheme: 'http', name: 'REST and metrics  ' },
  { scheme: 'https', name: 'the same, by TLS  ' },
] as const;

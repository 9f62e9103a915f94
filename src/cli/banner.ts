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
  const first = firstSteps(config.authenticationEnabled);
  return `
  VelaMQ ${version}, cluster ${config.clusterName}

${urls.map(({ line }) => line).join('\n')}
    data folder       ${dataDir}

  ${first.who} can connect now. In Python, after pip install pulsar-client:

    import pulsar
    client = pulsar.Client('${service}'${first.shown})
    consumer = client.subscribe('my-topic', 'my-subscription')
    client.create_producer('my-topic').send(b'hello')
    print(consumer.receive().data())

  Health: curl ${http}${first.health}
  End with Ctrl-C or SIGTERM; what was acknowledged is on disk, even after kill -9.

`;
}

/** What differs where clients have to prove who they are; anybody may ask for /status.html. */
function firstSteps(asksWho: boolean) {
  if (!asksWho) return { who: 'Any Pulsar client', shown: '', health: '/admin/v2/brokers/health' };
  return {
    who: 'Clients that prove who they are (docs/security.md)',
    shown: ", authentication=pulsar.AuthenticationToken('...')",
    health: '/status.html',
  };
}

const SCHEMES = [
  { scheme: 'pulsar', name: 'Pulsar protocol   ' },
  { scheme: 'pulsar+ssl', name: 'the same, by TLS  ' },
  { scheme: 'http', name: 'REST and metrics  ' },
  { scheme: 'https', name: 'the same, by TLS  ' },
] as const;

/** Under which URLs clients find this broker. */
import { authority, type Ports, type Scheme } from '../base/authority.ts';
import { parseListeners, type ServiceUrls } from '../base/options/listeners.ts';
import type { BrokerConfig } from '../base/options.ts';

/** What clients of other networks ask for by name, and what everybody else is answered. */
export interface Listeners {
  readonly byName: ReadonlyMap<string, ServiceUrls>;
  readonly internal: ServiceUrls;
}

export function listenersOf(config: BrokerConfig): Listeners {
  const byName = parseListeners(config.advertisedListeners) ?? new Map<string, ServiceUrls>();
  const [first] = byName.keys();
  const internal = byName.get(config.internalListenerName || (first ?? ''));
  return { byName, internal: internal ?? {} };
}

/** The URLs of the ports that are open, or what the internal listener says of them. */
export function urlsOf(host: string, ports: Ports, internal: ServiceUrls): ServiceUrls {
  const urls: { [S in Scheme]?: string } = {};
  for (const [scheme, port] of Object.entries(ports) as [Scheme, number | undefined][]) {
    if (port === undefined) continue;
    urls[scheme] = internal[scheme] ?? `${scheme}://${authority({ host, port })}`;
  }
  return urls;
}

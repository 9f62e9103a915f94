/** Where something listens, and how URLs write it. */

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** How clients may come, as URLs begin. */
export type Scheme = 'pulsar' | 'pulsar+ssl' | 'http' | 'https';

/** Where each of them is listened for; the others are closed. */
export type Addresses = { readonly [S in Scheme]?: Address };

export type Ports = { readonly [S in Scheme]?: number | undefined };

export function addressesOf(host: string, ports: Ports): Addresses {
  const open = Object.entries(ports).filter(([, port]) => port !== undefined);
  return Object.fromEntries(open.map(([scheme, port]) => [scheme, { host, port }]));
}

/** `host:port`, as between `//` and `/` of a URL. */
export function authority({ host, port }: Address): string {
  return `${urlHost(host)}:${port}`;
}

/** IPv6 addresses go in brackets. */
function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

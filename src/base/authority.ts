/** Where something listens, and how URLs write it. */

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, as between `//` and `/` of a URL. */
export function authority({ host, port }: Address): string {
  return `${urlHost(host)}:${port}`;
}

/** IPv6 addresses go in brackets. */
export function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

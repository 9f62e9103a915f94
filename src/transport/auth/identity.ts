/** Who a client is: what its credentials proved when it connected, or with each REST call. */

export interface Identity {
  /** The name that permissions are granted to. */
  readonly role: string;
  /** How it was proved: `token`, `basic`, `tls`; `anonymous` where nothing was. */
  readonly method: string;
  /** Infinity where it never ends. */
  readonly expiresAtMs: number;
  /** For whom a proxy speaks. */
  readonly originalPrincipal?: string;
}

/** Whom a record names as the one who did something; empty where nobody proves who they are. */
export function doerOf(identity: Identity | undefined): string {
  return identity?.originalPrincipal ?? identity?.role ?? '';
}

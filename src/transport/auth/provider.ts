/** One way to prove who one is. Each is a file of its own, loaded where it is configured. */
import { BrokerError } from '../../base/errors.ts';
import type { Identity } from './identity.ts';

/** What a client shows. */
export interface Credentials {
  /** Of CONNECT or AUTH_RESPONSE, or what stands behind the scheme in `Authorization`. */
  readonly data: Buffer;
  /** The certificate that its TLS connection proved to own; undefined without one. */
  readonly certificate: ClientCertificate | undefined;
  /** Where it comes from, without the port. */
  readonly address: string;
  /** Whether somebody still waits for the answer. */
  readonly isWanted: () => boolean;
}

export interface ClientCertificate {
  /** Its common names, the most specific one last. */
  readonly commonNames: readonly string[];
}

export interface Provider {
  /** The name that clients send along: `token`, `basic`, `tls`. */
  readonly method: string;
  /** The scheme of `Authorization` that carries its credentials; undefined where none does. */
  readonly scheme: 'Bearer' | 'Basic' | undefined;
  /** Rejects with `authentication`, whose message is for the log and holds no secret. */
  authenticate(credentials: Credentials): Promise<Identity>;
  close?(): void;
}

export function failed(why: string): BrokerError {
  return new BrokerError('authentication', why);
}

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
  /** The name of Pulsar's class that does the same, for metrics. */
  readonly name: string;
  /** The name that clients send along: `token`, `basic`, `tls`. */
  readonly method: string;
  /** The scheme of `Authorization` that carries its credentials; undefined where none does. */
  readonly scheme: 'Bearer' | 'Basic' | undefined;
  /** Rejects with `authentication`, whose message is for the log and holds no secret. */
  authenticate(credentials: Credentials): Promise<Identity>;
  close?(): void;
}

export function failed(why: string, reason: FailureReason = 'UNKNOWN'): AuthenticationFailure {
  return new AuthenticationFailure(why, reason);
}

/** As metrics name them. */
export type FailureReason =
  | 'UNKNOWN'
  | 'INVALID_TOKEN'
  | 'INVALID_AUDIENCES'
  | 'INVALID_AUTH_DATA'
  | 'INVALID_CN';

/** Whoever asks has not proved who he is. The message is for the log and holds no secret. */
export class AuthenticationFailure extends BrokerError {
  readonly reason: FailureReason;
  /** It would have been a proof before. */
  readonly isExpired: boolean;

  constructor(message: string, reason: FailureReason, isExpired = false) {
    super('authentication', message);
    this.reason = reason;
    this.isExpired = isExpired;
  }
}

/** What the peer of a TLS connection has shown. */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { ClientCertificate } from '../auth/provider.ts';

/** Undefined where there is none, or none that is trusted. */
export function certificateOf(socket: Socket): ClientCertificate | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const { subject } = socket.getPeerCertificate();
  if (subject === undefined) return undefined;
  const names: string | string[] = subject.CN ?? [];
  return { commonNames: [names].flat() };
}

/** Whether it showed a certificate that nobody trusts. */
export function isUntrusted(socket: TLSSocket): boolean {
  return !socket.authorized && socket.getPeerCertificate().subject !== undefined;
}

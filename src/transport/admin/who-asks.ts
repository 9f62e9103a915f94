/** Who sends a HTTP request, where authentication is on. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { BrokerError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Authentication } from '../auth/authentication.ts';
import type { Identity } from '../auth/identity.ts';
import { certificateOf } from '../tls/peer.ts';
import { refuse } from './probes.ts';
import { factsOf } from './request-ids.ts';

/** Serves a request of somebody known; undefined where nobody has to be. */
export type Serve = (
  request: IncomingMessage,
  response: ServerResponse,
  identity: Identity | undefined,
) => void;

export interface WhoAsksOptions {
  readonly authentication: Authentication | undefined;
  readonly guardsMetrics: boolean;
  readonly log: Log;
}

/** Serves those who prove who they are, and tells the others why not (401). */
export function whoAsks({ authentication, guardsMetrics, log }: WhoAsksOptions, serve: Serve) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    if (authentication === undefined || isOpen(request.url ?? '', guardsMetrics)) {
      serve(request, response, undefined);
      return;
    }
    identityOf(authentication, request, response).then(
      (identity) => serve(request, response, identity),
      (error) => turnAway(request, response, error, log),
    );
  };
}

/** What monitoring and load balancers read without credentials, as in Pulsar. */
function isOpen(url: string, guardsMetrics: boolean): boolean {
  const path = (url.split('?')[0] ?? '').replace(/\/$/, '');
  return path === '/status.html' || (path === '/metrics' && !guardsMetrics);
}

async function identityOf(
  authentication: Authentication,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Identity> {
  const header = (name: string) => [request.headers[name]].flat()[0];
  const identity = await authentication.ofRequest({
    method: header('x-pulsar-auth-method-name'),
    authorization: header('authorization'),
    certificate: certificateOf(request.socket),
    address: request.socket.remoteAddress ?? '',
    isWanted: () => !response.destroyed,
  });
  const originalPrincipal = header('x-original-principal');
  return originalPrincipal === undefined ? identity : { ...identity, originalPrincipal };
}

function turnAway(
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  log: Log,
): void {
  if (response.destroyed) return;
  const facts = factsOf(request, response);
  if (error instanceof BrokerError) {
    log.warn('authentication of a HTTP request failed', { ...facts, reason: error.message });
    refuse(response, error.code, error.message);
  } else {
    log.error('credentials of a HTTP request could not be checked', { ...facts, error });
    refuse(response, 'unknown', 'The credentials could not be checked');
  }
}

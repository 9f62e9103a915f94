/**
 * Bodies of requests come in by turns: what one socket has is read for all the bodies of a party
 * (a role; a host, where nobody has to say who they are) once in a turn of the event loop, and so
 * they end, and are parsed, one at a time. Else 64 of them would be joined and parsed on end.
 */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import { nextSlice } from '../../base/slices.ts';
import type { Identity } from '../auth/identity.ts';

/** What comes in one piece anyway is not worth a turn. */
const SHORT_BYTES = 8 * 1024;

/** From whom the request is: with whom it shares memory and turns. */
export function partyOf({ socket }: IncomingMessage, identity: Identity | undefined): string {
  return identity === undefined ? `host ${socket.remoteAddress ?? ''}` : `role ${identity.role}`;
}

/** Of one that does not say how long it is as much as it may have. */
export function bodyBytes({ headers }: IncomingMessage, most: number): number {
  if (headers['transfer-encoding'] !== undefined) return most;
  return Math.min(most, Number(headers['content-length'] ?? 0) || 0);
}

/** Has a turn waited for after each piece of the body, whoever reads it. */
export function readInTurns(
  request: IncomingMessage,
  party: string,
  clock: Pick<Clock, 'soon'>,
): void {
  if (bodyBytes(request, SHORT_BYTES) < SHORT_BYTES) return;
  request.on('data', () => {
    request.pause();
    nextSlice(clock, party).then(() => request.resume());
  });
}

/**
 * Every request over HTTP has an id: its answer carries it, and so does what is logged of it. A
 * client, or a proxy before it, may choose one.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';

const REQUEST_ID = 'x-request-id';

/** What is taken from a client: nothing that a log could not show on one line. */
const CHOSEN = /^[\w.:-]{1,64}$/;

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Gives each request its id, and logs at level `debug` how it was answered. */
export function withRequestIds(
  log: Log,
  clock: Pick<Clock, 'monotonicMs'>,
  answer: Answer,
): Answer {
  let count = 0;
  return (request, response) => {
    count += 1;
    const chosen = request.headers[REQUEST_ID];
    const id = typeof chosen === 'string' && CHOSEN.test(chosen) ? chosen : String(count);
    response.setHeader('X-Request-Id', id);
    const beganMs = clock.monotonicMs();
    response.once('close', () => {
      const tookMs = Math.round(clock.monotonicMs() - beganMs);
      const { statusCode: status } = response;
      log.debug('answered', { ...factsOf(request, response), status, tookMs });
    });
    answer(request, response);
  };
}

/** What is logged of a request: not its query, which may hold anything. */
export function factsOf(request: IncomingMessage, response: ServerResponse) {
  const [path] = (request.url ?? '').split('?');
  return { request: response.getHeader(REQUEST_ID), method: request.method, path };
}

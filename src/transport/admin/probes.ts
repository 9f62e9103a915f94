/** Health and metrics, which monitoring asks for every few seconds, without the framework. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ErrorCode, httpStatusOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { writeMetrics } from '../metrics/exposition.ts';
import { type MetricSources, Scrapes } from '../metrics/scrapes.ts';

/** Answers a request of monitoring; false for any other, which it leaves alone. */
export type Probe = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Scrapes at the same time, which may have to keep what was read for each of them. */
const MAX_SCRAPES = 4;

/** Answers what monitoring sends, and says whether it has. */
export function probes(sources: MetricSources, log: Log): Probe {
  const { clock } = sources;
  const shared = new Scrapes(sources);
  let scrapes = 0;
  const scrape = (head: boolean, response: ServerResponse): true => {
    if (scrapes >= MAX_SCRAPES) {
      refuse(response, 'too-many-requests', 'Too many scrapes at the same time');
      return true;
    }
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    if (head) {
      response.end();
      return true;
    }
    scrapes += 1;
    shared
      .use((rows) => writeMetrics(rows, clock, response))
      .catch((error: unknown) => {
        log.error('writing metrics failed', { error });
        response.destroy();
      })
      .finally(() => {
        scrapes -= 1;
      });
    return true;
  };
  return ({ method, url = '' }: IncomingMessage, response: ServerResponse): boolean => {
    if (method !== 'GET' && method !== 'HEAD') return false;
    const [path = '', query = ''] = url.split('?');
    switch (path.replace(/\/$/, '')) {
      // Pulsar redirects to the form with a slash; scrapers take the answer at either.
      case '/metrics':
        return scrape(method === 'HEAD', response);
      case '/admin/v2/brokers/health':
      case '/admin/v2/brokers/ready':
        if (query !== '') return false;
        return health(sources, response, 'application/json', 'ok');
      case '/status.html':
        return health(sources, response, 'text/plain', 'OK');
      default:
        return false;
    }
  };
}

function health(
  { broker }: MetricSources,
  response: ServerResponse,
  type: string,
  content: string,
): true {
  const { state } = broker.runtimeStats();
  if (state === 'open') {
    response.writeHead(200, { 'content-type': type, 'content-length': content.length });
    response.end(content);
  } else {
    refuse(response, 'service-not-ready', `The broker is ${state}`);
  }
  return true;
}

/** Answers an error as all of REST does. */
export function refuse(response: ServerResponse, code: ErrorCode, reason: string): void {
  response.writeHead(httpStatusOf(code), { 'content-type': 'application/json' });
  response.end(JSON.stringify({ reason }));
}

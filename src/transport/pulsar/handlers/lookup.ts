/**
 * LOOKUP: which broker serves a topic. There is one, so the answer is this one, for good, under the
 * URLs of the listener that the client asks for. Does not create the topic. Failures go inside the
 * response, once what they rest on is durable.
 */
import { BrokerError } from '../../../base/errors.ts';
import type { ServiceUrls } from '../../../base/options/listeners.ts';
import { parseTopicName } from '../../../base/topic-name.ts';
import { type CommandLookupTopic, LookupType } from '../../../wire/messages.ts';
import { objectDurably } from '../refusals.ts';
import type { Session } from '../session.ts';
import { refusalOf, serverErrorOf, textOf } from '../translate.ts';

export function lookup(session: Session, command: CommandLookupTopic): void {
  const { outbox, log } = session;
  const requestId = command.request_id;
  try {
    session.context.broker.checkLookup(parseTopicName(command.topic));
    const urls = urlsOf(session, textOf(command.advertised_listener_name));
    outbox.command('LOOKUP_RESPONSE', {
      request_id: requestId,
      response: LookupType.Connect,
      brokerServiceUrl: urls.pulsar,
      brokerServiceUrlTls: urls['pulsar+ssl'],
      authoritative: true,
      proxy_through_service_url: isLoopback(urls.pulsar ?? urls['pulsar+ssl'] ?? ''),
    });
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal.code === 'unknown') log.error('a lookup failed', { error });
    objectDurably(session, requestId, refusal, ({ code, message }) =>
      outbox.command('LOOKUP_RESPONSE', {
        request_id: requestId,
        response: LookupType.Failed,
        error: serverErrorOf(code),
        message,
      }),
    );
  }
}

/**
 * Whether only this machine can use the URL, going by what its host looks like: names are not
 * resolved. Clients then stay at the host that they know, as Pulsar's standalone tells them to.
 */
function isLoopback(url: string): boolean {
  const host = url.replace(/^[a-z+]+:\/\//, '').replace(/:\d+$/, '');
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function urlsOf({ context }: Session, listener: string | undefined): ServiceUrls {
  if (listener === undefined) return context.urls;
  const urls = context.options.listeners.byName.get(listener);
  if (urls !== undefined) return urls;
  throw new BrokerError('service-not-ready', `the broker do not have ${listener} listener`);
}

/**
 * LOOKUP: which broker serves a topic. There is one, so the answer is this one, for good. Does not
 * create the topic. Failures go inside the response, once what they rest on is durable.
 */
import { refuse } from '../../../base/errors.ts';
import { parseTopicName } from '../../../base/topic-name.ts';
import { type CommandLookupTopic, LookupType } from '../../../wire/messages.ts';
import { objectDurably } from '../refusals.ts';
import type { Session } from '../session.ts';
import { refusalOf, serverErrorOf, textOf } from '../translate.ts';

export function lookup(session: Session, command: CommandLookupTopic): void {
  const { context, outbox } = session;
  const requestId = command.request_id;
  const refusal = objection(session, command);
  if (refusal !== undefined) {
    objectDurably(session, requestId, refusal, ({ code, message }) =>
      outbox.command('LOOKUP_RESPONSE', {
        request_id: requestId,
        response: LookupType.Failed,
        error: serverErrorOf(code),
        message,
      }),
    );
    return;
  }
  outbox.command('LOOKUP_RESPONSE', {
    request_id: requestId,
    response: LookupType.Connect,
    brokerServiceUrl: context.brokerServiceUrl,
    brokerServiceUrlTls: context.options.brokerServiceUrlTls,
    authoritative: true,
    proxy_through_service_url: true,
  });
}

function objection(session: Session, command: CommandLookupTopic) {
  const listener = textOf(command.advertised_listener_name);
  try {
    session.context.broker.checkLookup(parseTopicName(command.topic));
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal.code === 'unknown') session.log.error('a lookup failed', { error });
    return refusal;
  }
  if (listener === undefined) return undefined;
  return refuse('service-not-ready', `the broker do not have ${listener} listener`);
}

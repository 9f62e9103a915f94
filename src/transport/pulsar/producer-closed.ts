/** The broker lets go of a producer: its client hears CLOSE_PRODUCER, and may open it again. */
import { refuse } from '../../base/errors.ts';
import type { Long } from '../../base/long.ts';
import { MINUS_ONE } from '../../wire/long.ts';
import { CLOSE_COMMANDS_FROM } from './consumer-closed.ts';
import { conclude } from './refusals.ts';
import type { Session } from './session.ts';

export function producerClosed(session: Session, producerId: Long): void {
  const producer = session.producers.get(producerId);
  if (producer === undefined) return;
  session.closedProducers.add(producerId);
  const request = session.requests.get(producer.requestId);
  if (request?.kind === 'open-producer' && request.producer === producer && !request.parked) {
    // Its client waits for the answer to PRODUCER, which will not come.
    conclude(session, producer.requestId, NOT_OPENED);
    return;
  }
  session.forgetProducer(producer);
  if (session.protocolVersion < CLOSE_COMMANDS_FROM) {
    session.link.close('the client knows no CLOSE_PRODUCER');
    return;
  }
  session.outbox.command('CLOSE_PRODUCER', { producer_id: producerId, request_id: MINUS_ONE });
}

const NOT_OPENED = refuse('service-not-ready', 'The producer was closed before it was opened');

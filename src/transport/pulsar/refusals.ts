/**
 * Requests that an actor refused. Where a name or an exclusive place is held by somebody else, the
 * holder is pinged first: clients that reconnect faster than the broker notices their old
 * connection's death would otherwise be refused, and some of them never try again.
 */
import type { Recipient, Refused } from '../../actors/ports.ts';
import type { Refusal } from '../../base/errors.ts';
import type { Long } from '../../base/long.ts';
import { consumerClosed } from './consumer-closed.ts';
import type { OpenConsumer, OpenProducer } from './requests.ts';
import type { Session } from './session.ts';
import { refusalOf } from './translate.ts';

export function answerRefusal(session: Session, effect: Refused): void {
  const { requestId, refusal, holder } = effect;
  const request = session.requests.get(requestId);
  const isOpening = request?.kind === 'open-producer' || request?.kind === 'open-consumer';
  const isDue = isOpening && !request.retried && session.state !== 'closed';
  if (!isDue || holder?.probe === undefined || holder === session) {
    conclude(session, requestId, refusal);
    return;
  }
  request.retried = true;
  evict(session, request, holder, requestId, refusal);
}

/** Asks once more when the holder turns out to be dead. */
function evict(
  session: Session,
  request: OpenProducer | OpenConsumer,
  holder: Recipient,
  requestId: Long,
  refusal: Refusal,
): void {
  const answer = (alive: boolean): void => {
    if (alive || !isWanted(session, request)) conclude(session, requestId, refusal);
    else if (request.kind === 'open-producer') session.tell(request.producer.ref, request.command);
    else session.tell(request.consumer.topicRef, request.command);
    session.flush();
  };
  const failed = (error: unknown): void => {
    session.log.error('a liveness check failed', { holder: holder.label, error });
    answer(true);
  };
  holder.probe?.().then(answer).catch(failed);
}

/** Whether the client still waits for what it asked for. */
export function isWanted(session: Session, request: OpenProducer | OpenConsumer): boolean {
  if (session.state === 'closed') return false;
  if (request.kind === 'open-consumer') return !request.consumer.abandoned;
  const { producer } = request;
  return session.producers.get(producer.id) === producer && producer.state === 'opening';
}

/** Answers ERROR and frees what the request had taken. */
export function conclude(session: Session, requestId: Long, refusal: Refusal): void {
  const request = session.requests.settle(requestId);
  if (request === undefined || session.state === 'closed') return;
  switch (request.kind) {
    case 'open-producer':
    case 'close-producer':
      session.forgetProducer(request.producer);
      break;
    case 'open-consumer':
    case 'close-consumer':
      session.forgetConsumer(request.consumer);
      break;
    case 'unsubscribe':
      request.consumer.state = 'open';
      break;
    default:
  }
  session.refuse(requestId, refusal);
  if (request.kind === 'unsubscribe' && request.consumer.isGone) {
    consumerClosed(session, request.consumer.id);
  }
}

/**
 * Tells the client what views object to. They show what is decided, which counts once it is
 * durable: where that is lost, the client is told to come again.
 */
export function objectDurably(
  session: Session,
  requestId: Long,
  refusal: Refusal,
  tell = (told: Refusal): void => session.refuse(requestId, told),
): void {
  session.begin(requestId, { kind: 'lookup' });
  whenDurable(session, refusal, (told) => {
    session.requests.settle(requestId);
    if (session.state !== 'closed') tell(told);
  });
}

/** The same for a request that has begun. */
export function concludeDurably(session: Session, requestId: Long, refusal: Refusal): void {
  whenDurable(session, refusal, (told) => conclude(session, requestId, told));
}

function whenDurable(session: Session, refusal: Refusal, tell: (told: Refusal) => void): void {
  const answer = (told: Refusal): void => {
    tell(told);
    session.flush();
  };
  session.context.broker.settled().then(
    () => answer(refusal),
    (error: unknown) => answer(refusalOf(error)),
  );
}

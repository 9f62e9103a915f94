/** To whom a topic belongs: access modes and topic epochs (protocol section 4.3). */
import type { ErrorCode } from '../../base/errors.ts';
import type { Recipient } from '../ports.ts';
import type { Decision, Facts } from '../runtime/behaviour.ts';
import { endInactivity } from './inactivity.ts';
import type { TopicOptions } from './options.ts';
import { paceNewcomer, releaseFenced } from './pacing.ts';
import { EXCEPTION } from './refusals.ts';
import { leaveSequence, takeUpSequence } from './sequences.ts';
import type { Producer, TopicState } from './state.ts';

/** Whether the producer may publish at once. `previous`: whose place it takes, if anybody's. */
export function admitByMode(
  state: TopicState,
  decision: Decision,
  producer: Producer,
  others: readonly Producer[],
  previous: Producer | undefined,
  facts: Facts,
  options: TopicOptions,
): boolean {
  const { waiting } = state.live;
  const exclusive = others.find(({ accessMode }) => accessMode !== 'Shared');
  const namesake = others.find(({ name }) => name === producer.name);
  const refused = (code: ErrorCode, exception: string, message: string) => {
    const text = `${EXCEPTION}${exception}: ${message}`;
    refuseProducer(decision, producer, code, text, namesake?.recipient);
    return false;
  };
  if (producer.accessMode === 'Shared') {
    const holder = exclusive ?? waiting[0];
    if (holder !== undefined) {
      const message = `Topic has an existing exclusive producer: ${holder.name}`;
      return refused('producer-busy', 'ProducerBusyException', message);
    }
    if (namesake !== undefined) {
      const message = `Producer with name '${namesake.name}' is already connected to topic`;
      return refused('producer-busy', 'NamingException', `${message} '${state.name}'`);
    }
    open(state, decision, producer, state.epoch, facts, options);
    return true;
  }
  if (isStale(state, producer)) {
    const message = `${EXCEPTION}${staleEpoch(state, producer)}`;
    refuseProducer(decision, producer, 'producer-fenced', message);
    return false;
  }
  const keepsItsPlace = previous !== undefined && previous.accessMode !== 'Shared';
  const busy = others.length > 0 || (waiting.length > 0 && !keepsItsPlace);
  switch (producer.accessMode) {
    case 'Exclusive': {
      if (!busy) break;
      const holder = exclusive ?? waiting[0];
      const message =
        holder === undefined
          ? 'Topic has existing shared producers'
          : `Topic has an existing exclusive producer: ${holder.name}`;
      return refused('producer-fenced', 'ProducerFencedException', message);
    }
    case 'WaitForExclusive':
      if (!busy) break;
      decision.change({ type: 'producer-waits', data: { producer } });
      decision.reply(producer.recipient, opened(producer, undefined, false, -1));
      return false;
    default:
      fenceOthers(state, decision, others, facts);
  }
  open(state, decision, producer, nextEpoch(state, producer), facts, options);
  return true;
}

/**
 * The topic is free: the first that waits gets it, unless others were exclusive meanwhile.
 * `leaving` are about to go.
 */
export function promote(
  state: TopicState,
  decision: Decision,
  facts: Facts,
  options: TopicOptions,
  leaving: readonly Producer[] = [],
): void {
  for (const next of state.live.waiting) {
    if (leaving.includes(next)) continue;
    if (!isStale(state, next)) {
      open(state, decision, next, nextEpoch(state, next), facts, options);
      return;
    }
    decision.change({ type: 'producer-removed', data: { key: next.key } });
    refuseProducer(decision, next, 'producer-fenced', `${EXCEPTION}${staleEpoch(state, next)}`);
  }
}

function fenceOthers(
  state: TopicState,
  decision: Decision,
  others: readonly Producer[],
  facts: Facts,
): void {
  for (const other of others) {
    decision.change({ type: 'producer-fenced', data: { key: other.key } });
    leaveSequence(state, decision, other, facts);
    releaseFenced(state, decision, other);
  }
  for (const waiter of state.live.waiting) {
    decision.change({ type: 'producer-removed', data: { key: waiter.key } });
    const message = `${EXCEPTION}ProducerFencedException: Fenced out`;
    refuseProducer(decision, waiter, 'producer-fenced', message);
  }
}

function open(
  state: TopicState,
  decision: Decision,
  producer: Producer,
  epoch: number | undefined,
  facts: Facts,
  options: TopicOptions,
): void {
  if (epoch !== undefined && epoch !== state.epoch) {
    decision.put({ type: 'epoch-set', data: { epoch } }, state.isPersistent);
  }
  endInactivity(state, decision);
  decision.change({ type: 'producer-added', data: { producer } });
  const last = takeUpSequence(state, decision, producer.name, facts, options);
  decision.reply(producer.recipient, opened(producer, epoch, true, last));
  paceNewcomer(state, decision, producer, facts, options);
}

function opened(
  producer: Producer,
  topicEpoch: number | undefined,
  ready: boolean,
  lastSequenceId: number | bigint,
) {
  const { producerId, requestId, name } = producer;
  return {
    type: 'producer-opened',
    producerId,
    requestId,
    name,
    lastSequenceId,
    topicEpoch,
    ready,
  } as const;
}

/** An exclusive producer keeps the epoch that it brings back, or begins the next one. */
function nextEpoch(state: TopicState, producer: Producer): number {
  if (producer.topicEpoch !== undefined) return producer.topicEpoch;
  return state.epoch === undefined ? 0 : state.epoch + 1;
}

/** Whether it brings an epoch that is over. */
function isStale(state: TopicState, { topicEpoch }: Producer): boolean {
  return topicEpoch !== undefined && state.epoch !== undefined && topicEpoch < state.epoch;
}

function staleEpoch(state: TopicState, { topicEpoch }: Producer): string {
  const epochs = `Current epoch: ${state.epoch}, Producer epoch: ${topicEpoch}`;
  return `ProducerFencedException: Topic epoch has already moved. ${epochs}`;
}

/** `holder`: who has the name, which may be a connection that died unnoticed. */
export function refuseProducer(
  decision: Decision,
  { recipient, requestId }: Producer,
  code: ErrorCode,
  message: string,
  holder?: Recipient,
): void {
  const effect = { type: 'refused', requestId, refusal: { code, message } } as const;
  decision.reply(recipient, holder === undefined ? effect : { ...effect, holder });
}

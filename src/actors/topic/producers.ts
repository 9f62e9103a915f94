/** Who may publish: names, access modes and epochs (protocol sections 4.2 and 4.3). */
import type { ErrorCode } from '../../base/errors.ts';
import { orNone } from '../../base/limits.ts';
import { compareLongs } from '../../base/long.ts';
import type { Recipient } from '../ports.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { AddProducer, RemoveProducer } from './commands.ts';
import { endWatch, watchInactivity } from './inactivity.ts';
import type { TopicOptions } from './options.ts';
import { paceNewcomer, releaseFenced } from './pacing.ts';
import { policiesOf } from './policies.ts';
import { boundSequences, leaveSequence, takeUpSequence } from './sequences.ts';
import type { Producer, TopicState } from './state.ts';
import { add } from './subscriptions.ts';

/** Pulsar's clients show the exception's name, so refusals carry it. */
const EXCEPTION = 'org.apache.pulsar.broker.service.BrokerServiceException$';

export function addProducer(
  state: TopicState,
  command: AddProducer,
  facts: Facts,
  options: TopicOptions,
): Decision {
  const decision = new Decision();
  const refusal = refusalOf(state, command, facts, options);
  if (refusal !== undefined) return refuse(decision, command, ...refusal);
  const name = command.name ?? `${options.clusterName}-0-${facts.nextId('producer')}`;
  const producer = producerOf(command, name, facts);
  const previous = state.live.byName.get(name);
  if (previous !== undefined) {
    if (!succeeds(producer, previous)) return refuseName(decision, state, command, previous);
    decision.change({ type: 'producer-removed', data: { key: previous.key } });
  }
  if (command.initialSubscription !== undefined) {
    addInitialSubscription(state, decision, command.initialSubscription);
  }
  boundSequences(state, decision, options);
  const others = [...state.live.producers.values()].filter((p) => p.key !== previous?.key);
  const isAdmitted = admitByMode(state, decision, producer, others, previous, facts, options);
  if (!isAdmitted && previous !== undefined && others.length === 0) {
    promote(state, decision, facts, options);
  }
  return decision;
}

/** Lets a producer go; the next one that waits for exclusive access takes its place. */
export function removeProducer(
  state: TopicState,
  command: RemoveProducer,
  facts: Facts,
  options: TopicOptions,
): Decision {
  const decision = new Decision();
  const { live } = state;
  const left = live.producers.get(command.key);
  decision.change({ type: 'producer-removed', data: { key: command.key } });
  if (left !== undefined) leaveSequence(state, decision, left, facts);
  if (command.reply !== undefined) {
    const { recipient, requestId } = command.reply;
    decision.reply(recipient, { type: 'done', requestId });
  }
  const remaining = live.producers.size - (left === undefined ? 0 : 1);
  if (left !== undefined && remaining === 0) promote(state, decision, facts, options);
  if (remaining === 0) watchInactivity(decision, facts, options);
  return decision;
}

/** The topic is free: the first that waits gets it, unless others were exclusive meanwhile. */
function promote(state: TopicState, decision: Decision, facts: Facts, options: TopicOptions): void {
  for (const next of state.live.waiting) {
    if (!isStale(state, next)) {
      open(state, decision, next, nextEpoch(state, next), facts, options);
      return;
    }
    decision.change({ type: 'producer-removed', data: { key: next.key } });
    refuseProducer(decision, next, 'producer-fenced', `${EXCEPTION}${staleEpoch(state, next)}`);
  }
}

/** Whether the producer may publish at once. `previous`: whose place it takes, if anybody's. */
function admitByMode(
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
  const refused = (code: ErrorCode, exception: string, message: string) => {
    refuseProducer(decision, producer, code, `${EXCEPTION}${exception}: ${message}`);
  };
  if (producer.accessMode === 'Shared') {
    const holder = exclusive ?? waiting[0];
    if (holder === undefined) {
      open(state, decision, producer, state.epoch, facts, options);
      return true;
    }
    const message = `Topic has an existing exclusive producer: ${holder.name}`;
    refused('producer-busy', 'ProducerBusyException', message);
    return false;
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
      refused('producer-fenced', 'ProducerFencedException', message);
      return false;
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
  endWatch(decision);
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

/** The same producer of the same connection, come again with a later epoch. */
function succeeds(producer: Producer, previous: Producer): boolean {
  return (
    producer.recipient === previous.recipient &&
    producer.producerId === previous.producerId &&
    compareLongs(producer.epoch, previous.epoch) > 0
  );
}

function refusalOf(
  state: TopicState,
  command: AddProducer,
  facts: Facts,
  options: TopicOptions,
): [ErrorCode, string] | undefined {
  if (!state.exists) return ['topic-not-found', `Topic ${state.name} does not exist`];
  if (state.progress.terminated) {
    const message = `${EXCEPTION}TopicTerminatedException: Topic was already terminated`;
    return ['topic-terminated', message];
  }
  const { encryptionRequired, maxProducers } = policiesOf(state, facts, options);
  if (encryptionRequired && !command.encrypts) {
    return ['metadata', `Encryption is required in ${state.name}`];
  }
  const { producers } = state.live;
  const host = hostOf(command.address);
  let fromHost = 0;
  if (Number.isFinite(options.maxProducersPerAddress)) {
    for (const { address } of producers.values()) if (hostOf(address) === host) fromHost++;
  }
  if (fromHost >= options.maxProducersPerAddress) {
    return ['producer-busy', `Topic '${state.name}' reached max same address producers limit`];
  }
  if (producers.size >= orNone(maxProducers)) {
    return ['producer-busy', `Topic '${state.name}' reached max producers limit`];
  }
  if (command.name === '') return ['invalid-argument', 'The producer name is empty'];
  return undefined;
}

/** The host of `host:port`. */
export function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'));
}

function refuseName(
  decision: Decision,
  state: TopicState,
  command: AddProducer,
  holder: Producer,
): Decision {
  const message = `Producer with name '${holder.name}' is already connected to topic`;
  const text = `${EXCEPTION}NamingException: ${message} '${state.name}'`;
  return refuse(decision, command, 'producer-busy', text, holder.recipient);
}

function refuse(
  decision: Decision,
  { reply }: AddProducer,
  code: ErrorCode,
  message: string,
  holder?: Recipient,
): Decision {
  const { recipient, requestId } = reply;
  const effect = { type: 'refused', requestId, refusal: { code, message } } as const;
  decision.reply(recipient, holder === undefined ? effect : { ...effect, holder });
  return decision;
}

function refuseProducer(
  decision: Decision,
  { recipient, requestId }: Producer,
  code: ErrorCode,
  message: string,
): void {
  decision.reply(recipient, { type: 'refused', requestId, refusal: { code, message } });
}

/** Whether it brings an epoch that is over. */
function isStale(state: TopicState, { topicEpoch }: Producer): boolean {
  return topicEpoch !== undefined && state.epoch !== undefined && topicEpoch < state.epoch;
}

function staleEpoch(state: TopicState, { topicEpoch }: Producer): string {
  const epochs = `Current epoch: ${state.epoch}, Producer epoch: ${topicEpoch}`;
  return `ProducerFencedException: Topic epoch has already moved. ${epochs}`;
}

function addInitialSubscription(state: TopicState, decision: Decision, name: string): void {
  // Pulsar's non-persistent topics have no subscriptions without consumers.
  if (!state.isPersistent || state.subscriptions.has(name)) return;
  add(state, decision, {
    name,
    durable: true,
    acked: state.progress.first,
    ackSet: undefined,
    properties: {},
    replicated: false,
  });
}

function producerOf(command: AddProducer, name: string, facts: Facts): Producer {
  return {
    key: command.key,
    producerId: command.producerId,
    requestId: command.reply.requestId,
    recipient: command.reply.recipient,
    name,
    epoch: command.epoch,
    accessMode: command.accessMode,
    topicEpoch: command.topicEpoch,
    encrypts: command.encrypts,
    metadata: command.metadata,
    address: command.address,
    clientVersion: command.clientVersion,
    connectedAtMs: facts.nowMs,
    messages: 0,
    bytes: 0,
    dropped: 0,
    unstored: { messages: 0, bytes: 0 },
  };
}

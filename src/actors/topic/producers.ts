/** Who may publish: producers come and go under names (protocol section 4.2). */
import { orNone } from '../../base/limits.ts';
import { compareLongs } from '../../base/long.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import { admitByMode, promote, refuseProducer } from './access.ts';
import { quotaRefusal } from './backlog-quota.ts';
import type { AddProducer, RemoveProducer } from './commands.ts';
import type { TopicOptions } from './options.ts';
import { policiesOf } from './policies.ts';
import { NO_ROOM, notEncrypting, TERMINATED, type WhyNot } from './refusals.ts';
import { boundSequences, leaveSequence } from './sequences.ts';
import { attachedProducers, type Producer, type TopicState } from './state.ts';
import { add } from './subscriptions.ts';

export function addProducer(
  state: TopicState,
  command: AddProducer,
  facts: Facts,
  options: TopicOptions,
): Decision {
  const decision = new Decision();
  const refusal = refusalOf(state, command, facts, options);
  if (refusal !== undefined) return decision.refuse(command.reply, ...refusal);
  const name = command.name ?? `${options.clusterName}-0-${facts.nextId('producer')}`;
  const producer = producerOf(command, name, facts);
  const holder = state.live.byName.get(name);
  const previous = holder !== undefined && succeeds(producer, holder) ? holder : undefined;
  if (previous !== undefined) {
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
  return decision;
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
): WhyNot | undefined {
  if (!state.exists) return ['topic-not-found', `Topic ${state.name} does not exist`];
  if (state.progress.terminated) return TERMINATED;
  if (state.isPersistent && facts.isStorageShort) return NO_ROOM;
  const { encryptionRequired, maxProducers } = policiesOf(state, facts, options);
  if (encryptionRequired && !command.encrypts) return notEncrypting(state.name);
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
  const overQuota = quotaRefusal(state, facts, options);
  if (overQuota !== undefined) return overQuota;
  if (command.name === '') return ['invalid-argument', 'The producer name is empty'];
  return undefined;
}

/** The host of `host:port`. */
export function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'));
}

/** Producers go: those that wait are refused, since they have no place to be closed in. */
export function closeProducers(
  state: TopicState,
  decision: Decision,
  facts: Facts,
  why: WhyNot,
  producers = attachedProducers(state),
): void {
  for (const producer of producers) {
    const { key, recipient, producerId } = producer;
    decision.change({ type: 'producer-removed', data: { key } });
    if (state.live.waiting.includes(producer)) {
      refuseProducer(decision, producer, ...why);
      continue;
    }
    leaveSequence(state, decision, producer, facts);
    decision.reply(recipient, { type: 'producer-closed', producerId });
  }
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

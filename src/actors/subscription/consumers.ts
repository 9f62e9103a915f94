/** Consumers come and go, and one of them is active where only one may receive. */
import type { ErrorCode } from '../../base/errors.ts';
import { orNone } from '../../base/limits.ts';
import type { CursorExposed, TopicExposed } from '../exposed.ts';
import { cursorActor, topicActor } from '../names.ts';
import type { PolicyValues } from '../policies/values.ts';
import type { ActiveConsumer } from '../ports.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { ReplyTo, SubscriptionGone } from '../topic/commands.ts';
import { activeWith, activeWithout, ruleOf } from './active.ts';
import type {
  KeySharedMode,
  RemoveConsumer,
  Subscribe,
  SubscriptionType,
  Unsubscribe,
} from './commands.ts';
import { endWait } from './delays.ts';
import type { SubscriptionOptions } from './options.ts';
import { policiesOf } from './policies.ts';
import { rangesConflict, ringDistance } from './selector.ts';
import { adoptSettings } from './settings.ts';
import { tellSource } from './source.ts';
import type { Consumer, SubscriptionState } from './state.ts';
import { holdNothing, unackedLimitsOf } from './unacked.ts';

export function attach(
  state: SubscriptionState,
  command: Subscribe,
  actor: string,
  facts: Facts,
  options: SubscriptionOptions,
): Decision {
  const decision = new Decision();
  const { reply } = command;
  const policies = policiesOf(state, facts, options);
  const conflict = conflictOf(state, command, policies);
  if (conflict !== undefined) return refuse(decision, reply, conflict);
  adoptSettings(state, decision, command);
  const consumer = consumerOf(command, state.topic, facts);
  const keyShared = command.subType === 'Key_Shared' ? keySharedOf(command) : undefined;
  const unackedLimits = unackedLimitsOf(policies);
  decision.change({
    type: 'consumer-added',
    data: { consumer, type: command.subType, keyShared, unackedLimits },
  });
  if (isFinished(state, facts)) decision.tell(actor, { type: 'caught-up' });
  const success = {
    type: 'subscribed',
    consumerId: command.consumerId,
    requestId: reply.requestId,
    actor,
  } as const;
  if (isShared(command.subType)) {
    decision.reply(reply.recipient, success);
    decision.again = { type: 'dispatch' };
    return decision;
  }
  const { subType } = command;
  const { active } = state.live;
  const rule = ruleOf(state.topic, subType, options);
  const chosen = activeWith(rule, state.live, consumer);
  const changes = chosen.key !== active;
  // A consumer that joins behind the active one learns it before its success.
  if (!changes) {
    announceJoiner(decision, consumer, subType, active, state.live.activeChange);
  }
  decision.reply(reply.recipient, success);
  if (changes) activate(state, decision, chosen, subType, facts, options, { joiner: consumer });
  return decision;
}

/** Whether the topic has ended and all of it is acknowledged: who joins now is told at once. */
function isFinished(state: SubscriptionState, facts: Facts): boolean {
  const topic = facts.exposed(topicActor(state.topic)) as TopicExposed | undefined;
  if (topic?.progress.terminated !== true) return false;
  const actor = cursorActor(state.topicId, state.name);
  const cursor = facts.exposed(actor) as CursorExposed | undefined;
  return cursor !== undefined && cursor.acked >= topic.next;
}

/** CLOSE_CONSUMER by the client, or its connection is gone. */
export function detach(
  state: SubscriptionState,
  command: RemoveConsumer,
  facts: Facts,
  options: SubscriptionOptions,
): Decision {
  const decision = new Decision();
  remove(state, decision, [command.key], facts, options);
  if (command.reply !== undefined) done(decision, command.reply);
  return decision;
}

/** The broker closes consumers: they may come back at once. */
export function closeConsumers(
  state: SubscriptionState,
  decision: Decision,
  keys: readonly number[],
  facts: Facts,
  options: SubscriptionOptions,
): void {
  for (const key of keys) {
    const consumer = state.live.consumers.get(key);
    if (consumer === undefined) continue;
    const { recipient, consumerId } = consumer;
    decision.reply(recipient, { type: 'consumer-closed', consumerId });
  }
  remove(state, decision, keys, facts, options);
}

/** UNSUBSCRIBE: only for the sole consumer, unless forced (protocol section 5.8). */
export function unsubscribe(
  state: SubscriptionState,
  command: Unsubscribe,
  facts: Facts,
  options: SubscriptionOptions,
): Decision {
  const decision = new Decision();
  const { key, reply, force } = command;
  const { consumers } = state.live;
  const consumer = consumers.get(key);
  if (consumer === undefined) {
    return refuse(decision, reply, ['consumer-not-found', 'Consumer not found']);
  }
  const others = [...consumers.keys()].filter((other) => other !== key);
  if (others.length > 0 && !force) {
    const message = 'Unconnected or shared consumer attempting to unsubscribe';
    return refuse(decision, reply, ['metadata', message]);
  }
  closeConsumers(state, decision, others, facts, options);
  decision.change({ type: 'consumer-removed', data: { key } });
  vanish(state, decision);
  done(decision, reply);
  // Who has heard that it is done needs no more; who hears that it failed has to subscribe again.
  const { recipient, consumerId } = consumer;
  decision.reply(recipient, { type: 'consumer-closed', consumerId });
  return decision;
}

/** The subscription ends: with its durable record if it has one. */
export function vanish(state: SubscriptionState, decision: Decision): void {
  holdNothing(state, decision);
  decision.put({ type: 'deleted', data: {} }, state.durable);
  decision.tell(topicActor(state.topic), goneOf(state));
}

/** For its topic. */
export function goneOf({ topicId, name, live }: SubscriptionState): SubscriptionGone {
  const out = { messages: live.messagesOut, bytes: live.bytesOut };
  return { type: 'subscription-gone', topicId, name, out };
}

/**
 * The delay after a change of the active consumer is over: it starts at the first unacked entry.
 */
export function switchActive(state: SubscriptionState): Decision {
  const decision = new Decision();
  const { live } = state;
  if (!live.switching || live.active === undefined) return decision;
  const change = live.activeChange + 1;
  decision.change({ type: 'active-changed', data: { key: live.active, switching: false, change } });
  decision.change({ type: 'rewound', data: {} });
  // Everybody hears of a change once, when it takes effect, and before any message that follows.
  for (const consumer of inOrder([...live.consumers.values()])) {
    if (!consumer.knowsActiveChange) continue;
    decision.send(consumer.recipient, noticeFor(consumer, live.active, change));
  }
  decision.again = { type: 'dispatch' };
  return decision;
}

function remove(
  state: SubscriptionState,
  decision: Decision,
  keys: readonly number[],
  facts: Facts,
  options: SubscriptionOptions,
): void {
  const { live } = state;
  const present = new Set(keys.filter((key) => live.consumers.has(key)));
  if (present.size === 0) return;
  for (const key of present) decision.change({ type: 'consumer-removed', data: { key } });
  if (present.size === live.consumers.size) {
    endWait(state, decision);
    holdNothing(state, decision);
    if (!state.durable) vanish(state, decision);
    else tellSource(state, decision, { type: 'clear-redeliveries' });
    return;
  }
  const { type } = live;
  if (type === 'Exclusive' || type === 'Failover') {
    const rule = ruleOf(state.topic, type, options);
    const chosen = activeWithout(rule, live, present);
    if (chosen.key !== live.active) {
      activate(state, decision, chosen, type, facts, options, { leavers: present });
      return;
    }
  }
  decision.again = { type: 'dispatch' };
}

/** Who comes or goes with a change of the active consumer. */
interface Change {
  readonly joiner?: Consumer;
  readonly leavers?: ReadonlySet<number>;
}

/**
 * Failover waits a while before the new one reads, since the old one may still acknowledge. On a
 * non-persistent topic it does not, and nobody but one that joins is told, as with Pulsar.
 */
function activate(
  state: SubscriptionState,
  decision: Decision,
  chosen: Consumer,
  type: 'Exclusive' | 'Failover',
  facts: Facts,
  options: SubscriptionOptions,
  { joiner, leavers }: Change,
): void {
  const { key } = chosen;
  const { isPersistent } = state;
  const switching = isPersistent && type === 'Failover' && options.failoverDelayMs > 0;
  const change = state.live.activeChange + 1;
  decision.change({ type: 'active-changed', data: { key, switching, change } });
  decision.change({ type: 'rewound', data: {} });
  if (!switching) {
    if (isPersistent) {
      const consumers = [...state.live.consumers.values()].filter(
        (consumer) => leavers?.has(consumer.key) !== true,
      );
      if (joiner !== undefined) consumers.push(joiner);
      announce(decision, consumers, key, change, type, joiner);
    }
    decision.again = { type: 'dispatch' };
    return;
  }
  // A change while one is pending takes effect with it.
  if (state.live.switching) return;
  decision.wake({
    name: 'switch',
    atMs: facts.nowMs + options.failoverDelayMs,
    command: { type: 'switch-active' },
  });
}

/** The best priority first, and by name within one. */
function inOrder(consumers: readonly Consumer[]): Consumer[] {
  return [...consumers].sort(
    (a, b) => a.priorityLevel - b.priorityLevel || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
}

/** Those who are there hear it before any message; one that joins hears its success first. */
function announce(
  decision: Decision,
  consumers: readonly Consumer[],
  active: number,
  change: number,
  type: 'Exclusive' | 'Failover',
  joiner: Consumer | undefined,
): void {
  for (const consumer of inOrder(consumers)) {
    if (consumer === joiner) announceJoiner(decision, consumer, type, active, change);
    else if (type === 'Failover' && consumer.knowsActiveChange) {
      decision.send(consumer.recipient, noticeFor(consumer, active, change));
    }
  }
}

function announceJoiner(
  decision: Decision,
  consumer: Consumer,
  type: 'Exclusive' | 'Failover',
  active: number | undefined,
  change: number,
): void {
  if (type !== 'Failover' || !consumer.knowsActiveChange) return;
  decision.reply(consumer.recipient, noticeFor(consumer, active, change));
}

function noticeFor(
  { consumerId, key }: Consumer,
  active: number | undefined,
  change: number,
): ActiveConsumer {
  return { type: 'active-consumer', consumerId, active: key === active, change };
}

/** Where several receive at once, messages come again one by one, and epochs mean nothing. */
function isShared(type: SubscriptionType): type is 'Shared' | 'Key_Shared' {
  return type === 'Shared' || type === 'Key_Shared';
}

type Conflict = readonly [ErrorCode, string, Consumer?];

function conflictOf(
  state: SubscriptionState,
  command: Subscribe,
  policies: PolicyValues,
): Conflict | undefined {
  const { live } = state;
  if (!state.exists)
    return ['subscription-not-found', `Subscription ${command.subscription} is gone`];
  if (live.consumers.size === 0) return keySharedConflict(state, command);
  if (live.type !== command.subType) {
    const message =
      `Subscription is of different type. Active subscription type of '${live.type}' is ` +
      `different than the connecting consumer's type '${command.subType}'.`;
    return ['consumer-busy', message];
  }
  if (command.subType === 'Exclusive') {
    const holder = live.consumers.values().next().value;
    const message = 'Exclusive consumer is already connected';
    return holder === undefined ? undefined : ['consumer-busy', message, holder];
  }
  if (live.consumers.size >= orNone(policies.maxConsumersPerSubscription)) {
    return ['consumer-busy', 'Subscription reached max consumers limit'];
  }
  return keySharedConflict(state, command);
}

function keySharedConflict(state: SubscriptionState, command: Subscribe): Conflict | undefined {
  if (command.subType !== 'Key_Shared') return undefined;
  const { live } = state;
  const wanted = keySharedOf(command);
  const current = live.consumers.size === 0 ? undefined : live.keyShared;
  if (current !== undefined) {
    if (current.mode !== wanted.mode) {
      const message =
        'Subscription is of different type. Active subscription key_shared mode of ' +
        `'${current.mode}' is different than the connecting consumer's key_shared mode ` +
        `'${wanted.mode}'.`;
      return ['consumer-busy', message];
    }
    if (current.allowOutOfOrder !== wanted.allowOutOfOrder) {
      const says = (allowed: boolean) => (allowed ? 'allows' : 'does not allow');
      const message =
        'Subscription is of different type. Active subscription ' +
        `${says(current.allowOutOfOrder)} out of order delivery while the connecting consumer ` +
        `${says(wanted.allowOutOfOrder)} it.`;
      return ['consumer-busy', message];
    }
  }
  if (wanted.mode !== 'STICKY') return undefined;
  const overlap = rangesConflict(wanted.ranges, [...live.consumers.values()]);
  return overlap === undefined ? undefined : ['consumer-assign', overlap];
}

function keySharedOf(command: Subscribe): KeySharedMode {
  return command.keyShared ?? { mode: 'AUTO_SPLIT', allowOutOfOrder: false, ranges: [] };
}

function consumerOf(command: Subscribe, topic: string, facts: Facts): Consumer {
  return {
    key: command.key,
    consumerId: command.consumerId,
    recipient: command.reply.recipient,
    name: command.consumerName,
    priorityLevel: command.priorityLevel,
    takesAnySchema: command.takesAnySchema ?? false,
    readCompacted: command.readCompacted,
    ranges: command.keyShared?.ranges ?? [],
    ringDistance: command.subType === 'Failover' ? ringDistance(topic, command.consumerName) : 0,
    metadata: command.metadata,
    address: command.address,
    clientVersion: command.clientVersion,
    connectedAtMs: facts.nowMs,
    knowsEndOfTopic: command.knowsEndOfTopic,
    knowsActiveChange: command.knowsActiveChange,
    epoch: isShared(command.subType) ? undefined : command.consumerEpoch,
    permits: 0,
    unacked: 0,
    given: [],
    blocked: false,
    congested: false,
    heldMark: 0,
    endSent: false,
    messagesOut: 0,
    bytesOut: 0,
    acked: 0,
    redelivered: 0,
    messagesPerEntry: 0,
    lastAckedAtMs: 0,
    firstDeliveredAtMs: 0,
    lastDeliveredAtMs: 0,
    firstFlowAtMs: 0,
    lastFlowAtMs: 0,
  };
}

export function done(decision: Decision, { recipient, requestId }: ReplyTo): void {
  decision.reply(recipient, { type: 'done', requestId });
}

export function refuse(
  decision: Decision,
  { recipient, requestId }: ReplyTo,
  [code, message, holder]: Conflict,
): Decision {
  const effect = { type: 'refused', requestId, refusal: { code, message } } as const;
  const full = holder === undefined ? effect : { ...effect, holder: holder.recipient };
  decision.reply(recipient, full);
  return decision;
}

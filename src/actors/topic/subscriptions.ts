/** A topic's subscriptions: it names them, opens their cursors and passes consumers on to them. */
import type { ErrorCode } from '../../base/errors.ts';
import { orNone } from '../../base/limits.ts';
import type { Position } from '../../base/position.ts';
import type { SubscriptionExposed } from '../exposed.ts';
import { COMPACTION_SUBSCRIPTION, cursorActor, subscriptionActor } from '../names.ts';
import { isNoSubscribeRate } from '../policies/table.ts';
import type { PolicyValues } from '../policies/values.ts';
import { compactedView, offsetAtOrAfter, offsetOfEntry, type TopicProgress } from '../progress.ts';
import { Decision, type Facts } from '../runtime/behaviour.ts';
import type { Subscribe } from '../subscription/commands.ts';
import type {
  CreateSubscription,
  CursorMoved,
  DeleteSubscription,
  SubscriptionGone,
} from './commands.ts';
import { forgetCompacted } from './compaction.ts';
import { endInactivity } from './inactivity.ts';
import type { TopicOptions } from './options.ts';
import { applyDispatchRate } from './pacing.ts';
import { policiesOf } from './policies.ts';
import { hostOf } from './producers.ts';
import { trim } from './retention.ts';
import type { TopicState } from './state.ts';
import { countSubscribing, subscriberOf } from './subscribe-rate.ts';

/** SUBSCRIBE: makes sure that the subscription is there, then hands the consumer to it. */
export function subscribe(
  state: TopicState,
  command: Subscribe,
  facts: Facts,
  options: TopicOptions,
): Decision {
  const decision = new Decision();
  const name = command.subscription;
  const entry = state.subscriptions.get(name);
  const refusal =
    subscribeRefusal(state, command, facts, options) ??
    consumerRefusal(state, command, facts, options);
  if (refusal !== undefined) return decision.refuse(command.reply, ...refusal);
  const { startTimeMs } = command;
  if (entry === undefined && startTimeMs !== undefined && state.isPersistent) {
    return findStart(state, command, startTimeMs);
  }
  const { subscribeRate } = policiesOf(state, facts, options);
  if (!isNoSubscribeRate(subscribeRate)) {
    const subscribing = countSubscribing(state, command, subscribeRate, facts.nowMs);
    if (subscribing === undefined) return decision.refuse(command.reply, ...TOO_OFTEN);
    const subscriber = subscriberOf(command);
    decision.change({ type: 'subscribing-counted', data: { subscriber, subscribing } });
  }
  applyDispatchRate(state, decision, facts, options);
  if (entry === undefined) {
    const acked = startOffset(state, command);
    add(state, decision, {
      name,
      durable: isDurable(state, command),
      acked,
      readsCompacted: command.readCompacted,
      ackSet: startAckSet(state, command),
      properties: command.subscriptionProperties,
      replicated: command.replicated,
    });
  }
  if (entry !== undefined) {
    endInactivity(state, decision);
    if (entry.idleSinceMs !== undefined) {
      decision.record({ type: 'subscription-used', data: { name } });
    }
  }
  decision.tell(subscriptionActor(state.progress.topicId, name), command);
  // Who comes next is counted with this one.
  decision.awaitsMail = hasConsumerLimit(policiesOf(state, facts, options), options);
  return decision;
}

function hasConsumerLimit({ maxConsumers }: PolicyValues, options: TopicOptions): boolean {
  return Number.isFinite(orNone(maxConsumers)) || Number.isFinite(options.maxConsumersPerAddress);
}

const TOO_OFTEN = [
  'not-allowed',
  'Subscribe limited by subscribe rate limit per consumer.',
] as const;

/** Where nothing is stored, a subscription lasts as long as its consumers, whatever they ask. */
function isDurable({ isPersistent }: TopicState, { durable }: Subscribe): boolean {
  return durable && isPersistent;
}

/** A new subscription that begins at a publish time: the command comes back with the position. */
function findStart(state: TopicState, command: Subscribe, timeMs: number): Decision {
  const decision = new Decision();
  const { progress } = state;
  const { startTimeMs: _, ...rest } = command;
  decision.find({
    topicId: progress.topicId,
    from: progress.first,
    to: progress.end,
    timeMs,
    reply: rest.reply,
    // One that is not found out is as good as none, as it is with Pulsar.
    result: (startOffset): Subscribe =>
      startOffset === undefined ? rest : { ...rest, startOffset },
  });
  return decision;
}

export function createSubscription(
  state: TopicState,
  command: CreateSubscription,
  facts: Facts,
  options: TopicOptions,
): Decision {
  const decision = new Decision();
  const { name, reply } = command;
  const refusal =
    existence(state) ??
    nameRefusal(name, options) ??
    countRefusal(state, policiesOf(state, facts, options));
  if (refusal !== undefined) return decision.refuse(reply, ...refusal);
  if (state.subscriptions.has(name)) {
    return decision.refuse(reply, 'already-exists', 'Subscription already exists for topic');
  }
  add(state, decision, {
    name,
    durable: true,
    acked: positionToOffset(state, command.position),
    ackSet: undefined,
    properties: command.properties,
    replicated: command.replicated,
  });
  decision.answer(reply);
  return decision;
}

/** REST's deletion: the subscription decides, since it knows its consumers. */
export function deleteSubscription(state: TopicState, command: DeleteSubscription): Decision {
  const decision = new Decision();
  if (!state.subscriptions.has(command.name)) {
    const message = `Subscription ${command.name} not found for topic ${state.name}`;
    return decision.refuse(command.reply, 'subscription-not-found', message);
  }
  const actor = subscriptionActor(state.progress.topicId, command.name);
  decision.tell(actor, { type: 'delete', reply: command.reply, force: command.force });
  return decision;
}

export function subscriptionGone(
  state: TopicState,
  { topicId, name, out }: SubscriptionGone,
): Decision {
  const decision = new Decision();
  const entry = state.subscriptions.get(name);
  if (entry === undefined || topicId !== state.progress.topicId) return decision;
  decision.put({ type: 'subscription-removed', data: { name } }, entry.durable);
  decision.change({ type: 'sent-by-gone', data: out });
  if (state.isPersistent) decision.tell(cursorActor(topicId, name), { type: 'drop' });
  if (name === COMPACTION_SUBSCRIPTION) forgetCompacted(state, decision);
  decision.again = { type: 'trim' };
  return decision;
}

export function cursorMoved(state: TopicState, { name, acked }: CursorMoved): Decision {
  const decision = new Decision();
  const entry = state.subscriptions.get(name);
  if (entry === undefined) return decision;
  decision.change({ type: 'cursor-moved', data: { name, acked } });
  if (entry.durable) decision.again = { type: 'trim' };
  return decision;
}

export function trimNow(state: TopicState, facts: Facts, options: TopicOptions): Decision {
  const decision = new Decision();
  if (state.exists) trim(state, decision, facts, options);
  return decision;
}

interface NewSubscription {
  readonly name: string;
  readonly durable: boolean;
  readonly acked: number;
  readonly readsCompacted?: boolean;
  readonly ackSet: readonly bigint[] | undefined;
  readonly properties: Readonly<Record<string, string>>;
  readonly replicated: boolean;
}

/** The subscription, its cursor and the topic's knowledge of them: one batch, all or nothing. */
export function add(state: TopicState, decision: Decision, subscription: NewSubscription): void {
  const { name, durable, acked, readsCompacted, ackSet, properties, replicated } = subscription;
  const { isPersistent, progress } = state;
  const { topicId } = progress;
  endInactivity(state, decision);
  const reader = durable || readsCompacted !== true ? {} : { readsCompacted };
  const data = { name, durable, acked, ...reader };
  decision.put({ type: 'subscription-added', data }, durable);
  const common = { topic: state.name, topicId, name, durable };
  if (isPersistent) {
    decision.tell(cursorActor(topicId, name), { type: 'open', ...common, acked, ackSet });
  }
  decision.tell(subscriptionActor(topicId, name), {
    type: 'open',
    ...common,
    isPersistent,
    properties,
    replicated,
  });
}

/** Readers of the compacted topic begin among what is compacted. */
function progressFor({ progress }: TopicState, { readCompacted }: Subscribe): TopicProgress {
  return readCompacted ? compactedView(progress) : progress;
}

function startOffset(state: TopicState, command: Subscribe): number {
  const { next } = state;
  const progress = progressFor(state, command);
  if (command.startOffset !== undefined) {
    const isFirst = command.startOffset <= state.progress.first;
    return isFirst ? progress.first : Math.min(command.startOffset, next);
  }
  if (!command.durable && command.startPosition !== undefined) {
    const offset = offsetAtOrAfter(progress, command.startPosition);
    // A position past everything is none: the initial position says where to begin, as in Pulsar.
    if (offset < progress.end) return offset;
  }
  return command.initialPosition === 'Earliest' ? progress.first : next;
}

/** Indexes of a batch mean that very batch, not the entry that comes in its stead. */
function startAckSet(state: TopicState, command: Subscribe): readonly bigint[] | undefined {
  const { durable, startPosition: start } = command;
  if (durable || start === undefined) return undefined;
  const isThere = offsetOfEntry(progressFor(state, command), start.ledgerId, start.entryId) >= 0;
  return isThere ? command.startAckSet : undefined;
}

function positionToOffset(state: TopicState, position: Position): number {
  const offset = offsetAtOrAfter(state.progress, position);
  // A position past everything means "from now on", after what is still being stored.
  return offset >= state.progress.end ? state.next : offset;
}

function subscribeRefusal(
  state: TopicState,
  command: Subscribe,
  facts: Facts,
  options: TopicOptions,
): [ErrorCode, string] | undefined {
  const name = command.subscription;
  const refusal = existence(state) ?? nameRefusal(name, options);
  if (refusal !== undefined) return refusal;
  if (command.readCompacted && !state.isPersistent) {
    return ['not-allowed', 'readCompacted only valid on persistent topics'];
  }
  const single = command.subType === 'Exclusive' || command.subType === 'Failover';
  if (command.readCompacted && !single) {
    const message = 'readCompacted only allowed on failover or exclusive subscriptions';
    return ['not-allowed', message];
  }
  const policies = policiesOf(state, facts, options);
  if (!policies.subscriptionTypes.includes(command.subType)) {
    return ['not-allowed', `Topic[{${state.name}}] doesn't support ${command.subType} sub type!`];
  }
  const entry = state.subscriptions.get(name);
  const mayCreate = policies.autoSubscriptionCreation.allowAutoSubscriptionCreation;
  if (entry === undefined && isDurable(state, command) && !mayCreate) {
    return ['subscription-not-found', 'Subscription does not exist'];
  }
  if (entry === undefined) return countRefusal(state, policies);
  if (entry.durable === isDurable(state, command)) return undefined;
  const kind = entry.durable ? 'Durable' : 'NonDurable';
  return ['not-allowed', `${kind} subscription with the same name already exists.`];
}

/** Limits over all subscriptions of the topic; looked at only where they are set. */
function consumerRefusal(
  state: TopicState,
  command: Subscribe,
  facts: Facts,
  options: TopicOptions,
): [ErrorCode, string] | undefined {
  const policies = policiesOf(state, facts, options);
  if (!hasConsumerLimit(policies, options)) return undefined;
  const { maxConsumersPerAddress } = options;
  const maxConsumers = orNone(policies.maxConsumers);
  let all = 0;
  let fromHost = 0;
  for (const name of state.subscriptions.keys()) {
    const actor = subscriptionActor(state.progress.topicId, name);
    for (const { address } of (facts.exposed(actor) as SubscriptionExposed).consumers.values()) {
      all++;
      if (hostOf(address) === hostOf(command.address)) fromHost++;
    }
  }
  if (all >= maxConsumers) return ['consumer-busy', 'Topic reached max consumers limit'];
  if (fromHost < maxConsumersPerAddress) return undefined;
  return ['consumer-busy', 'Topic reached max same address consumers limit'];
}

function existence(state: TopicState): [ErrorCode, string] | undefined {
  return state.exists ? undefined : ['topic-not-found', `Topic ${state.name} does not exist`];
}

/** The longest name of a subscription in bytes: it is part of a key. */
const MAX_NAME_BYTES = 1_500;

function nameRefusal(
  name: string,
  { strictSubscriptionNames }: TopicOptions,
): [ErrorCode, string] | undefined {
  if (name.trim() === '') return ['subscription-name', 'Empty subscription name'];
  if (name.startsWith('pulsar.repl') || name === 'pulsar.dedup') {
    return ['subscription-name', 'Subscription with reserved subscription name attempted'];
  }
  if (strictSubscriptionNames && !/^[-=:.\w]*$/.test(name)) {
    return ['subscription-name', `Invalid subscription name '${name}': use letters, digits, -=:._`];
  }
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
    return ['subscription-name', `The subscription name is longer than ${MAX_NAME_BYTES} bytes`];
  }
  return undefined;
}

function countRefusal(
  state: TopicState,
  { maxSubscriptions }: PolicyValues,
): [ErrorCode, string] | undefined {
  if (state.subscriptions.size < orNone(maxSubscriptions)) return undefined;
  return ['conflict', `Exceed the maximum number of subscriptions of the topic: ${state.name}`];
}

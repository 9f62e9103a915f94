/** The subscription as the runtime sees it. */
import type { SubscriptionExposed } from '../exposed.ts';
import { topicActor } from '../names.ts';
import { type Behaviour, Decision } from '../runtime/behaviour.ts';
import type { ConsumerHashes, ConsumerView } from '../views.ts';
import { decideSubscription, type SubscriptionMail } from './decide.ts';
import { passedBy } from './delays.ts';
import type { SubscriptionEvent } from './events.ts';
import { evolveSubscription } from './evolve.ts';
import type { SubscriptionOptions } from './options.ts';
import { tellSource } from './source.ts';
import {
  type Consumer,
  initialSubscription,
  restoreSubscription,
  type SubscriptionState,
  snapshotSubscription,
} from './state.ts';
import { holdNothing } from './unacked.ts';

export function subscriptionBehaviour(
  options: SubscriptionOptions,
): Behaviour<SubscriptionState, SubscriptionMail, SubscriptionEvent> {
  return {
    kind: 'subscription',
    initial: initialSubscription,
    decide: (state, command, facts) => decideSubscription(state, command, facts, options),
    evolve: (state, event) => evolveSubscription(state, event, options),
    phase: (state) => (state.deleted ? 'deleted' : 'open'),
    exists: (state) => state.exists && state.durable,
    idle: (state) => state.live.consumers.size === 0 && (state.durable || !state.exists),
    snapshot: snapshotSubscription,
    restore: restoreSubscription,
    recovered: () => undefined,
    topicOf: ({ topic }) => topic,
    expose: viewOf,
    abandon,
  };
}

function abandon(state: SubscriptionState): Decision {
  const decision = new Decision();
  const { exists, durable, topic, topicId, name, live } = state;
  holdNothing(state, decision);
  if (exists && durable) tellSource(state, decision, { type: 'clear-redeliveries' });
  else if (exists) decision.tell(topicActor(topic), { type: 'subscription-gone', topicId, name });
  for (const { recipient, consumerId } of live.consumers.values()) {
    decision.send(recipient, { type: 'consumer-closed', consumerId });
  }
  return decision;
}

function viewOf(state: SubscriptionState): SubscriptionExposed {
  const { live } = state;
  const ranges = live.type === 'Key_Shared' ? live.selector?.ranges() : undefined;
  const draining = live.holders.draining();
  const active = live.active === undefined ? undefined : live.consumers.get(live.active);
  return {
    name: state.name,
    durable: state.durable,
    type: live.type,
    activeConsumer: active?.name,
    consumers: [...live.consumers.values()].map((consumer) =>
      consumerView(consumer, {
        hashRanges: ranges?.get(consumer.key) ?? [],
        drainingHashes: draining.get(consumer.key) ?? [],
        drainedHashes: live.holders.clearedOf(consumer.key),
      }),
    ),
    replicated: state.replicated,
    properties: state.properties,
    out: { messages: live.messagesOut, bytes: live.bytesOut },
    redelivered: live.redelivered,
    dropped: live.dropped,
    throttled: live.throttled,
    unacked: live.unacked,
    blocked: live.blocked || live.isHeldByBroker,
    inReplay: live.replay.size,
    passed: passedBy(live),
    keyShared: live.keyShared,
    lastFlowAtMs: live.lastFlowAtMs,
    lastDeliveredAtMs: live.lastDeliveredAtMs,
    lastAckedAtMs: live.lastAckedAtMs,
  };
}

function consumerView(consumer: Consumer, hashes: ConsumerHashes): ConsumerView {
  return {
    consumerId: consumer.consumerId,
    name: consumer.name,
    address: consumer.address,
    clientVersion: consumer.clientVersion,
    connectedAtMs: consumer.connectedAtMs,
    metadata: consumer.metadata,
    priorityLevel: consumer.priorityLevel,
    takesAnySchema: consumer.takesAnySchema,
    permits: consumer.permits,
    unacked: consumer.unacked,
    blocked: consumer.blocked,
    out: { messages: consumer.messagesOut, bytes: consumer.bytesOut },
    acked: consumer.acked,
    redelivered: consumer.redelivered,
    messagesPerEntry: consumer.messagesPerEntry,
    lastAckedAtMs: consumer.lastAckedAtMs,
    firstDeliveredAtMs: consumer.firstDeliveredAtMs,
    lastDeliveredAtMs: consumer.lastDeliveredAtMs,
    firstFlowAtMs: consumer.firstFlowAtMs,
    lastFlowAtMs: consumer.lastFlowAtMs,
    ...hashes,
  };
}

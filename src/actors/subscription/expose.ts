/** A subscription as others see it. */
import type { SubscriptionExposed } from '../exposed.ts';
import type { ConsumerHashes, ConsumerView, SubscriptionView } from '../views.ts';
import { passedBy } from './delays.ts';
import type { Consumer, SubscriptionLive, SubscriptionState } from './state.ts';

export function exposeSubscription(state: SubscriptionState): SubscriptionExposed {
  return new Exposed(state);
}

/** What is asked for often is read where it lies. */
class Exposed implements SubscriptionExposed {
  readonly #state: SubscriptionState;

  constructor(state: SubscriptionState) {
    this.#state = state;
  }

  get name() {
    return this.#state.name;
  }
  get durable() {
    return this.#state.durable;
  }
  get replicated() {
    return this.#state.replicated;
  }
  get passed() {
    return passedBy(this.#state.live);
  }
  get consumers() {
    return this.#state.live.consumers;
  }
  get messagesOut() {
    return this.#state.live.messagesOut;
  }
  get bytesOut() {
    return this.#state.live.bytesOut;
  }
  get entriesOut() {
    return this.#state.live.entriesOut;
  }
  get throttled() {
    return this.#state.live.throttled;
  }
  get redelivered() {
    return this.#state.live.redelivered;
  }
  get dropped() {
    return this.#state.live.dropped;
  }
  get unacked() {
    return this.#state.live.unacked;
  }
  get blocked() {
    return isBlocked(this.#state.live);
  }
  get inReplay() {
    return this.#state.live.replay.size;
  }
  get lastFlowAtMs() {
    return this.#state.live.lastFlowAtMs;
  }
  get lastDeliveredAtMs() {
    return this.#state.live.lastDeliveredAtMs;
  }
  get lastAckedAtMs() {
    return this.#state.live.lastAckedAtMs;
  }

  view() {
    return viewOf(this.#state);
  }
}

function isBlocked({ blocked, isHeldByBroker }: SubscriptionLive): boolean {
  return blocked || isHeldByBroker;
}

function viewOf(state: SubscriptionState): Omit<SubscriptionView, 'delayed'> {
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
    blocked: isBlocked(live),
    inReplay: live.replay.size,
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

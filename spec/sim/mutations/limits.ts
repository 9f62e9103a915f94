/** Deliberate bugs in what is limited: rates, quotas, and how long subscriptions are unused. */
import type { Pace } from '../../../src/base/pace.ts';
import type { Plan } from '../plan.ts';
import { deciding, folding, hearing, type Mutation, type Typed, wrap } from './mutation.ts';
import { consumed, flooded, limited, produced } from './worlds.ts';

const RATES = 'no more is dispatched than its rate lets through';
const PUBLISHED = 'no more is published than its rate lets through';
const ENDS = 'a subscription ends only where somebody wants it, or nobody has used it';
const LEAVES = 'nothing leaves a backlog that nobody acknowledged';

export const ofLimits: readonly Mutation[] = [
  {
    name: 'a subscription does not draw from its own bucket',
    breaks: RATES,
    within: 5,
    world: (plan) => flooded(plan, { dispatchThrottlingRatePerSubscriptionInMsg: 5 }),
    seams: () =>
      folding('subscription', (event) =>
        event.type === 'dispatch-rate-set'
          ? { ...event, data: { ...event.data, pace: undefined } }
          : event,
      ),
  },
  {
    name: 'a topic does not count what its subscriptions have sent',
    breaks: RATES,
    within: 5,
    world: (plan) => flooded(plan, { dispatchThrottlingRatePerTopicInMsg: 5 }),
    seams: () => undrawn('topic'),
  },
  {
    name: 'the broker counts half of what is dispatched',
    breaks: RATES,
    within: 8,
    world: (plan) => flooded(plan, { dispatchThrottlingRateInMsg: 5 }),
    seams: () => undrawn('pace', 2),
  },
  {
    name: 'the bucket of a publish rate fills too fast',
    breaks: PUBLISHED,
    within: 5,
    world: (plan) => flooded(plan, { maxPublishRatePerTopicInMessages: 20 }),
    seams: () => filling(5),
  },
  {
    name: 'producers that a publish rate has held back are not let go',
    breaks: 'whatever is sent is answered in the end',
    within: 3,
    world: (plan) => flooded(plan, { maxPublishRatePerTopicInMessages: 50 }),
    seams: () =>
      deciding('topic', (decision, { type }) => {
        if (type === 'resume-producers') decision.now = [];
      }),
  },
  {
    name: 'each time that a consumer subscribes counts as its first',
    breaks: 'a consumer subscribes no more often than it may',
    within: 5,
    world: (plan) =>
      limited(consumed(plan, { leaves: 1 }), {
        subscribeThrottlingRatePerConsumer: 1,
        subscribeRatePeriodPerConsumerInSecond: 8,
      }),
    seams: () =>
      folding('topic', (event) => {
        if (event.type !== 'subscribing-counted') return event;
        const subscribing = { ...(event.data['subscribing'] as object), count: 0 };
        return { ...event, data: { ...event.data, subscribing } };
      }),
  },
  {
    name: 'a subscription expires though consumers use it',
    breaks: ENDS,
    within: 3,
    ms: 130_000,
    world: expiring,
    seams: () =>
      wrap('subscription', (behaviour) => ({
        expose: (state) => {
          const shown = behaviour.expose(state);
          return shown === undefined ? undefined : withoutConsumers(shown as object);
        },
        decide(state, command, facts) {
          const { type, reply } = command as Typed;
          const isExpiry = type === 'delete' && reply === undefined;
          const forced = isExpiry ? { ...(command as object), force: true } : command;
          return behaviour.decide(state, forced, facts);
        },
      })),
  },
  {
    name: 'an eviction takes what is within its quota',
    breaks: LEAVES,
    within: 8,
    world: evicting,
    seams: () =>
      hearing('cursor', (command) =>
        command.type === 'evict' ? { ...command, below: Number.MAX_SAFE_INTEGER } : command,
      ),
  },
];

/** Nothing of this kind of actor is drawn when something is dispatched. */
function undrawn(kind: string, share = 1) {
  let count = 0;
  return folding(kind, (event) => {
    if (event.type !== 'dispatched' || ++count % share !== 0) return event;
    return { ...event, data: { ...event.data, messages: 0, bytes: 0 } };
  });
}

/** What the publish rate of a topic lets through comes in so many times as fast as it says. */
function filling(times: number) {
  return folding('topic', (event) => {
    if (event.type !== 'publish-rate-set') return event;
    const { messages } = (event.data['pace'] ?? {}) as Partial<Pace>;
    if (messages === undefined) return event;
    const pace: Pace = {
      messages: { ...messages, perMs: messages.perMs * times },
      bytes: undefined,
    };
    return { ...event, data: { ...event.data, pace } };
  });
}

/** A long quiet world in which everybody stays. */
function expiring(plan: Plan): Plan {
  const stays = { leaves: 0, unsubscribes: 0, seeks: 0 };
  const quiet = produced(consumed(plan, stays), { everyMs: 2_000, entries: 20 });
  const config = {
    subscriptionExpirationTimeMinutes: 1,
    subscriptionExpiryCheckIntervalInMinutes: 1,
  };
  return limited({ ...quiet, ms: 130_000, faults: [], operations: [] }, config);
}

/** Slow consumers whose backlogs are evicted. */
function evicting(plan: Plan): Plan {
  const slow = { thinkMs: 5_000, permits: 1 };
  const many = { entries: 300, maxBytes: 2_000, batch: 1, chunks: 0, delays: 0, everyMs: 50 };
  return limited(
    { ...produced(consumed(plan, slow), many), operations: [] },
    {
      backlogQuotaCheckIntervalInSeconds: 1,
      backlogQuotaDefaultLimitBytes: 20_000,
      backlogQuotaDefaultRetentionPolicy: 'consumer_backlog_eviction',
      managedLedgerMaxEntriesPerLedger: 3,
    },
  );
}

/** Shows all that a subscription shows, but nobody who uses it. */
function withoutConsumers(shown: object): unknown {
  return new Proxy(shown, {
    get(target, key) {
      if (key === 'consumers') return new Map();
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

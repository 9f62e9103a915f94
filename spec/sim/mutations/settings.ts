/** Deliberate bugs in what is changed of the configuration while the broker runs. */
import { settingsActor } from '../../../src/actors/names.ts';
import { Decision, type Facts } from '../../../src/actors/runtime/behaviour.ts';
import type { Plan } from '../plan.ts';
import type { SettingKey } from '../plan-dynamic.ts';
import { deciding, folding, type Mutation, type Typed, wrap } from './mutation.ts';
import { consumed, flooded, operated, produced } from './worlds.ts';

const SETTING = 'a setting is what it was changed to';

export const ofSettings: readonly Mutation[] = [
  {
    name: 'a setting is answered and not recorded',
    breaks: SETTING,
    within: 5,
    world: (plan) => changing(plan, 'maxTopicsPerNamespace', '9'),
    seams: () =>
      deciding('settings', (decision) => {
        decision.events = [];
      }),
  },
  {
    name: 'a setting that is taken back stays',
    breaks: SETTING,
    within: 5,
    world: (plan) => changing(plan, 'maxTopicsPerNamespace', '9'),
    seams: () => {
      let all: Readonly<Record<string, unknown>> = {};
      return folding('settings', (event) => {
        all = { ...all, ...event.data };
        return { ...event, data: all };
      });
    },
  },
  {
    name: 'topics in memory do not hear that a setting is changed',
    breaks: 'no more is published than its rate lets through',
    within: 5,
    world: (plan) => {
      const flood = { batch: 1, keys: 0, chunks: 0, delays: 0, everyMs: 20, burst: 20 };
      const busy = produced(plan, { ...flood, entries: 1_000, inTransactions: 0 });
      return changing(busy, 'maxPublishRatePerTopicInMessages', '5');
    },
    seams: () =>
      wrap('topic', (behaviour) => ({
        decide(state, command, facts) {
          if ((command as Typed).type === 'policies-changed') return new Decision();
          return behaviour.decide(state, command, facts);
        },
      })),
  },
  {
    name: 'subscriptions do not hear that the rate of the broker is changed',
    breaks: 'no more is dispatched than its rate lets through',
    within: 5,
    world: (plan) =>
      changing(
        flooded(plan, { dispatchThrottlingRateInMsg: 0 }),
        'dispatchThrottlingRateInMsg',
        '5',
      ),
    seams: () => hiding('dispatchThrottlingRateInMsg', 'subscription'),
  },
  {
    name: 'types of subscriptions that are switched off are let in',
    breaks: SETTING,
    within: 8,
    world: (plan) => {
      const restless = consumed(plan, { type: 'Shared', leaves: 2 });
      return changing(restless, 'subscriptionTypesEnabled', 'Exclusive,Failover');
    },
    seams: () => hiding('subscriptionTypesEnabled'),
  },
  {
    name: 'unused topics go though that is switched off',
    breaks: 'a topic goes by itself only where',
    within: 8,
    world: (plan) => {
      const config = { ...plan.config, brokerDeleteInactiveTopicsMaxInactiveDurationSeconds: 1 };
      const unused = operated({ ...plan, config }, 'make a topic for nobody');
      return changing(unused, 'brokerDeleteInactiveTopicsEnabled', 'false', unused.operations);
    },
    seams: () => hiding('brokerDeleteInactiveTopicsEnabled'),
  },
];

/** It is changed soon, and stays so for most of the world. */
function changing(
  plan: Plan,
  key: SettingKey,
  value: string,
  operations: Plan['operations'] = [],
): Plan {
  const settings = [{ key, value, fromMs: 300, toMs: 5_000 }];
  return { ...plan, settings, operations: operations ?? [], faults: [], ms: 6_000 };
}

/** Topics, or others, are not shown that this one is changed. */
function hiding(key: SettingKey, kind = 'topic') {
  const shown = (facts: Facts): Facts => {
    const exposed = (actor: string) => {
      if (actor !== settingsActor) return facts.exposed(actor);
      const { [key]: _, ...others } = (facts.exposed(actor) ?? {}) as Record<string, unknown>;
      return others;
    };
    return new Proxy(facts, {
      get: (all, name: keyof Facts) => (name === 'exposed' ? exposed : all[name]),
    });
  };
  return wrap(kind, (behaviour) => ({
    decide: (state, command, facts) => behaviour.decide(state, command, shown(facts)),
    dueAtMs: (state, facts, away) => behaviour.dueAtMs?.(state, shown(facts), away),
  }));
}

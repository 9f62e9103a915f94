/**
 * Which value of a policy counts for a topic: the topic's own, else what it has in all clusters
 * (`isGlobal`), else its namespace's, else the broker's.
 */
import type { BrokerConfig } from '../../base/options.ts';
import { AUTO_UPDATE_STRATEGIES } from '../../base/schema-strategies.ts';
import { namespaceOf } from '../../base/topic-name.ts';
import { namespaceActor, topicPoliciesActor } from '../names.ts';
import type { Facts } from '../runtime/behaviour.ts';
import { type Configured, configured } from '../settings.ts';
import type { TopicPolicies } from './document.ts';
import { type Policy, policyTable } from './table.ts';
import type { PolicyName, PolicyValues, SetPolicies } from './values.ts';

const policyNames = Object.keys(policyTable) as readonly PolicyName[];

/** What the configuration says of every policy. */
export function brokerPolicies(config: BrokerConfig): PolicyValues {
  const values = policyNames.map((name) => [name, policyTable[name].broker(config)]);
  return Object.freeze(Object.fromEntries(values));
}

/** The same as it counts now. */
export function configuredPolicies(config: BrokerConfig): Configured<PolicyValues> {
  return configured(config, brokerPolicies);
}

/** What a topic's actors keep of their policies, until they are told `policies-changed`. */
export interface PolicyMemo {
  policies: PolicyValues | undefined;
}

/** From the broker, once new policies are durable, to actors that are in memory. */
export interface PoliciesChanged {
  readonly type: 'policies-changed';
}

export class Policies {
  readonly #configured: Configured<PolicyValues>;
  /** Topics without policies of their own share their namespace's, as it is under the broker's. */
  #ofNamespaces = new WeakMap<SetPolicies, PolicyValues>();
  #below: PolicyValues | undefined;

  constructor(configured: Configured<PolicyValues>) {
    this.#configured = configured;
  }

  broker(actors: Pick<Facts, 'exposed'>): PolicyValues {
    return this.#configured.now(actors);
  }

  /** What counts for a topic, looked up once. `topic`: its full name. */
  of(memo: PolicyMemo, topic: string, facts: Pick<Facts, 'exposed'>): PolicyValues {
    memo.policies ??= this.resolve(
      this.broker(facts),
      facts.exposed(namespaceActor(namespaceOf(topic))) as SetPolicies | undefined,
      facts.exposed(topicPoliciesActor(topic)) as TopicPolicies | undefined,
    );
    return memo.policies;
  }

  /** The same for the policies that the broker, a namespace and a topic have. */
  resolve(
    broker: PolicyValues,
    namespace: SetPolicies | undefined,
    topic?: TopicPolicies,
  ): PolicyValues {
    const above = namespace === undefined ? broker : this.#ofNamespace(broker, namespace);
    if (topic === undefined) return above;
    return Object.freeze({ ...above, ...chosen(topic.global), ...chosen(topic.local) });
  }

  #ofNamespace(broker: PolicyValues, namespace: SetPolicies): PolicyValues {
    if (this.#below !== broker) {
      this.#below = broker;
      this.#ofNamespaces = new WeakMap();
    }
    let values = this.#ofNamespaces.get(namespace);
    if (values === undefined) {
      values = Object.freeze({ ...broker, ...chosen(byNewerName(namespace)) });
      this.#ofNamespaces.set(namespace, values);
    }
    return values;
  }
}

/** With the schema strategy that a namespace may still have by its older name alone. */
function byNewerName(namespace: SetPolicies): SetPolicies {
  const { schemaCompatibility = 'UNDEFINED', schemaAutoUpdateStrategy: older } = namespace;
  if (schemaCompatibility !== 'UNDEFINED' || older === undefined) return namespace;
  if (older === 'UNDEFINED') return namespace;
  return { ...namespace, schemaCompatibility: AUTO_UPDATE_STRATEGIES[older] };
}

/** Those that do not leave the decision to the level above. */
function chosen(level: SetPolicies): SetPolicies {
  const values = policyNames.flatMap((name) => {
    const value = level[name];
    const { isNone } = policyTable[name] as Policy<unknown>;
    return value === undefined || isNone?.(value) ? [] : [[name, value] as const];
  });
  return Object.fromEntries(values);
}

/**
 * Namespace isolation: which brokers the namespaces of a cluster may be on. With one broker it
 * decides whether a namespace is served at all, as Pulsar's load manager would.
 */

/** Fields and their order are those of Pulsar's REST document. Names are expressions. */
export interface IsolationPolicy {
  /** Of whole names, as `tenant/namespace`. */
  readonly namespaces: readonly string[];
  /** Of hosts: those that take the namespaces, and no others. */
  readonly primary: readonly string[];
  /** Those that do so where too few of the first are there. */
  readonly secondary: readonly string[];
  readonly auto_failover_policy: {
    /** `min_limit`: that few; `usage_threshold` is kept and shown, as by Pulsar. */
    readonly parameters: Readonly<Record<string, string>>;
    readonly policy_type: 'min_available';
  };
  /** Which namespaces are unloaded when the policy is set; `changed` where it is absent. */
  readonly unload_scope?: UnloadScope;
}

export type UnloadScope = 'all_matching' | 'changed' | 'none';

export type IsolationPolicies = Readonly<Record<string, IsolationPolicy>>;

/** Whether a host may serve a namespace; worked out once for the policies. */
export function acceptance(
  policies: IsolationPolicies,
  host: string,
): (namespace: string) => boolean {
  const rules = Object.values(policies).map((policy) => {
    const isPrimary = isOneOf(policy.primary)(host);
    const isFew =
      Number.parseInt(policy.auto_failover_policy.parameters['min_limit'] ?? '', 10) > 0;
    const takes = isPrimary || (isFew && isOneOf(policy.secondary)(host));
    return { concerns: isOneOf(policy.namespaces), isPrimary, takes };
  });
  // The first broker of some namespaces is no place for those that no policy is about.
  const isShared = !rules.some(({ isPrimary }) => isPrimary);
  return (namespace) => rules.find(({ concerns }) => concerns(namespace))?.takes ?? isShared;
}

/** What the policy about a namespace makes of a host; undefined where there is none. */
export function assignment(
  policies: IsolationPolicies,
  host: string,
  namespace: string,
): 'primary' | 'secondary' | 'shared' | undefined {
  const policy = Object.values(policies).find(({ namespaces }) => isOneOf(namespaces)(namespace));
  if (policy === undefined) return undefined;
  if (isOneOf(policy.primary)(host)) return 'primary';
  return isOneOf(policy.secondary)(host) ? 'secondary' : 'shared';
}

/** Whether a namespace has to leave once a policy has come in the place of another. */
export function unloadedBy(
  policy: IsolationPolicy,
  before: IsolationPolicy | undefined,
): (namespace: string) => boolean {
  const scope = policy.unload_scope ?? 'changed';
  if (scope === 'none') return () => false;
  const now = policy.namespaces;
  const then = before?.namespaces ?? [];
  const isOther = before === undefined || !isSameSet(policy.primary, before.primary);
  if (scope === 'all_matching' || isOther) return isOneOf([...then, ...now]);
  const come = now.filter((one) => !then.includes(one));
  const gone = then.filter((one) => !now.includes(one));
  return isOneOf([...come, ...gone]);
}

/** Whether one of the expressions is about all of a name. Throws SyntaxError for what is none. */
export function isOneOf(expressions: readonly string[]): (name: string) => boolean {
  // Who may set them may stop the broker as well: they need no engine that bounds their time.
  const forms = expressions.map((text) => new RegExp(`^(?:${text})$`));
  return (name) => forms.some((form) => form.test(name));
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one) => b.includes(one));
}

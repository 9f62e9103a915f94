/** What the REST doors to a policy differ in. */
import type { PolicyName, PolicyValues, SetPolicies } from '../../../actors/policies/values.ts';
import { emptyBody } from '../body.ts';
import type { AdminContext, Call } from '../call.ts';

/** One policy at one level. */
export interface Endpoint<T> {
  /** Last part of the path. */
  readonly path: string;
  /** POST where it is left out. */
  readonly method?: 'POST' | 'PUT';
  /**
   * The value that a body means; undefined: none. Throws `invalid-argument`, `precondition-failed`.
   */
  readonly parse: (json: unknown, context: AdminContext) => T | undefined;
  /**
   * Whether the value goes with the other policies that are set, for a topic with its namespace's.
   * Throws `precondition-failed`.
   */
  check?(value: T, set: SetPolicies): void;
  /**
   * What no body, or `null`, does: it takes the policy back where nothing is said. `parsed` leaves
   * it to `parse`, `refused` too, but for no body at all.
   */
  readonly blank?: 'kept' | 'parsed' | 'refused';
  /** Answered where it is not set: 200 without a body where nothing is said. */
  readonly unset?: unknown;
  /** Whether DELETE takes it back; it does where nothing is said. */
  readonly isFixed?: boolean;
  /** Body and answer are bare text, not JSON. */
  readonly isText?: boolean;
}

export interface NamespaceEndpoint<T> extends Endpoint<T> {
  /** Where it stands in the Policies document; left out of it where nothing is said. */
  readonly field?: string;
  /** The document has it by cluster. */
  readonly byCluster?: boolean;
  /** What the document says where it is not set; left out where nothing is said. */
  readonly absent?: unknown;
  /** What DELETE leaves in its place: nothing, where nothing is said. */
  readonly afterDelete?: T;
  /** Pulsar's words where the namespace is missing and something is written. */
  readonly missing?: string;
  /** The same where it is read. */
  readonly missingWhenRead?: string;
}

export interface TopicEndpoint<T> extends Endpoint<T> {
  /** Whether `applied=true` answers what counts for the topic. */
  readonly shows?: 'applied';
  /** It holds in this cluster, whatever `isGlobal` says. */
  readonly scope?: 'local';
  /** Pulsar says here that a tenant is missing, before it speaks of the namespace. */
  readonly asksForTenant?: true;
}

export interface PolicyEndpoints<T> {
  readonly namespace?: NamespaceEndpoint<T>;
  readonly topic?: TopicEndpoint<T>;
}

export type EndpointTable = { readonly [P in PolicyName]?: PolicyEndpoints<PolicyValues[P]> };

/** The body leaves the policy as it is. */
export const KEPT = Symbol('kept');

/** What a call wants the policy to be. Throws `invalid-argument` and what `parse` throws. */
export function wanted<T>(
  endpoint: Endpoint<T>,
  call: Call,
  context: AdminContext,
): T | undefined | typeof KEPT {
  const json = endpoint.isText === true ? call.text() || undefined : call.json();
  if (endpoint.blank === 'refused' && json === undefined) throw emptyBody();
  const isParsed = endpoint.blank === 'refused' || endpoint.blank === 'parsed';
  if (isParsed) return endpoint.parse(json, context);
  if (json !== undefined && json !== null) return endpoint.parse(json, context);
  return endpoint.blank === 'kept' ? KEPT : undefined;
}

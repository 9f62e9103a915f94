/** Pulsar's schema compatibility strategies, and what each demands of a schema that is new. */

import type { Strategy } from '../../base/schema-strategies.ts';
import type { PolicyValues } from '../policies/values.ts';

/** What the policies say of the schemas of a topic. */
export interface SchemaRules {
  readonly strategy: Strategy;
  /** Whether clients may add versions; operators may always. */
  readonly isAutoUpdateAllowed: boolean;
  /** Whether a producer needs a schema where the topic has one. */
  readonly isValidationEnforced: boolean;
}

export function schemaRules(policies: PolicyValues): SchemaRules {
  const { schemaCompatibility: strategy } = policies;
  return {
    strategy: strategy === 'UNDEFINED' ? 'FULL' : strategy,
    isAutoUpdateAllowed: policies.schemaAutoUpdate,
    isValidationEnforced: policies.schemaValidation,
  };
}

export interface Demands {
  /** Even another kind may follow. */
  readonly nothing: boolean;
  /** Nothing new may come at all. */
  readonly never: boolean;
  /** The new one reads what was written with the old. */
  readonly canRead: boolean;
  /** The old one reads what is written with the new. */
  readonly canBeRead: boolean;
  /** All that there are count, not the newest alone. */
  readonly ofAll: boolean;
}

/**
 * By what a consumer's schema is judged: it must read what is written now, or satisfy a transitive
 * strategy as a new version would.
 */
export function consumerStrategy(strategy: Strategy): Strategy {
  const isOfNewest = strategy === 'FORWARD' || strategy === 'FULL';
  return isOfNewest || strategy === 'FORWARD_TRANSITIVE' ? 'BACKWARD' : strategy;
}

export function demandsOf(strategy: Strategy): Demands {
  return DEMANDS[strategy];
}

const NONE: Demands = {
  nothing: false,
  never: false,
  canRead: false,
  canBeRead: false,
  ofAll: false,
};
const FULL: Demands = { ...NONE, canRead: true, canBeRead: true };

const DEMANDS: Readonly<Record<Strategy, Demands>> = {
  ALWAYS_INCOMPATIBLE: { ...NONE, never: true },
  ALWAYS_COMPATIBLE: { ...NONE, nothing: true },
  BACKWARD: { ...NONE, canRead: true },
  FORWARD: { ...NONE, canBeRead: true },
  FULL,
  BACKWARD_TRANSITIVE: { ...NONE, canRead: true, ofAll: true },
  FORWARD_TRANSITIVE: { ...NONE, canBeRead: true, ofAll: true },
  FULL_TRANSITIVE: { ...FULL, ofAll: true },
};

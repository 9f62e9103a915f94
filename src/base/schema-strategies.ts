/** Pulsar's names for what a new schema owes to those before it. */
export const STRATEGIES = [
  ...(['ALWAYS_INCOMPATIBLE', 'ALWAYS_COMPATIBLE', 'BACKWARD', 'FORWARD', 'FULL'] as const),
  ...(['BACKWARD_TRANSITIVE', 'FORWARD_TRANSITIVE', 'FULL_TRANSITIVE'] as const),
] as const;

export type Strategy = (typeof STRATEGIES)[number];

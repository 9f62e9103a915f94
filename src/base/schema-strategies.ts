/** Pulsar's names for what a new schema owes to those before it. */
export const STRATEGIES = [
  ...(['ALWAYS_INCOMPATIBLE', 'ALWAYS_COMPATIBLE', 'BACKWARD', 'FORWARD', 'FULL'] as const),
  ...(['BACKWARD_TRANSITIVE', 'FORWARD_TRANSITIVE', 'FULL_TRANSITIVE'] as const),
] as const;

export type Strategy = (typeof STRATEGIES)[number];

/** The names that they had before, and which ones these are. */
export const AUTO_UPDATE_STRATEGIES = {
  AutoUpdateDisabled: 'ALWAYS_INCOMPATIBLE',
  Backward: 'BACKWARD',
  Forward: 'FORWARD',
  Full: 'FULL',
  AlwaysCompatible: 'ALWAYS_COMPATIBLE',
  BackwardTransitive: 'BACKWARD_TRANSITIVE',
  ForwardTransitive: 'FORWARD_TRANSITIVE',
  FullTransitive: 'FULL_TRANSITIVE',
} as const satisfies Readonly<Record<string, Strategy>>;

export type AutoUpdateStrategy = keyof typeof AUTO_UPDATE_STRATEGIES;

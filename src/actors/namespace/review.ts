/**
 * New policies of a namespace change when its topics are due. Those that are not in memory have
 * their deadlines on disk, so they are brought into memory once, a few at a time, and leave it with
 * new ones. How far that has come survives a crash; a namespace whose policies change again begins
 * anew.
 */
import { keyOf, topicActor } from '../names.ts';
import { type Behaviour, Decision } from '../runtime/behaviour.ts';

export const reviewActor = (namespace: string): string => `review:${namespace}`;

type ReviewCommand =
  | { readonly type: 'begin' }
  /** From the runtime: the next few may have their turn. */
  | { readonly type: 'due' }
  /** From the review to itself: identities of topics. */
  | { readonly type: 'listed'; readonly topics: readonly string[] };

type ReviewEvent =
  | { readonly type: 'begun'; readonly data: Record<string, never> }
  | { readonly type: 'reviewed'; readonly data: { readonly after: string } }
  | { readonly type: 'ended'; readonly data: Record<string, never> };

interface ReviewState {
  readonly namespace: string;
  readonly isUnderWay: boolean;
  /** Identity of the last topic that had its turn. */
  readonly after: string | undefined;
}

/** Topics that are brought into memory at once. */
const SLICE = 200;

export const reviewBehaviour: Behaviour<ReviewState, ReviewCommand, ReviewEvent> = {
  kind: 'review',
  initial: (actor) => ({ namespace: keyOf(actor), isUnderWay: false, after: undefined }),
  decide,
  evolve({ namespace }, event) {
    const after = event.type === 'reviewed' ? event.data.after : undefined;
    return { namespace, isUnderWay: event.type !== 'ended', after };
  },
  phase: () => 'open',
  exists: ({ isUnderWay }) => isUnderWay,
  idle: () => true,
  dueAtMs: ({ isUnderWay }) => (isUnderWay ? 0 : undefined),
  snapshot: ({ after }) => ({ after: after ?? null }),
  restore: (actor, snapshot) => ({
    namespace: keyOf(actor),
    isUnderWay: true,
    after: (snapshot as { readonly after: string | null }).after ?? undefined,
  }),
  recovered: () => undefined,
  expose: () => undefined,
  abandon: () => new Decision(),
};

function decide(state: ReviewState, command: ReviewCommand): Decision {
  const decision = new Decision();
  if (command.type === 'begin') {
    decision.record({ type: 'begun', data: {} });
    return decision;
  }
  if (!state.isUnderWay) return decision;
  if (command.type === 'due') {
    decision.list({
      prefix: topicActor(`persistent://${state.namespace}/`),
      after: state.after,
      limit: SLICE,
      result: (topics): ReviewCommand => ({ type: 'listed', topics }),
    });
    return decision;
  }
  const { topics } = command;
  for (const topic of topics) decision.tell(topic, { type: 'due' });
  const after = topics.length < SLICE ? undefined : topics.at(-1);
  if (after === undefined) decision.record({ type: 'ended', data: {} });
  else decision.record({ type: 'reviewed', data: { after } });
  return decision;
}

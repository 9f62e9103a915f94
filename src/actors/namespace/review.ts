/**
 * New policies of a namespace, or of the broker, change when topics are due. Those that are not in
 * memory have their deadlines on disk, so they are brought into memory once, a few at a time, and
 * leave it with new ones. How far that has come survives a crash; a namespace whose policies change
 * again begins anew.
 */
import { keyOf, topicActor } from '../names.ts';
import { type Behaviour, Decision, type Facts } from '../runtime/behaviour.ts';

export const reviewActor = (namespace: string): string => `review:${namespace}`;

/** In place of a namespace: the topics of all. */
export const EVERYWHERE = '*';

type ReviewCommand =
  | { readonly type: 'begin' }
  /** From the runtime, now and then. */
  | { readonly type: 'due' }
  /** From the review to itself: identities of topics. */
  | { readonly type: 'listed'; readonly topics: readonly string[] }
  /** From the review to itself: the next few may have their turn. */
  | { readonly type: 'next' };

type ReviewEvent =
  | { readonly type: 'begun'; readonly data: Record<string, never> }
  | { readonly type: 'page-listed'; readonly data: { readonly topics: readonly string[] } }
  | { readonly type: 'page-told'; readonly data: { readonly count: number } }
  | { readonly type: 'reviewed'; readonly data: { readonly after: string } }
  | { readonly type: 'ended'; readonly data: Record<string, never> };

interface ReviewState {
  readonly namespace: string;
  readonly isUnderWay: boolean;
  /** Identity of the last topic of the last page of which all had their turn. */
  readonly after: string | undefined;
  /** The page under way, and how many of it had their turn: as long as the process lives. */
  readonly page: readonly string[];
  readonly told: number;
}

/** Topics of a page: how far the review has come is recorded once in so many. */
const PAGE = 200;
/** Topics that are brought into memory at once: that takes a fifth of a millisecond each. */
const AT_ONCE = 10;
/** Others go on for so long before the next few; a page takes less than a sweep's interval. */
const PAUSE_MS = 20;

export const reviewBehaviour: Behaviour<ReviewState, ReviewCommand, ReviewEvent> = {
  kind: 'review',
  initial: (actor) => stateOf(actor, false),
  decide,
  evolve,
  phase: () => 'open',
  exists: ({ isUnderWay }) => isUnderWay,
  idle: () => true,
  dueAtMs: ({ isUnderWay }) => (isUnderWay ? 0 : undefined),
  snapshot: ({ after }) => ({ after: after ?? null }),
  restore: (actor, snapshot) => ({
    ...stateOf(actor, true),
    after: (snapshot as { readonly after: string | null }).after ?? undefined,
  }),
  recovered: () => undefined,
  expose: () => undefined,
  abandon: () => new Decision(),
};

function stateOf(actor: string, isUnderWay: boolean): ReviewState {
  return { namespace: keyOf(actor), isUnderWay, after: undefined, page: [], told: 0 };
}

function evolve(state: ReviewState, event: ReviewEvent): ReviewState {
  const none = { page: [], told: 0 };
  switch (event.type) {
    case 'begun':
      return { ...state, ...none, isUnderWay: true, after: undefined };
    case 'page-listed':
      return { ...state, page: event.data.topics, told: 0 };
    case 'page-told':
      return { ...state, told: state.told + event.data.count };
    case 'reviewed':
      return { ...state, ...none, after: event.data.after };
    case 'ended':
      return { ...state, ...none, isUnderWay: false, after: undefined };
  }
}

function decide(state: ReviewState, command: ReviewCommand, facts: Facts): Decision {
  const decision = new Decision();
  if (command.type === 'begin') {
    decision.record({ type: 'begun', data: {} });
  } else if (!state.isUnderWay) {
    return decision;
  } else if (command.type === 'next') {
    tellNext(state, decision, facts);
  } else if (command.type === 'due') {
    if (state.page.length === 0) list(state, decision);
  } else if (command.topics.length === 0) {
    decision.record({ type: 'ended', data: {} });
  } else if (state.page.length === 0) {
    decision.change({ type: 'page-listed', data: { topics: command.topics } });
    decision.again = { type: 'next' } satisfies ReviewCommand;
  }
  return decision;
}

function list({ namespace, after }: ReviewState, decision: Decision): void {
  const within = namespace === EVERYWHERE ? '' : `${namespace}/`;
  decision.list({
    prefix: topicActor(`persistent://${within}`),
    after,
    limit: PAGE,
    result: (topics): ReviewCommand => ({ type: 'listed', topics }),
  });
}

function tellNext({ page, told }: ReviewState, decision: Decision, { nowMs }: Facts): void {
  const topics = page.slice(told, told + AT_ONCE);
  if (topics.length === 0) return;
  for (const topic of topics) decision.tell(topic, { type: 'due' });
  if (told + topics.length === page.length) {
    decision.record({ type: 'reviewed', data: { after: page.at(-1)! } });
    return;
  }
  decision.change({ type: 'page-told', data: { count: topics.length } });
  const command: ReviewCommand = { type: 'next' };
  decision.wake({ name: 'next', atMs: nowMs + PAUSE_MS, command });
}

/**
 * The shard's own actor: which start of the process this is, and which ids have been given out. Ids
 * are reserved in blocks, so that giving one costs no event; a restart skips what is left of a
 * block.
 */
import { keyOf } from '../names.ts';
import { type ActorEvent, type Behaviour, Decision, type IdKind } from './behaviour.ts';

export const SHARD_ACTOR = 'shard:0';

const BLOCK = 1_000;

type Reserved = Record<IdKind, number>;

export interface ShardState {
  incarnation: number;
  /** Ids below are, or may have been, given out. */
  readonly reserved: Reserved;
}

type ShardEvent =
  | { readonly type: 'started'; readonly data: { readonly incarnation: number } }
  | {
      readonly type: 'ids-reserved';
      readonly data: { readonly kind: IdKind; readonly below: number };
    };

export const shardBehaviour: Behaviour<ShardState, unknown, ShardEvent> = {
  kind: 'shard',
  initial: () => ({ incarnation: 0, reserved: { topic: 1, ledger: 1, producer: 0 } }),
  decide: () => new Decision(),
  evolve(state, event) {
    if (event.type === 'started') state.incarnation = event.data.incarnation;
    else state.reserved[event.data.kind] = event.data.below;
    return state;
  },
  phase: () => 'open',
  exists: (state) => state.incarnation > 0,
  idle: () => false,
  snapshot: (state) => ({ incarnation: state.incarnation, reserved: { ...state.reserved } }),
  restore: (actor, snapshot) => {
    const { incarnation, reserved } = snapshot as ShardState;
    return {
      incarnation,
      reserved: { ...shardBehaviour.initial(keyOf(actor)).reserved, ...reserved },
    };
  },
  recovered: () => undefined,
  expose: (state) => state,
  abandon: () => new Decision(),
};

/**
 * Gives out ids from reserved blocks; `record` persists each reservation before its ids are used.
 */
export class IdAllocator {
  readonly #next: Reserved;
  readonly #below: Reserved;
  readonly #record: (event: ActorEvent) => void;

  constructor(state: ShardState, record: (event: ActorEvent) => void) {
    this.#next = { ...state.reserved };
    this.#below = { ...state.reserved };
    this.#record = record;
  }

  next(kind: IdKind): number {
    const id = this.#next[kind]++;
    if (id >= this.#below[kind]) {
      this.#below[kind] = id + BLOCK;
      this.#record({ type: 'ids-reserved', data: { kind, below: id + BLOCK } });
    }
    return id;
  }
}

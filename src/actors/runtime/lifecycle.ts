/**
 * The life of an actor as a state machine. It routes whole batches of mail, never single messages:
 * a machine event costs microseconds, a fold a fraction of one. Machines are made when mail arrives
 * and dropped when an actor rests, so that a resting actor costs its state alone.
 */
import { type Actor, createActor, setup } from 'xstate';
import type { Phase } from './behaviour.ts';

type LifecycleEvent =
  | { readonly type: 'recovered' }
  | { readonly type: 'mail'; readonly batch: readonly unknown[] }
  | { readonly type: 'phase'; readonly phase: Phase }
  | { readonly type: 'fail' }
  | { readonly type: 'recover' }
  | { readonly type: 'drain' }
  | { readonly type: 'closed' };

/** What the machine does to its host; neither may throw. */
export interface LifecycleHost {
  handle(batch: readonly unknown[]): void;
  refuse(batch: readonly unknown[]): void;
}

const live = {
  mail: { actions: 'handle' },
  phase: [
    { guard: 'isTerminated', target: '#actor.terminated' },
    { guard: 'isDeleted', target: '#actor.deleted' },
    { target: '#actor.open' },
  ],
  fail: '#actor.fenced',
  drain: '#actor.draining',
} as const;

const machine = setup({
  types: {
    context: {} as LifecycleHost,
    input: {} as LifecycleHost,
    events: {} as LifecycleEvent,
  },
  actions: {
    handle: ({ context, event }) => {
      if (event.type === 'mail') context.handle(event.batch);
    },
    refuse: ({ context, event }) => {
      if (event.type === 'mail') context.refuse(event.batch);
    },
  },
  guards: {
    isTerminated: ({ event }) => event.type === 'phase' && event.phase === 'terminated',
    isDeleted: ({ event }) => event.type === 'phase' && event.phase === 'deleted',
  },
}).createMachine({
  id: 'actor',
  context: ({ input }) => input,
  initial: 'recovering',
  states: {
    recovering: { on: { recovered: 'open', mail: { actions: 'refuse' }, fail: 'fenced' } },
    open: { on: live },
    /** A topic that takes no more messages but is still read. */
    terminated: { on: live },
    /** Gone, but its name may be created again before the deletion has left memory. */
    deleted: { on: live },
    /** It contradicted itself: nobody is served until it has been recovered from the journal. */
    fenced: { on: { recover: 'recovering', mail: { actions: 'refuse' } } },
    draining: { on: { mail: { actions: 'refuse' }, closed: 'closed' } },
    closed: { type: 'final' },
  },
});

/** A started machine that takes mail for one actor, and when that rests for another. */
export class Lifecycle {
  #host: LifecycleHost = NOBODY;
  readonly #actor: Actor<typeof machine>;

  constructor(phase: Phase) {
    const context: LifecycleHost = {
      handle: (batch) => this.#host.handle(batch),
      refuse: (batch) => this.#host.refuse(batch),
    };
    const snapshot = { ...AT[phase], context };
    this.#actor = createActor(machine, { snapshot, input: context }).start();
  }

  serve(host: LifecycleHost): this {
    this.#host = host;
    return this;
  }

  send(event: LifecycleEvent): void {
    this.#actor.send(event);
  }

  /** Its actor lets go of it. */
  end(): void {
    this.#host = NOBODY;
    const isOpen = this.#actor.getSnapshot().value === 'open';
    if (isOpen && spare.length < MAX_SPARE) spare.push(this);
    else this.#actor.stop();
  }
}

/**
 * Open machines that nobody uses. When all topics are told something, a hundred thousand machines
 * would be made and thrown away, and collecting them holds up everybody.
 */
const spare: Lifecycle[] = [];
const MAX_SPARE = 1_024;

/** It begins where the one before it was dropped. */
export function startLifecycle(host: LifecycleHost, phase: Phase): Lifecycle {
  const reused = phase === 'open' ? spare.pop() : undefined;
  return (reused ?? new Lifecycle(phase)).serve(host);
}

const NOBODY: LifecycleHost = { handle: () => undefined, refuse: () => undefined };

/** The machine in each phase, made once: to go there by events takes half as long again. */
const AT = {
  open: machine.resolveState({ value: 'open', context: NOBODY }),
  terminated: machine.resolveState({ value: 'terminated', context: NOBODY }),
  deleted: machine.resolveState({ value: 'deleted', context: NOBODY }),
};

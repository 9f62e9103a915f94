/** One actor in memory: its state, its mailbox and, while it works, its lifecycle machine. */
import type { Behaviour, Phase } from './behaviour.ts';
import type { Lifecycle } from './lifecycle.ts';

/** Behaviours of all kinds look alike to the runtime; types are restored at each actor's door. */
export type AnyBehaviour = Behaviour<unknown>;

export interface Cell {
  readonly id: string;
  readonly behaviour: AnyBehaviour;
  state: unknown;
  /** The last journal record that the state includes, appended or not yet durable. */
  sequence: number;
  /** Whether the state has changed since its last saved snapshot. */
  dirty: boolean;
  /** When its saved snapshot says that it is due. */
  savedDueAtMs: number | undefined;
  /** Commands from outside. */
  mailbox: unknown[];
  /** Mail of other actors and of the runtime: handled in the step in which it is sent. */
  urgent: unknown[];
  /** Whether it waits in the queue of either. */
  queued: boolean;
  queuedUrgent: boolean;
  lifecycle: Lifecycle | undefined;
  /** The machine's phase, to tell it of changes only. */
  phase: Phase;
  /** Contradicted itself and waits to be recovered. */
  fenced: boolean;
  /** Mail that nobody waits for an answer to and that came while it was fenced. */
  held: unknown[];
  /** The step in which it last got entries without waiting. */
  readInStep: number;
  lastActiveMs: number;
}

/** Whether mail waits for it, or it is about to be thrown away. */
export function isBusy({ queued, queuedUrgent, fenced }: Cell): boolean {
  return queued || queuedUrgent || fenced;
}

/** Drops its machine; the next mail starts another. */
export function rest(cell: Cell): void {
  cell.lifecycle?.end();
  cell.lifecycle = undefined;
}

export function newCell(
  id: string,
  behaviour: AnyBehaviour,
  state: unknown,
  sequence: number,
  nowMs: number,
): Cell {
  return {
    id,
    behaviour,
    state,
    sequence,
    dirty: false,
    savedDueAtMs: undefined,
    mailbox: [],
    urgent: [],
    queued: false,
    queuedUrgent: false,
    lifecycle: undefined,
    phase: behaviour.phase(state),
    fenced: false,
    held: [],
    readInStep: -1,
    lastActiveMs: nowMs,
  };
}

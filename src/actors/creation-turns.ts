/**
 * How fast each tenant makes topics while others are served. What a new topic keeps in memory the
 * collector copies twice before it leaves it alone, and everybody waits for that.
 */
import type { Clock } from '../base/clock.ts';
import { draw, newPace, type Pace, type Rate, readyAtMs, refilledAtMs } from '../base/pace.ts';

export interface CreationParts {
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>;
  /** Of one tenant, while several are served; 0 sets no limit. */
  readonly topicsPerSecond: number;
  isShared(): boolean;
}

/** So much of a second's topics come at once before their tenant has to wait. */
const BURST_MS = 100;

/** Turns come together, so that a batch of the journal has several topics. */
const TOGETHER_MS = 16;

/** Tenants that make topics at the same time and are told apart; most are forgotten at once. */
const MAX_PACES = 1_024;

export class CreationTurns {
  readonly #parts: CreationParts;
  readonly #rate: Rate;
  readonly #paces = new Map<string, Pace>();

  constructor(parts: CreationParts) {
    this.#parts = parts;
    const messages = (parts.topicsPerSecond * BURST_MS) / 1_000;
    this.#rate = { messages, bytes: 0, periodMs: BURST_MS };
  }

  /**
   * Takes the tenant's next turn to make a topic, behind all who asked before. Resolves when it has
   * come; undefined where it is there at once.
   */
  take(tenant: string): Promise<void> | undefined {
    const { clock, isShared } = this.#parts;
    if (!isShared()) return undefined;
    const nowMs = clock.monotonicMs();
    const pace = this.#paces.get(tenant) ?? this.#begin(tenant, nowMs);
    if (pace === undefined) return undefined;
    const readyMs = readyAtMs(pace, nowMs);
    draw(pace, 1, 0, nowMs);
    if (readyMs <= nowMs) return undefined;
    const waitMs = Math.ceil(readyMs / TOGETHER_MS) * TOGETHER_MS - nowMs;
    return new Promise<void>((go) => void clock.after(waitMs, go));
  }

  #begin(tenant: string, nowMs: number): Pace | undefined {
    const pace = newPace(this.#rate, nowMs);
    if (pace === undefined) return undefined;
    if (this.#paces.size >= MAX_PACES) this.#forget(nowMs);
    this.#paces.set(tenant, pace);
    return pace;
  }

  /** Those who have waited for nothing lately, or else whoever began first. */
  #forget(nowMs: number): void {
    const [first] = this.#paces.keys();
    for (const [tenant, pace] of this.#paces) {
      if (refilledAtMs(pace, nowMs) <= nowMs) this.#paces.delete(tenant);
    }
    if (this.#paces.size >= MAX_PACES && first !== undefined) this.#paces.delete(first);
  }
}

/** Something that a topic does by itself when its time has come. */
import type { Decision, Facts } from '../runtime/behaviour.ts';
import type { TopicOptions } from './options.ts';
import type { TopicState } from './state.ts';

export interface Duty {
  /**
   * In ms since the epoch, undefined for never. `away`: nobody is attached, so what is looked at
   * regularly only because they might have changed it needs no look.
   */
  dueAtMs(
    state: TopicState,
    facts: Facts,
    options: TopicOptions,
    away: boolean,
  ): number | undefined;
  /** Afterwards it is not due for a while. */
  fulfil(state: TopicState, facts: Facts, options: TopicOptions): Decision;
}

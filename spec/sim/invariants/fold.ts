/**
 * State is the fold of events: what actors have in memory, and what a start makes of snapshots and
 * the journal behind them, is what the whole journal gives, from its first record on.
 */
import { isDeepStrictEqual } from 'node:util';
import type { AnyBehaviour } from '../../../src/actors/runtime/cell.ts';
import { replay } from '../../../src/actors/runtime/recover.ts';
import { Registry } from '../../../src/actors/runtime/registry.ts';
import type { JournalRecord } from '../../../src/storage/journal.ts';
import type { Observation } from '../observe/observation.ts';
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';

export class Fold implements Invariant {
  readonly name = 'memory, and snapshots with the journal behind them, are what the journal gives';
  checks = 0;
  /** Every record that ever reached the disk. */
  readonly #records: JournalRecord[] = [];

  see(seen: Observation): void {
    if (seen.type === 'record') this.#records.push(seen.record);
  }

  /** What actors have in memory is what their events say, too. */
  end(world: World, fail: Fail): void {
    const { behaviours, tap } = world.broker;
    for (const [id, { behaviour, state: folded }] of this.#foldAll(behaviours)) {
      const live = tap.stateOf(id);
      if (live === undefined) continue;
      this.checks += 1;
      const [expected, found] = [folded, live].map((state) => keptOf(behaviour, state));
      if (isDeepStrictEqual(expected, found)) continue;
      fail(`${id} is ${text(found)} in memory, and ${text(expected)} by its events`);
      return;
    }
  }

  inspect(world: World, fail: Fail): Promise<void> {
    return world.inspect(async ({ journal, state }) => {
      const { behaviours } = world.broker;
      const recovered = new Registry(behaviours, state, NO_TIME, { addSince: () => undefined });
      await replay(journal, state.checkpointSequence, (id) => recovered.cell(id));
      for (const [id, { behaviour, state: folded }] of this.#foldAll(behaviours)) {
        this.checks += 1;
        const cell = recovered.cell(id);
        const [expected, found] = [folded, cell.state].map((state) => keptOf(behaviour, state));
        if (isDeepStrictEqual(expected, found)) continue;
        fail(`${id} is ${text(found)} after a start, and ${text(expected)} by its events`);
        return;
      }
    });
  }

  #foldAll(behaviours: readonly AnyBehaviour[]) {
    const kinds = new Map(behaviours.map((behaviour) => [behaviour.kind, behaviour]));
    const actors = new Map<string, { readonly behaviour: AnyBehaviour; state: unknown }>();
    for (const { events } of this.#records) {
      for (const event of events) {
        let actor = actors.get(event.actor);
        if (actor === undefined) {
          const behaviour = kinds.get(event.actor.slice(0, event.actor.indexOf(':')))!;
          actor = { behaviour, state: behaviour.initial(event.actor) };
          actors.set(event.actor, actor);
        }
        actor.state = actor.behaviour.evolve(actor.state, event);
      }
    }
    for (const { behaviour, state } of actors.values()) behaviour.recovered(state);
    return actors;
  }
}

/** What survives of a state. */
function keptOf(behaviour: AnyBehaviour, state: unknown): unknown {
  return behaviour.exists(state) ? behaviour.snapshot(state) : undefined;
}

function text(value: unknown): string {
  const plain = (_: string, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part);
  return JSON.stringify(value, plain)?.slice(0, 600) ?? 'nothing';
}

const NO_TIME = { nowMs: () => 0, monotonicMs: () => 0 };

/**
 * State is the fold of events: what a start makes of snapshots and the journal behind them is what
 * the whole journal gives, from its first record on.
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
  readonly name = 'snapshots and the journal behind them give what the whole journal gives';
  checks = 0;
  /** Every record that ever reached the disk. */
  readonly #records: JournalRecord[] = [];

  see(seen: Observation): void {
    if (seen.type === 'record') this.#records.push(seen.record);
  }

  inspect(world: World, fail: Fail): Promise<void> {
    return world.inspect(async ({ journal, state }) => {
      const { behaviours } = world.broker;
      const recovered = new Registry(behaviours, state, () => 0);
      await replay(journal, state.checkpointSequence, (id) => recovered.cell(id));
      for (const [id, { behaviour, state: folded }] of this.#foldAll(behaviours)) {
        this.checks += 1;
        const cell = recovered.cell(id);
        const expected = behaviour.exists(folded) ? behaviour.snapshot(folded) : undefined;
        const found = behaviour.exists(cell.state) ? behaviour.snapshot(cell.state) : undefined;
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

function text(value: unknown): string {
  const plain = (_: string, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part);
  return JSON.stringify(value, plain)?.slice(0, 600) ?? 'nothing';
}

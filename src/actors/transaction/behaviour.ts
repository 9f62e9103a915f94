/** The coordinator of some of the transactions, as the runtime and others see it. */
import { refuse } from '../../base/errors.ts';
import { type Behaviour, Decision } from '../runtime/behaviour.ts';
import type { CoordinatorExposed } from '../txn-standing.ts';
import type { CoordinatorCommand } from './commands.ts';
import { noCounts } from './counts.ts';
import { type CoordinatorOptions, coordinatorDueAtMs, decideCoordinator } from './decide.ts';
import {
  type CoordinatorEvent,
  evolveCoordinator,
  restoreCoordinator,
  snapshotCoordinator,
} from './events.ts';
import { adriftTimeoutMs } from './reservation.ts';
import { type CoordinatorState, initialCoordinator, lowWaterMark } from './state.ts';

export function coordinatorBehaviour(
  options: CoordinatorOptions,
): Behaviour<CoordinatorState, CoordinatorCommand, CoordinatorEvent> {
  return {
    kind: 'transaction-coordinator',
    initial: initialCoordinator,
    decide: (state, command, facts) => decideCoordinator(state, command, facts, options),
    evolve: evolveCoordinator,
    phase: () => 'open',
    exists: ({ next }) => next > 0,
    // Those that have worked are few; they keep their counts, and the numbers that they promised.
    idle: ({ transactions, live }) => transactions.size === 0 && !live.isReserving,
    snapshot: snapshotCoordinator,
    restore: restoreCoordinator,
    dueAtMs: coordinatorDueAtMs,
    recovered: ({ live }) => {
      live.counts = noCounts();
    },
    expose: (state): CoordinatorExposed => ({
      newest: state.next - 1,
      lowWaterMark: lowWaterMark(state),
      transactions: state.transactions,
      counts: state.live.counts,
      adriftTimeoutMs: (sequence) => adriftTimeoutMs(state, sequence),
    }),
    abandon,
  };
}

function abandon({ transactions }: CoordinatorState): Decision {
  const decision = new Decision();
  for (const { live } of transactions.values()) {
    for (const { recipient, requestId } of live.askers) {
      decision.send(recipient, { type: 'refused', requestId, refusal: RECOVERING });
    }
  }
  return decision;
}

const RECOVERING = refuse('service-not-ready', 'The transaction coordinator is being recovered');

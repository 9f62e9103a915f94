/** The door to the coordinators of transactions. */
import { BrokerError } from '../../base/errors.ts';
import { COORDINATORS } from '../../base/system-topics.ts';
import type { PartitionedTopicInfo } from '../broker.ts';
import { coordinatorActor, partitionedActor } from '../names.ts';
import type { ReplyTo } from '../topic/commands.ts';
import { partsOf, type TxnId, txnId } from '../txn-id.ts';
import type { CoordinatorExposed } from '../txn-standing.ts';
import type { Participant } from './commands.ts';

/** What the door needs of the broker. */
interface DoorParts {
  /** transactionCoordinatorEnabled. */
  readonly isEnabled: boolean;
  /** Whether there are actors to look at: not while the broker starts over. */
  readonly isReady: () => boolean;
  readonly exposed: (actor: string) => unknown;
  readonly ask: <T>(actor: string, make: (reply: ReplyTo) => unknown) => Promise<T>;
}

/** Coordinators of a new cluster; as many as Pulsar's clusters have. */
const COUNT = 16;
/** Each of them is an actor that every list of coordinators names. */
const MAX_COORDINATORS = 10_000;

export class Transactions {
  readonly #parts: DoorParts;

  constructor(parts: DoorParts) {
    this.#parts = parts;
  }

  get isEnabled(): boolean {
    return this.#parts.isEnabled;
  }

  /** How many there are, numbered from 0: as many as a topic that stores nothing has partitions. */
  get coordinators(): number {
    if (!this.isEnabled) return 0;
    const info = this.#parts.exposed(partitionedActor(COORDINATORS));
    return (info as PartitionedTopicInfo | undefined)?.partitions ?? 0;
  }

  /**
   * Whether the coordinator is there that a transaction's name speaks of. A broker that starts over
   * denies none: its clients are let go, and what they say meanwhile is dropped.
   */
  knows(txn: TxnId): boolean {
    return !this.#parts.isReady() || this.has(partsOf(txn).coordinator);
  }

  has(coordinator: number): boolean {
    return Number.isInteger(coordinator) && coordinator >= 0 && coordinator < this.coordinators;
  }

  /** Makes the coordinators where there are none. */
  async furnish(): Promise<void> {
    if (!this.isEnabled || this.coordinators > 0) return;
    const document = { partitions: COUNT };
    const actor = partitionedActor(COORDINATORS);
    await this.#parts.ask(actor, (reply) => ({ type: 'create', reply, document }));
  }

  /**
   * Begins a transaction that is aborted after so many ms. Rejects with `coordinator-not-found`,
   * and with `transaction-limit` where too many are open.
   */
  async begin(coordinator: number, timeoutMs: number, owner?: string): Promise<TxnId> {
    const sequence = await this.#ask<number>(coordinator, (reply) => {
      return { type: 'begin', reply, timeoutMs, owner };
    });
    return txnId(coordinator, sequence);
  }

  /** Rejects with `transaction-not-found`, and with `transaction-status` once it is ending. */
  async join(txn: TxnId, participants: readonly Participant[], by?: string): Promise<void> {
    const { coordinator, sequence } = partsOf(txn);
    await this.#ask(coordinator, (reply) => ({ type: 'join', reply, sequence, participants, by }));
  }

  /** Resolves when every participant has done its part. Rejects as `join` does. */
  async end(txn: TxnId, commit: boolean, by?: string): Promise<void> {
    const { coordinator, sequence } = partsOf(txn);
    await this.#ask(coordinator, (reply) => ({ type: 'end', reply, sequence, commit, by }));
  }

  /** Rejects with `not-acceptable` where there would not be more. */
  async grow(coordinators: number): Promise<void> {
    if (coordinators <= this.coordinators) {
      const message =
        'Number of transaction coordinators should be more than the current number of ' +
        'transaction coordinator';
      throw new BrokerError('not-acceptable', message);
    }
    if (coordinators > MAX_COORDINATORS) {
      const message = `Number of transaction coordinators should be at most ${MAX_COORDINATORS}`;
      throw new BrokerError('not-acceptable', message);
    }
    const change = { partitions: coordinators };
    const actor = partitionedActor(COORDINATORS);
    await this.#parts.ask(actor, (reply) => ({ type: 'change', reply, change }));
  }

  /**
   * The process is about to end: the numbers that coordinators have promised and not given go to
   * the next one. Resolves when that is durable.
   */
  async release(): Promise<void> {
    const ids = Array.from({ length: this.coordinators }, (_, id) => id);
    await Promise.all(ids.map((id) => this.#ask(id, (reply) => ({ type: 'release', reply }))));
  }

  /** Throws `coordinator-not-found`. */
  view(coordinator: number): CoordinatorExposed {
    this.#check(coordinator);
    return this.#parts.exposed(coordinatorActor(coordinator)) as CoordinatorExposed;
  }

  async #ask<T>(coordinator: number, make: (reply: ReplyTo) => unknown): Promise<T> {
    this.#check(coordinator);
    return this.#parts.ask<T>(coordinatorActor(coordinator), make);
  }

  #check(coordinator: number): void {
    if (this.has(coordinator)) return;
    const message = `Transaction coordinator with id ${coordinator} not found!`;
    throw new BrokerError('coordinator-not-found', message);
  }
}

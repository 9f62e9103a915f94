/**
 * The runtime of one shard: opens its storage, recovers its actors, runs their steps, and starts
 * over from the journal when the disk has left it in doubt.
 */

import type { Clock } from '../../base/clock.ts';
import { BrokerError } from '../../base/errors.ts';
import { Latencies } from '../../base/latencies.ts';
import type { Log } from '../../base/log.ts';
import { nextSlice } from '../../base/slices.ts';
import type { Entries } from '../../storage/entries.ts';
import type { OpenStorage, Storage } from '../../storage/storage.ts';
import { topicActor } from '../names.ts';
import type { Effect, EntryFormat, Recipient } from '../ports.ts';
import { Agenda } from './agenda.ts';
import type { Asker, Decision, Facts } from './behaviour.ts';
import { type AnyBehaviour, type Cell, isBusy, rest } from './cell.ts';
import { type CommitLimits, CommitQueue } from './commit.ts';
import { Housekeeping, type HousekeepingLimits } from './housekeeping.ts';
import { replay, replayActor } from './recover.ts';
import { Registry } from './registry.ts';
import { Services } from './services.ts';
import { IdAllocator, SHARD_ACTOR, type ShardState } from './shard.ts';
import { type StepHost, type StepLimits, StepLoop } from './step.ts';

export interface RuntimeOptions {
  readonly openStorage: OpenStorage;
  readonly behaviours: readonly AnyBehaviour[];
  readonly clock: Clock;
  readonly log: Log;
  readonly format: EntryFormat;
  readonly limits: StepLimits & CommitLimits & HousekeepingLimits;
}

/** Everything that lives from one opening of the storage to its closing. */
interface Engine {
  readonly storage: Storage;
  readonly registry: Registry;
  readonly commits: CommitQueue;
  readonly loop: StepLoop;
  readonly services: Services;
  readonly housekeeping: Housekeeping;
  readonly ids: IdAllocator;
  readonly incarnation: number;
}

export interface RuntimeLatencies {
  /** Of every entry, from when its batch was begun until it was durable. */
  readonly publish: Latencies;
  /** Of topics that were brought into memory. */
  readonly load: Latencies;
}

/** Waiting time before storage that failed is opened again. */
const REOPEN_DELAY_MS = 1_000;
/** Actors looked at before others get their turn; one that is told counts for many. */
const SLICE = 5_000;
const TOLD_WEIGHT = 400;

export class Runtime {
  readonly #options: RuntimeOptions;
  readonly #latencies: RuntimeLatencies;
  #engine: Engine | undefined;
  /** Topics that came or went when the storage failed, and who was to hear of it. */
  readonly #unsure = new Map<string, Recipient>();
  #isEnding = false;
  #state: 'closed' | 'recovering' | 'open' | 'closing' | 'failed' = 'closed';

  constructor(options: RuntimeOptions) {
    this.#options = options;
    const { clock } = options;
    this.#latencies = { publish: new Latencies(clock), load: new Latencies(clock) };
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  get state(): string {
    return this.#state;
  }

  /** Opens and recovers. Rejects with the storage's error. */
  async open(): Promise<void> {
    this.#isEnding = false;
    await this.#open();
  }

  async #open(): Promise<void> {
    this.#state = 'recovering';
    const storage = await this.#options.openStorage();
    try {
      this.#engine = await this.#start(storage);
    } catch (error) {
      await storage.close().catch(() => undefined);
      throw error;
    }
    const { commits, housekeeping, loop } = this.#engine;
    if (this.#isEnding) return this.close();
    this.#state = 'open';
    if (commits.failure !== undefined) return this.#broken(commits.failure);
    storage.failed.then((error) => {
      if (this.#engine?.storage === storage) this.#broken(error);
    });
    housekeeping.start();
    loop.schedule();
    this.#tellWhatCameOfThem();
  }

  /** What was about to be told of them reached the disk, or did not. */
  #tellWhatCameOfThem(): void {
    const recipients = new Set(this.#unsure.values());
    for (const [topic, recipient] of this.#unsure) {
      const exists = this.exposed(topicActor(topic)) !== undefined;
      recipient.receive({ type: 'topic-listed', topic, exists });
    }
    this.#unsure.clear();
    for (const recipient of recipients) recipient.flush();
  }

  /** Waits for what was decided, checkpoints and closes. */
  async close(): Promise<void> {
    this.#isEnding = true;
    const engine = this.#engine;
    if (engine !== undefined) {
      this.#state = 'closing';
      await this.#drain(engine).catch((error) => {
        this.#options.log.error('what was under way did not reach the disk', { error });
      });
    }
    this.#engine = undefined;
    this.#state = 'closed';
    await engine?.storage.close();
  }

  async #drain(engine: Engine): Promise<void> {
    const { commits, loop, services, housekeeping, registry } = engine;
    while (!commits.idle) await commits.nextDurable();
    loop.stop();
    for (const asker of services.close()) refuse(asker);
    refuseMail(registry);
    await housekeeping.stop();
    await housekeeping.checkpoint();
  }

  /**
   * Mail for an actor; false when its mailbox is full. Throws `service-not-ready` when not open.
   */
  tell(actor: string, command: unknown): boolean {
    const { loop, registry } = this.#ready();
    return loop.offer(registry.cell(actor), command);
  }

  /** What an actor shows of itself. Throws `service-not-ready` when not open. */
  exposed(actor: string): unknown {
    const cell = this.#ready().registry.seen(actor);
    return cell.behaviour.expose(cell.state);
  }

  /**
   * Answers `done` once all that is decided by now is durable, so that what actors showed may be
   * told; refuses if that is lost. Throws `service-not-ready` when not open.
   */
  settle({ recipient, requestId }: Asker): void {
    const { commits } = this.#ready();
    commits.reply({ recipient, effect: { type: 'done', requestId } });
    commits.flush();
  }

  /** Existing actors whose identity starts with `prefix`, sorted. */
  list(prefix: string): string[] {
    return this.#ready().registry.list(prefix);
  }

  /**
   * The same, without their kind, where there may be very many: in slices, between which others go
   * on, and lists of other prefixes.
   */
  async listSlowly(prefix: string): Promise<readonly string[]> {
    return this.#ready().registry.listSlowly(prefix, () => this.#pause(prefix));
  }

  /** Existing actors of a kind that are in memory. */
  *loaded(kind: string): Iterable<string> {
    for (const { id } of this.#ready().registry.loadedOf(kind)) yield id;
  }

  /** What they show of themselves. */
  *loadedExposed(kind: string): Iterable<unknown> {
    for (const { behaviour, state } of this.#ready().registry.loadedOf(kind)) {
      yield behaviour.expose(state);
    }
  }

  /**
   * Tells those actors in memory that belong to the topics that `isMeant` picks by full name. There
   * may be very many: in slices, others go on.
   */
  async tellLoaded(isMeant: (topic: string) => boolean, command: unknown): Promise<void> {
    const engine = this.#engine;
    if (engine === undefined) return;
    let seen = 0;
    let roused: Cell[] = [];
    for (const cell of engine.registry.cells()) {
      const topic = cell.behaviour.topicOf?.(cell.state);
      const isTold = topic !== undefined && isMeant(topic);
      if (isTold) {
        if (cell.lifecycle === undefined) roused.push(cell);
        engine.loop.post(cell, command);
      }
      seen += isTold ? TOLD_WEIGHT : 1;
      if (seen < SLICE) continue;
      seen = 0;
      await this.#pause();
      // All that were in memory then are gone.
      if (this.#engine !== engine) return;
      // Their machines would be garbage that has grown old before the sweep comes to them.
      for (const each of roused) if (!isBusy(each)) rest(each);
      roused = [];
    }
  }

  /** Tells one actor, if it is in memory. */
  tellIfLoaded(actor: string, command: unknown): void {
    const cell = this.#engine?.registry.loaded(actor);
    if (cell !== undefined) this.#engine?.loop.post(cell, command);
  }

  /** Whether several tenants are served at this time. */
  get isShared(): boolean {
    return this.#engine?.loop.isShared ?? false;
  }

  get storage(): Storage {
    return this.#ready().storage;
  }

  stats() {
    const engine = this.#engine;
    return {
      state: this.#state as string,
      actors: engine?.registry.size ?? 0,
      steps: engine?.loop.steps ?? 0,
      batches: engine?.commits.batches ?? 0,
      journalSequence: engine?.commits.durableSequence ?? 0,
      pendingBytes: engine?.commits.pendingBytes ?? 0,
      latencies: this.#latencies,
    };
  }

  #pause(party = ''): Promise<void> {
    return nextSlice(this.#options.clock, party);
  }

  #ready(): Engine {
    if (this.#engine === undefined || this.#state !== 'open') {
      throw new BrokerError('service-not-ready', `The broker is ${this.#state}; please retry`);
    }
    return this.#engine;
  }

  async #start(storage: Storage): Promise<Engine> {
    const { behaviours, clock, log, limits, format } = this.#options;
    const registry = new Registry(behaviours, storage.state, clock, this.#latencies.load);
    await replay(storage.journal, storage.state.checkpointSequence, (id) => registry.cell(id));
    const commits = new CommitQueue(storage.journal, clock, limits, this.#latencies.publish, {
      committed: (continuations) => {
        for (const [cell, command] of continuations) loop.post(cell, command);
        loop.schedule();
      },
      broken: (error) => this.#broken(error),
    });
    const post = (actor: string, command: unknown) => loop.post(registry.cell(actor), command);
    const turns = () => loop;
    const services = new Services(storage.entries, storage.state, clock, log, format, post, turns);
    const facts = this.#facts(() => this.#engine!);
    const host = this.#host(registry, services, storage.entries, facts);
    const loop = new StepLoop(clock, log, limits, host, commits);
    const shard = registry.cell(SHARD_ACTOR);
    const record = (event: { readonly type: string; readonly data: unknown }) => {
      commits.add(shard, event, { type: event.type, by: 'runtime' });
      shard.state = shard.behaviour.evolve(shard.state, event);
    };
    const incarnation = (shard.state as ShardState).incarnation + 1;
    record({ type: 'started', data: { incarnation } });
    const ids = new IdAllocator(shard.state as ShardState, record);
    const { state } = storage;
    const tellDue = (cell: Cell) => loop.post(cell, { type: 'due' });
    const agenda = new Agenda(registry, state, facts, log, tellDue);
    const housekeeping = new Housekeeping(registry, agenda, storage, commits, clock, log, limits);
    commits.flush();
    return { storage, registry, commits, loop, services, housekeeping, ids, incarnation };
  }

  #host(registry: Registry, services: Services, entries: Entries, facts: Facts): StepHost {
    return {
      facts,
      cell: (actor) => registry.cell(actor),
      services: (cell, decision) => services.run(cell, decision),
      failed: (cell, command, error) => {
        refuseCommand(command);
        this.#failed(cell, error);
      },
      refused: (cell, batch) => {
        for (const command of batch) {
          if (!refuseCommand(command) && !isLent(command)) this.#hold(cell, command);
        }
      },
      settled: (kept) => entries.settle(kept),
    };
  }

  #facts(engine: () => Engine): Facts {
    const { clock, format } = this.#options;
    return {
      get nowMs() {
        return clock.nowMs();
      },
      get incarnation() {
        return engine().incarnation;
      },
      format,
      get isStorageShort() {
        return engine().storage.isShort;
      },
      nextId: (kind) => engine().ids.next(kind),
      exposed: (actor) => {
        const cell = engine().registry.seen(actor);
        return cell.behaviour.expose(cell.state);
      },
    };
  }

  /**
   * Storage that has failed gives no snapshots either, which is nobody's contradiction. What is
   * thrown from here would end the process.
   */
  #failed(cell: Cell, error: unknown): void {
    try {
      if (isStorageFailure(error)) throw error;
      this.#fence(cell);
    } catch (failure) {
      this.#broken(failure);
    }
  }

  /**
   * An actor whose state can no longer be trusted starts over from its snapshot and the journal.
   */
  #fence(cell: Cell): void {
    const engine = this.#engine!;
    cell.fenced = true;
    cell.lifecycle?.send({ type: 'fail' });
    const farewell = cell.behaviour.abandon(cell.state);
    leave(farewell);
    for (const { actor, command } of farewell.tells) {
      engine.loop.post(engine.registry.cell(actor), command);
    }
    this.#recoverActor(engine, cell).catch((error) => this.#broken(error));
  }

  async #recoverActor(engine: Engine, cell: Cell): Promise<void> {
    const { commits, registry, storage } = engine;
    while (!commits.settled(cell)) await commits.nextDurable();
    // What the fenced one showed stays in sight meanwhile: others must not take it for gone.
    const fresh = registry.fromSnapshot(cell.id);
    await replayActor(storage.journal, fresh, storage.state.checkpointSequence);
    registry.replace(fresh);
    for (const command of cell.held) engine.loop.post(fresh, command);
  }

  /** What others told an actor that is fenced reaches it once it has been recovered. */
  #hold(cell: Cell, command: unknown): void {
    // Nobody is left where storage has failed meanwhile.
    if (this.#engine === undefined) return;
    const { registry, loop } = this.#engine;
    const current = registry.cell(cell.id);
    if (current.fenced) current.held.push(command);
    else loop.post(current, command);
  }

  /** The storage failed: nothing in memory counts any more. Clients are let go; then start over. */
  #broken(error: unknown): void {
    const engine = this.#engine;
    if (engine === undefined || this.#state === 'failed') return;
    this.#state = 'failed';
    this.#options.log.error('the storage failed; starting over from what is on disk', { error });
    engine.loop.stop();
    for (const asker of engine.services.close()) refuse(asker);
    const lost = engine.commits.abandon(error);
    for (const { recipient, effect } of lost) {
      if (effect.type === 'topic-listed') this.#unsure.set(effect.topic, recipient);
      else refuseEffect(recipient, effect);
    }
    refuseMail(engine.registry);
    for (const cell of engine.registry.cells()) leave(cell.behaviour.abandon(cell.state));
    this.#engine = undefined;
    if (!this.#isEnding) this.#restart(engine);
  }

  #restart(engine: Engine): void {
    const again = () => {
      if (this.#isEnding) return;
      this.#open().catch((error) => {
        this.#options.log.error('the storage does not open; trying again', { error });
        this.#state = 'failed';
        this.#options.clock.after(REOPEN_DELAY_MS, again);
      });
    };
    engine.housekeeping
      .stop()
      .catch(() => undefined)
      .then(() => engine.storage.close())
      .catch(() => undefined)
      .then(() => this.#options.clock.after(REOPEN_DELAY_MS, again));
  }
}

function isStorageFailure(error: unknown): boolean {
  const isOurs = error instanceof BrokerError;
  return isOurs && (error.code === 'storage-failed' || error.code === 'storage-full');
}

const notReady = {
  code: 'service-not-ready',
  message: 'The topic is being recovered; please retry',
} as const;

/** Mail that cannot be handled is answered where an answer is waited for; whether it is. */
function refuseCommand(command: unknown): boolean {
  const { reply } = command as { readonly reply?: Asker };
  if (reply !== undefined) refuse(reply);
  return reply !== undefined;
}

/** Mail that holds what is lent for the step: nobody can take it later. */
function isLent(command: unknown): boolean {
  return (command as { readonly isLent?: boolean }).isLent === true;
}

function refuse({ recipient, requestId }: Asker): void {
  recipient.receive({ type: 'refused', requestId, refusal: notReady });
  recipient.flush();
}

/** Nobody will handle what lies in the mailboxes. */
function refuseMail(registry: Registry): void {
  for (const cell of registry.cells()) {
    for (const command of [...cell.urgent, ...cell.mailbox]) refuseCommand(command);
  }
}

/**
 * An answer whose reasons were lost with the disk. Whoever was about to be let go is let go all the
 * same: no actor knows of it any more.
 */
function refuseEffect(recipient: Recipient, effect: Effect): void {
  if (effect.type === 'consumer-closed' || effect.type === 'producer-closed') {
    recipient.receive(effect);
    recipient.flush();
    return;
  }
  if (!('requestId' in effect)) return;
  const { requestId } = effect;
  if (effect.type === 'ack-answered') recipient.receive({ ...effect, refusal: notReady });
  else recipient.receive({ type: 'refused', requestId, refusal: notReady });
  recipient.flush();
}

function leave(decision: Decision): void {
  for (const { recipient, effect } of decision.now) recipient.receive(effect);
  for (const { recipient } of decision.now) recipient.flush();
}

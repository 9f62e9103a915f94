/**
 * Compacts topics that ask for it, a few at a time. It decides nothing: what it finds out becomes
 * true when the topic says so.
 */
import type { Clock } from '../../base/clock.ts';
import { BrokerError, type ErrorCode } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Storage } from '../../storage/storage.ts';
import { topicActor } from '../names.ts';
import type { CompactionDue, CompactionFormat, Effect, Recipient } from '../ports.ts';
import type { CompactionOutcome, ReplyTo } from '../topic/commands.ts';
import { CompactionRun, type CompactionRunOptions } from './run.ts';

export interface CompactorOptions extends CompactionRunOptions {
  /** Topics that are compacted at the same time; others wait. */
  readonly maxConcurrent: number;
  /** Topics that wait. Beyond: their compaction fails. */
  readonly maxWaiting: number;
}

/** What the compactor works on. */
export interface CompactorHost {
  /** Throws while the storage is not open. */
  readonly storage: Storage;
  ask(actor: string, make: (reply: ReplyTo) => unknown): Promise<unknown>;
}

export interface CompactorParts {
  readonly options: CompactorOptions;
  readonly format: CompactionFormat;
  readonly clock: Clock;
  readonly log: Log;
}

/** A topic that takes no mail just now is asked again after so long, so often. */
const RETRY_MS = 100;
const MAX_TRIES = 600;

export class Compactor implements Recipient {
  readonly label = 'compactor';
  readonly #parts: CompactorParts;
  #host: CompactorHost | undefined;
  readonly #waiting: CompactionDue[] = [];
  #running = 0;
  #isClosed = false;

  constructor(parts: CompactorParts) {
    this.#parts = parts;
  }

  /** What it works on, once that is there. */
  attach(host: CompactorHost): void {
    this.#host = host;
  }

  /** What is under way ends without result. */
  close(): void {
    this.#isClosed = true;
  }

  receive(effect: Effect): void {
    if (effect.type !== 'compaction-due' || this.#isClosed) return;
    if (this.#waiting.length < this.#parts.options.maxWaiting) this.#waiting.push(effect);
    else void this.#end(effect, { kind: 'failed', message: 'Too many topics wait for compaction' });
  }

  flush(): void {
    while (this.#running < this.#parts.options.maxConcurrent) {
      const due = this.#waiting.shift();
      if (due === undefined) return;
      this.#running += 1;
      void this.#compact(due).finally(() => {
        this.#running -= 1;
        this.flush();
      });
    }
  }

  async #compact(due: CompactionDue): Promise<void> {
    const { log } = this.#parts;
    const { topic } = due;
    try {
      const outcome = await this.#run(due);
      log.info('compacted', { topic, removed: outcome.removed, readBytes: outcome.readBytes });
      await this.#end(due, outcome);
    } catch (error) {
      if (!this.#isClosed) log.warn('a compaction failed', { topic, error });
      const message = error instanceof Error ? error.message : String(error);
      await this.#end(due, { kind: 'failed', message });
    }
  }

  #run({ topic, plan }: CompactionDue) {
    const { options, format, clock } = this.#parts;
    const { entries, scratch } = this.#host!.storage;
    const run = new CompactionRun({
      plan,
      entries,
      scratch,
      format,
      clock,
      options,
      isStopped: () => this.#isClosed,
      store: async (block) => {
        const { storageId } = plan;
        const store = (reply: ReplyTo) => ({ type: 'store-compacted', reply, storageId, ...block });
        // Refused for another reason, it may have been stored all the same.
        await this.#ask(topic, store, ['too-many-requests']);
      },
    });
    return run.run();
  }

  /**
   * Told again while the topic is being recovered, since nothing happens twice. Where it cannot be
   * told for long, the next start of the process gives the compaction up.
   */
  async #end({ topic, plan }: CompactionDue, outcome: CompactionOutcome): Promise<void> {
    const { storageId } = plan;
    const end = (reply: ReplyTo) => ({ type: 'end-compaction', reply, storageId, outcome });
    try {
      await this.#ask(topic, end, ['too-many-requests', 'service-not-ready']);
    } catch (error) {
      this.#parts.log.debug('a compaction ends without result', { topic, error });
    }
  }

  /** Tries again where it is refused with one of these codes. */
  async #ask(
    topic: string,
    make: (reply: ReplyTo) => unknown,
    passing: readonly ErrorCode[],
  ): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.#host!.ask(topicActor(topic), make);
        return;
      } catch (error) {
        const isPassing = error instanceof BrokerError && passing.includes(error.code);
        if (!isPassing || this.#isClosed || tries === MAX_TRIES) throw error;
      }
      await new Promise<void>((resume) => void this.#parts.clock.after(RETRY_MS, resume));
    }
  }
}

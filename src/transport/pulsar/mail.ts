/**
 * Commands on their way to actors. An actor whose mailbox is full refuses; then the command and all
 * that follow it wait here in order, and the connection must not read on. The queue is bounded by
 * what one chunk of the socket holds, since nothing is read while it is not empty.
 */
import type { ActorRef } from '../../actors/broker.ts';
import type { ReplyTo } from '../../actors/topic/commands.ts';
import type { Cancel, Clock } from '../../base/clock.ts';
import { BrokerError } from '../../base/errors.ts';

/** First pause before a refused command is offered again; it doubles up to the last one, in ms. */
const FIRST_RETRY_MS = 1;
const LAST_RETRY_MS = 32;

export class Mail {
  readonly #clock: Clock;
  readonly #emptied: () => void;
  readonly #waiting: { readonly ref: ActorRef; readonly command: unknown }[] = [];
  #delayMs = FIRST_RETRY_MS;
  #cancel: Cancel | undefined;

  /** `emptied` is called when all that waited has been taken. */
  constructor(clock: Clock, emptied: () => void) {
    this.#clock = clock;
    this.#emptied = emptied;
  }

  get blocked(): boolean {
    return this.#waiting.length > 0;
  }

  tell<Command>(ref: ActorRef<Command>, command: Command): void {
    if (this.#waiting.length === 0 && offer(ref as ActorRef, command)) return;
    this.#waiting.push({ ref: ref as ActorRef, command });
    this.#cancel ??= this.#clock.after(this.#delayMs, this.#retryLater);
  }

  /** Offers what waits again. */
  retry(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    let taken = 0;
    while (taken < waiting.length && offer(waiting[taken]!.ref, waiting[taken]!.command)) taken++;
    waiting.splice(0, taken);
    if (taken > 0) this.#delayMs = FIRST_RETRY_MS;
    if (waiting.length > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#emptied();
  }

  readonly #retryLater = (): void => {
    this.#cancel = undefined;
    this.#delayMs = Math.min(this.#delayMs * 2, LAST_RETRY_MS);
    this.retry();
    if (this.blocked) this.#cancel = this.#clock.after(this.#delayMs, this.#retryLater);
  };
}

/**
 * Offers a command; false when the mailbox is full. A broker that ends or recovers has no actors:
 * then who waits for an answer is told so, and the rest is meant for nobody any more.
 */
function offer(ref: ActorRef, command: unknown): boolean {
  try {
    return ref.tell(command);
  } catch (error) {
    if (!(error instanceof BrokerError && error.code === 'service-not-ready')) throw error;
    const { reply } = command as { readonly reply?: ReplyTo };
    const { code, message } = error;
    const requestId = reply?.requestId ?? 0;
    reply?.recipient.receive({ type: 'refused', requestId, refusal: { code, message } });
    return true;
  }
}

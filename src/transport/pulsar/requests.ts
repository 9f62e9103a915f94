/** Requests of one connection that an actor has not answered yet, by request id. */
import type { Subscribe } from '../../actors/subscription/commands.ts';
import type { AddProducer } from '../../actors/topic/commands.ts';
import type { Long } from '../../base/long.ts';
import type { Consumer, Producer } from './handles.ts';

export type PendingRequest =
  | OpenProducer
  | OpenConsumer
  | { readonly kind: 'close-producer'; readonly producer: Producer }
  | {
      readonly kind: 'close-consumer' | 'unsubscribe' | 'seek' | 'last-message-id';
      readonly consumer: Consumer;
    }
  /** Answered by a promise of the broker, not by an effect. */
  | { readonly kind: 'lookup' | 'transaction' };

export interface OpenProducer {
  readonly kind: 'open-producer';
  readonly producer: Producer;
  /** To ask once more after a dead holder of the name was evicted. */
  readonly command: AddProducer;
  retried: boolean;
  /** The client was told to wait for an exclusive place; the request stays for a second answer. */
  parked: boolean;
}

export interface OpenConsumer {
  readonly kind: 'open-consumer';
  readonly consumer: Consumer;
  readonly command: Subscribe;
  retried: boolean;
}

export class Requests {
  readonly #byId = new Map<Long, PendingRequest>();
  /** Parked ones: answered once already, and they may wait for ever. */
  #waiting = 0;

  /** Requests that somebody works on. */
  get pending(): number {
    return this.#byId.size - this.#waiting;
  }

  get(id: Long): PendingRequest | undefined {
    return this.#byId.get(id);
  }

  has(id: Long): boolean {
    return this.#byId.has(id);
  }

  add(id: Long, request: PendingRequest): void {
    this.#byId.set(id, request);
  }

  park(request: OpenProducer): void {
    if (request.parked) return;
    request.parked = true;
    this.#waiting++;
  }

  /** Removes a request that is answered for good. */
  settle(id: Long): PendingRequest | undefined {
    const request = this.#byId.get(id);
    if (request === undefined) return undefined;
    this.#byId.delete(id);
    if (request.kind === 'open-producer' && request.parked) this.#waiting--;
    return request;
  }
}

/** Every request is answered, once. */
import type { ConsumerSeen, Observation } from '../observe/observation.ts';
import type { World } from '../world.ts';
import type { Fail, Invariant } from './invariant.ts';

/** Answers to a request are named like this, or like one of these. */
const ANSWERS = /_RESPONSE$|_SUCCESS$|^(SUCCESS|ERROR)$/;

interface Asked {
  readonly name: string;
  /** Of an acknowledgement. */
  readonly consumer: number | undefined;
  readonly atMs: number;
  /** The consumer was closed meanwhile: an answer may come or not. */
  readonly isOptional: boolean;
}

/** A request may be under way for so long: whoever holds a name has 5 s to answer a ping. */
const PATIENCE_MS = 10_000;

export class Requests implements Invariant {
  readonly name = 'every request is answered once';
  readonly seesPassing = true;
  readonly seesFrames = true;
  checks = 0;
  readonly #world: World;
  /** By link, the requests without an answer. */
  readonly #open = new Map<number, Map<string, Asked>>();
  /** Producers that were told to wait are waiting. */
  readonly #waiting = new Set<string>();

  constructor(world: World) {
    this.#world = world;
  }

  see(seen: Observation, fail: Fail): void {
    if (seen.type === 'unlinked') this.#open.delete(seen.link);
    // Who acknowledges with a consumer that is closed is not answered, as in Pulsar.
    if (seen.type === 'acked' && seen.requestId !== undefined) {
      this.#ask(seen.consumer.link, `ack ${seen.requestId}`, 'ACK', seen.consumer.id);
    }
    if (seen.type === 'consumer-closed') this.#forgetAcks(seen.consumer);
    if (seen.type !== 'heard' && seen.type !== 'said') return;
    const { name, body } = seen.command;
    if (!('request_id' in body) || body.request_id === undefined || name === 'ACK') return;
    const id = `${name === 'ACK_RESPONSE' ? 'ack ' : ''}${body.request_id}`;
    if (seen.type === 'heard') this.#ask(seen.link, id, name);
    else if (ANSWERS.test(name) && !this.#world.isAbusive(seen.link)) {
      this.checks += 1;
      const open = this.#open.get(seen.link);
      if (!open?.has(id)) fail(`${name} answers request ${id} of c${seen.link}, which none asked`);
      if (name === 'PRODUCER_SUCCESS' && body.producer_ready === false) {
        this.#waiting.add(`${seen.link} ${id}`);
      } else open?.delete(id);
    }
  }

  #forgetAcks({ link, id }: ConsumerSeen): void {
    const open = this.#open.get(link);
    for (const [request, asked] of open ?? []) {
      if (asked.consumer === id) open?.set(request, { ...asked, isOptional: true });
    }
  }

  /** Who breaks the rules may ask what cannot be answered. */
  #ask(link: number, id: string, name: string, consumer?: number): void {
    if (this.#world.isAbusive(link)) return;
    const { config, scheduler } = this.#world;
    const open = this.#open.get(link) ?? new Map<string, Asked>();
    this.#open.set(link, open);
    // Where no more transactions may be open (`Coordinators`), nobody is told anything.
    const isOptional = name === 'NEW_TXN' && config.maxActiveTransactionsPerCoordinator > 0;
    open.set(id, { name, consumer, atMs: scheduler.elapsedMs, isOptional });
  }

  isSatisfied(world: World): boolean {
    return this.#unanswered(world) === undefined;
  }

  end(world: World, fail: Fail): void {
    const unanswered = this.#unanswered(world);
    if (unanswered !== undefined) fail(unanswered);
  }

  #unanswered(world: World): string | undefined {
    for (const { id: link, isWhole } of world.network.links) {
      for (const [id, { name, atMs, isOptional }] of (isWhole ? this.#open.get(link) : undefined) ??
        []) {
        const isRecent = world.scheduler.elapsedMs - atMs < PATIENCE_MS;
        if (isOptional || isRecent || this.#waiting.has(`${link} ${id}`)) continue;
        return `${name} ${id} of c${link} has no answer`;
      }
    }
    return undefined;
  }
}

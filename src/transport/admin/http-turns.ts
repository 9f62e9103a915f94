/**
 * Bodies of requests come in by turns: what one socket has is read for all the bodies of a party
 * (a role; a host, where nobody has to say who they are) once in a turn of the event loop, and so
 * they end, and are parsed, one at a time. Else 64 of them would be joined and parsed on end. And
 * no party's come in, or long answers of its go out, faster than a rate: what they are read into,
 * and written of, keeps the collector busy.
 */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import { draw, newPace, type Pace, type Rate, readyAtMs } from '../../base/pace.ts';
import { nextSlice } from '../../base/slices.ts';
import type { Identity } from '../auth/identity.ts';

/** What comes in one piece anyway is not worth a turn. */
const SHORT_BYTES = 8 * 1024;

/** From whom the request is: with whom it shares memory and turns. */
export function partyOf({ socket }: IncomingMessage, identity: Identity | undefined): string {
  return identity === undefined ? `host ${socket.remoteAddress ?? ''}` : `role ${identity.role}`;
}

/** Of one that does not say how long it is as much as it may have. */
export function bodyBytes({ headers }: IncomingMessage, most: number): number {
  if (headers['transfer-encoding'] !== undefined) return most;
  return Math.min(most, Number(headers['content-length'] ?? 0) || 0);
}

/** So much of a second's bytes passes at once before its party has to wait. */
const BURST_MS = 100;

type TurnClock = Pick<Clock, 'soon' | 'after' | 'monotonicMs'>;

export class HttpTurns {
  readonly #clock: TurnClock;
  readonly #rate: Rate;
  /** Of those whose bodies are coming in, or whose answers are going out. */
  readonly #parties = new Map<string, Party>();

  /** 0 bytes a second set no limit. */
  constructor(clock: TurnClock, bytesPerSecond: number) {
    this.#clock = clock;
    this.#rate = {
      messages: 0,
      bytes: (bytesPerSecond * BURST_MS) / 1_000,
      periodMs: BURST_MS,
    };
  }

  /** Has a turn waited for after each piece of the body, whoever reads it. */
  read(request: IncomingMessage, name: string): void {
    if (bodyBytes(request, SHORT_BYTES) < SHORT_BYTES) return;
    const party = this.#join(name);
    request.once('close', () => this.#leave(name, party));
    request.on('data', (piece: Buffer) => {
      request.pause();
      this.#next(name, party, piece.length).then(() => request.resume());
    });
  }

  /** The texts of a long answer, which somebody else finds by turns, no faster than the rate. */
  async *write(texts: AsyncIterable<string>, name: string): AsyncIterable<string> {
    const party = this.#join(name);
    try {
      for await (const text of texts) {
        yield text;
        await this.#wait(party, text.length);
      }
    } finally {
      this.#leave(name, party);
    }
  }

  #join(name: string): Party {
    const pace = newPace(this.#rate, this.#clock.monotonicMs());
    const party = this.#parties.get(name) ?? { pace, underWay: 0 };
    party.underWay += 1;
    this.#parties.set(name, party);
    return party;
  }

  #leave(name: string, party: Party): void {
    party.underWay -= 1;
    if (party.underWay === 0) this.#parties.delete(name);
  }

  async #next(name: string, party: Party, bytes: number): Promise<void> {
    await this.#wait(party, bytes);
    await nextSlice(this.#clock, name);
  }

  async #wait({ pace }: Party, bytes: number): Promise<void> {
    if (pace === undefined) return;
    const nowMs = this.#clock.monotonicMs();
    draw(pace, 0, bytes, nowMs);
    const waitMs = readyAtMs(pace, nowMs) - nowMs;
    if (waitMs > 0) await new Promise<void>((go) => void this.#clock.after(waitMs, go));
  }
}

interface Party {
  /** Undefined where there is no limit. */
  readonly pace: Pace | undefined;
  /** Of bodies and answers. */
  underWay: number;
}

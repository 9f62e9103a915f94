/**
 * Liveness of a connection, both ways (Pulsar pings after 30 s of its own clock and hangs up after
 * another 30). Whatever arrives counts as a sign of life. While the broker itself does not read,
 * the peer's answers lie unread in the socket: then nobody is hung up on, and the peer, whose own
 * pings go unanswered as well, gets a PONG each half interval.
 */
import type { Cancel, Clock } from '../../base/clock.ts';

/** What keep-alive does to its connection. */
export interface KeepAliveTarget {
  readonly isPaused: boolean;
  sendPing(): void;
  sendPong(): void;
  close(reason: string): void;
}

export interface KeepAliveOptions {
  readonly keepAliveIntervalMs: number;
  readonly handshakeTimeoutMs: number;
  readonly livenessCheckTimeoutMs: number;
}

export class KeepAlive {
  readonly #clock: Clock;
  readonly #options: KeepAliveOptions;
  readonly #target: KeepAliveTarget;
  #cancelTick: Cancel;
  #cancelHandshake: Cancel;
  #connected = false;
  #halfTicks = 0;
  /** A ping is out and nothing has arrived since. */
  #unanswered = false;
  /** Reading was paused since the last ping, so silence says nothing. */
  #pausedSincePing = false;
  #stopped = false;
  #probe: Probe | undefined;

  constructor(clock: Clock, options: KeepAliveOptions, target: KeepAliveTarget) {
    this.#clock = clock;
    this.#options = options;
    this.#target = target;
    this.#cancelTick = this.#schedule();
    this.#cancelHandshake = clock.after(options.handshakeTimeoutMs, () =>
      target.close('no CONNECT in time'),
    );
  }

  /** Something arrived. Called for every chunk. */
  seen(): void {
    this.#unanswered = false;
    if (this.#probe !== undefined) this.#answer(true);
  }

  /** The handshake is over. */
  connected(): void {
    this.#connected = true;
    this.#cancelHandshake();
  }

  /** The broker has stopped reading. */
  paused(): void {
    this.#pausedSincePing = true;
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTick();
    this.#cancelHandshake();
    this.#answer(false);
  }

  /** Pings and waits for a sign of life; a peer that gives none in time is closed. */
  probe(): Promise<boolean> {
    if (this.#stopped) return Promise.resolve(false);
    const timeoutMs = this.#options.livenessCheckTimeoutMs;
    if (timeoutMs <= 0) return Promise.resolve(true);
    if (this.#probe !== undefined) return this.#probe.promise;
    let resolve: (alive: boolean) => void = () => {};
    const promise = new Promise<boolean>((settle) => {
      resolve = settle;
    });
    const cancel = this.#clock.after(timeoutMs, () => this.#giveUp());
    this.#probe = { promise, resolve, cancel };
    this.#target.sendPing();
    return promise;
  }

  #giveUp(): void {
    if (this.#target.isPaused) this.#answer(true);
    else this.#target.close('no answer to a liveness check');
  }

  #answer(alive: boolean): void {
    const probe = this.#probe;
    if (probe === undefined) return;
    this.#probe = undefined;
    probe.cancel();
    probe.resolve(alive);
  }

  #schedule(): Cancel {
    return this.#clock.after(this.#options.keepAliveIntervalMs / 2, () => this.#tick());
  }

  #tick(): void {
    this.#cancelTick = this.#schedule();
    if (!this.#connected) return;
    if (this.#target.isPaused) this.#target.sendPong();
    if (++this.#halfTicks % 2 !== 0) return;
    const excused = this.#pausedSincePing || this.#target.isPaused;
    if (this.#unanswered && !excused) {
      this.#target.close('no answer to a ping');
      return;
    }
    this.#unanswered = true;
    this.#pausedSincePing = this.#target.isPaused;
    this.#target.sendPing();
  }
}

interface Probe {
  readonly promise: Promise<boolean>;
  readonly resolve: (alive: boolean) => void;
  readonly cancel: Cancel;
}

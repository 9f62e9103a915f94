/**
 * TCP between clients and the broker: bytes arrive in order or not at all, in chunks of any size,
 * after any time. A link may be cut without anybody hearing of it, or be reset at any byte.
 */
import type { ClientSocket } from '../../../src/transport/pulsar/socket.ts';
import type { Chance } from './chance.ts';
import type { Owner, Scheduler } from './scheduler.ts';

/** What happens to a link, for whoever looks on from outside. */
export interface LinkWatcher {
  /** The broker has handed over bytes, of which this is a copy; they have not arrived. */
  said(link: Link, bytes: Buffer): void;
  /** The broker has been handed so many bytes in all. */
  took(link: Link, total: number): void;
  /** The broker has let go of its end, or has been told that the other one is gone. */
  over(link: Link): void;
}

/** How the network behaves now. */
export interface NetworkMood {
  /** Milliseconds that bytes travel, about. */
  delayMs: number;
  /** How often a chunk is cut into pieces. */
  cuts: number;
}

/** What no frame is full of. */
const SPOILT = 0xdb;

/** What the system holds for a peer that does not read, in bytes. */
const WINDOW_BYTES = 64 * 1024;

export class Network {
  readonly mood: NetworkMood = { delayMs: 0.3, cuts: 0.2 };
  readonly links = new Set<Link>();
  readonly #byId = new Map<number, Link>();
  readonly scheduler: Scheduler;
  readonly chance: Chance;
  watcher: LinkWatcher = { said: () => {}, took: () => {}, over: () => {} };
  /** Who listens; undefined while the broker is down. */
  listener: { readonly owner: Owner; accept(socket: ClientSocket): void } | undefined;
  #ids = 0;

  constructor(scheduler: Scheduler, chance: Chance) {
    this.scheduler = scheduler;
    this.chance = chance;
  }

  /** Opens a link to the broker; undefined when nobody listens. */
  connect(client: LinkClient, address: string): Link | undefined {
    if (this.listener === undefined) return undefined;
    const link = new Link(this, ++this.#ids, client, address, this.listener.owner);
    this.links.add(link);
    this.#byId.set(link.id, link);
    this.listener.accept(link.socket);
    return link;
  }

  isWhole(link: number): boolean {
    return this.#byId.get(link)?.isWhole ?? false;
  }

  /** The client's address of a link, as the broker names it. */
  addressOf(link: number): string {
    const { address, socket } = this.#byId.get(link)!;
    return `${address}:${socket.remotePort}`;
  }

  hostOf(link: number): string {
    return this.#byId.get(link)!.address;
  }

  /** The broker's end of all links is gone at once, as when its process is killed. */
  killBroker(): void {
    this.listener = undefined;
    for (const link of [...this.links]) link.brokerDied();
  }

  delay(): number {
    return this.chance.skewed(this.mood.delayMs / 4, this.mood.delayMs * 6);
  }
}

/** The client's side of a link. */
export interface LinkClient {
  readonly owner: Owner;
  /** So many bytes of all that the broker said have arrived. */
  arrived(link: Link, total: number): void;
  /** The link is no more, as far as the client can tell. */
  closed(link: Link): void;
}

/** One direction of a link: bytes that were handed over and have not arrived. */
interface Pipe {
  readonly queue: Piece[];
  bytes: number;
  arrived: number;
  isMoving: boolean;
}

interface Piece {
  readonly bytes: Buffer;
  /** As it was when it was handed over. */
  readonly copy: Buffer | undefined;
  at: number;
  readonly written: (() => void) | undefined;
}

export class Link {
  readonly id: number;
  readonly address: string;
  readonly socket: SimSocket;
  readonly #network: Network;
  readonly #client: LinkClient;
  readonly #broker: Owner;
  readonly #up: Pipe = newPipe();
  readonly #down: Pipe = newPipe();
  #isCut = false;
  /** The client takes what arrives. */
  #clientReads = true;
  #clientGone = false;
  #brokerGone = false;
  /** The end comes behind all bytes, in either direction. */
  #finQueued = false;
  #upFinQueued = false;

  constructor(network: Network, id: number, client: LinkClient, address: string, broker: Owner) {
    this.#network = network;
    this.id = id;
    this.#client = client;
    this.address = address;
    this.#broker = broker;
    this.socket = new SimSocket(this, address, id);
  }

  /** Both ends are there, and what is said gets through. */
  get isWhole(): boolean {
    return !this.#clientGone && !this.#brokerGone && !this.#isCut;
  }

  /** The client sends. */
  send(bytes: Buffer): void {
    if (this.#clientGone) return;
    push(this.#up, { bytes, copy: undefined, at: 0, written: undefined });
    this.#moveUp();
  }

  /** The client stops reading, or goes on. */
  setReading(reads: boolean): void {
    this.#clientReads = reads;
    if (reads) this.#moveDown();
  }

  /** The client lets go: the broker hears of it, unless the link is cut. */
  hangUp(): void {
    if (this.#clientGone) return;
    this.#clientGone = true;
    this.#upFinQueued = true;
    this.#moveUp();
    this.#forgetIfOver();
  }

  /** Nothing gets through, and the broker has not found out. */
  get isHalfOpen(): boolean {
    return this.#isCut && !this.#brokerGone;
  }

  /** Nothing gets through any more, and nobody is told. */
  cut(): void {
    this.#isCut = true;
  }

  /** Both ends hear that the link is no more; what was under way is lost. */
  reset(): void {
    this.#later(this.#broker, () => this.#tellBroker(new Error('read ECONNRESET')));
    this.#later(this.#client.owner, () => this.#tellClient());
  }

  /** The broker's process has died; its system hangs up for it. */
  brokerDied(): void {
    if (this.#brokerGone) return;
    this.#brokerGone = true;
    this.#network.watcher.over(this);
    this.#later(this.#client.owner, () => this.#tellClient());
    this.#forgetIfOver();
  }

  write(bytes: Buffer, written: () => void): void {
    const copy = Buffer.from(bytes);
    this.#network.watcher.said(this, copy);
    push(this.#down, { bytes, copy, at: 0, written });
    this.#moveDown();
  }

  get unsentBytes(): number {
    return this.#down.bytes;
  }

  brokerReads(): void {
    this.#moveUp();
  }

  /** The broker's end is destroyed: what it had not sent is lost. */
  brokerLeft(): void {
    if (this.#brokerGone) return;
    this.#brokerGone = true;
    this.#network.watcher.over(this);
    this.#network.scheduler.after(this.#broker, 0, () => this.socket.emitClose());
    this.#later(this.#client.owner, () => this.#tellClient());
    this.#forgetIfOver();
  }

  /** The broker says that nothing more comes, once all of it has arrived. */
  brokerEnds(): void {
    this.#finQueued = true;
    this.#moveDown();
  }

  #later(owner: Owner, task: () => void): void {
    if (this.#isCut) return;
    const { scheduler } = this.#network;
    scheduler.after(owner, this.#network.delay(), () => {
      if (!this.#isCut) task();
    });
  }

  #tellBroker(error: Error | undefined): void {
    if (this.#brokerGone) return;
    this.#clientGone = true;
    if (error === undefined) this.socket.emitEnd();
    else this.socket.emitError(error);
    this.brokerLeft();
  }

  #tellClient(): void {
    if (this.#clientGone) return;
    this.#clientGone = true;
    this.#client.closed(this);
    this.#forgetIfOver();
  }

  #forgetIfOver(): void {
    if (this.#clientGone && this.#brokerGone) this.#network.links.delete(this);
  }

  #moveUp(): void {
    const pipe = this.#up;
    if (pipe.isMoving || this.#isCut || this.#brokerGone || !this.socket.isReading) return;
    if (pipe.bytes === 0 && !this.#upFinQueued) return;
    pipe.isMoving = true;
    this.#network.scheduler.after(this.#broker, this.#network.delay(), () => {
      pipe.isMoving = false;
      if (this.#isCut || this.#brokerGone || !this.socket.isReading) return;
      if (pipe.bytes === 0) {
        this.#tellBroker(undefined);
        return;
      }
      const chunk = Buffer.concat(this.#take(pipe, WINDOW_BYTES));
      this.#network.watcher.took(this, pipe.arrived);
      this.socket.emitData(chunk);
      this.#moveUp();
    });
  }

  #moveDown(): void {
    const pipe = this.#down;
    if (pipe.isMoving || this.#isCut || this.#brokerGone || !this.#clientReads) return;
    if (pipe.bytes === 0 && !this.#finQueued) return;
    pipe.isMoving = true;
    this.#network.scheduler.after(this.#broker, this.#network.delay(), () => {
      pipe.isMoving = false;
      if (this.#isCut || this.#brokerGone || !this.#clientReads) return;
      this.#take(pipe, WINDOW_BYTES);
      if (!this.#clientGone) this.#client.arrived(this, pipe.arrived);
      if (pipe.bytes === 0 && this.#finQueued) this.#later(this.#client.owner, () => this.#fin());
      else this.#moveDown();
    });
  }

  /** The client answers the broker's end with its own. */
  #fin(): void {
    this.#tellClient();
    this.#later(this.#broker, () => this.brokerLeft());
  }

  /** Takes a first part of what is under way, of any size. */
  #take(pipe: Pipe, limit: number): Buffer[] {
    const { chance, mood } = this.#network;
    const most = Math.min(pipe.bytes, limit);
    let left = chance.happens(mood.cuts) ? Math.ceil(most * chance.next() ** 2) : most;
    const taken: Buffer[] = [];
    while (left > 0) {
      const piece = pipe.queue[0]!;
      const count = Math.min(left, piece.bytes.length - piece.at);
      taken.push(piece.bytes.subarray(piece.at, piece.at + count));
      requireUnchanged(piece, count);
      piece.at += count;
      left -= count;
      pipe.bytes -= count;
      pipe.arrived += count;
      if (piece.at < piece.bytes.length) break;
      pipe.queue.shift();
      piece.written?.();
    }
    return taken;
  }
}

function newPipe(): Pipe {
  return { queue: [], bytes: 0, arrived: 0, isMoving: false };
}

function push(pipe: Pipe, piece: Piece): void {
  pipe.queue.push(piece);
  pipe.bytes += piece.bytes.length;
}

/** Whoever writes must leave the bytes alone until they have left. */
function requireUnchanged({ bytes, copy, at }: Piece, count: number): void {
  if (copy === undefined) return;
  if (bytes.compare(copy, at, at + count, at, at + count) === 0) return;
  throw new Error('bytes on their way to a client have changed');
}

/** The broker's end of a link, as production code sees it. */
class SimSocket implements ClientSocket {
  readonly remoteAddress: string;
  readonly remotePort: number;
  destroyed = false;
  writableEnded = false;
  isReading = true;
  readonly #link: Link;
  readonly #data: ((chunk: Buffer) => void)[] = [];
  readonly #errors: ((error: Error) => void)[] = [];
  readonly #ends: (() => void)[] = [];
  readonly #closes: (() => void)[] = [];

  constructor(link: Link, address: string, port: number) {
    this.#link = link;
    this.remoteAddress = address;
    this.remotePort = 10_000 + port;
  }

  get writableLength(): number {
    return this.#link.unsentBytes;
  }

  on(event: 'data' | 'error' | 'end' | 'close', listener: (argument: never) => void): void {
    if (event === 'data') this.#data.push(listener as (chunk: Buffer) => void);
    else if (event === 'error') this.#errors.push(listener as (error: Error) => void);
    else (event === 'end' ? this.#ends : this.#closes).push(listener as () => void);
  }

  write(bytes: Buffer, written: () => void): boolean {
    if (this.destroyed || this.writableEnded) return false;
    this.#link.write(bytes, written);
    return this.writableLength < 16 * 1024;
  }

  cork(): void {}

  uncork(): void {}

  pause(): void {
    this.isReading = false;
  }

  resume(): void {
    this.isReading = true;
    this.#link.brokerReads();
  }

  end(bytes?: Buffer): void {
    if (bytes !== undefined) this.write(bytes, () => {});
    this.writableEnded = true;
    this.#link.brokerEnds();
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.#link.brokerLeft();
  }

  /** The chunk is lent, and spoilt afterwards: whoever looks at it later sees that. */
  emitData(lent: Buffer): void {
    for (const listener of this.#data) listener(lent);
    lent.fill(SPOILT);
  }

  emitEnd(): void {
    if (this.destroyed) return;
    for (const listener of this.#ends) listener();
  }

  emitError(error: Error): void {
    if (this.destroyed) return;
    for (const listener of this.#errors) listener(error);
  }

  emitClose(): void {
    this.destroyed = true;
    for (const listener of this.#closes) listener();
  }
}

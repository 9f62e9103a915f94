/** Takes new sockets in, or turns them away, and ends the connections when the broker does. */
import type { Clock } from '../../base/clock.ts';
import { isSameLimit } from '../../base/pace.ts';
import { Shares } from '../../base/shares.ts';
import { inSlices } from '../../base/slices.ts';
import { Turns } from '../../base/turns.ts';
import { encodeCommand } from '../../wire/codec.ts';
import { MINUS_ONE } from '../../wire/long.ts';
import { ServerError } from '../../wire/messages.ts';
import { BufferPool } from './buffer-pool.ts';
import { Connection } from './connection.ts';
import { ConnectionCounter } from './connection-counter.ts';
import type { PulsarContext } from './context.ts';
import { EntryMemory } from './entry-memory.ts';
import type { AdjustableOptions } from './options.ts';
import { GroupPaces } from './resource-groups.ts';
import { closeWhatIsRevoked } from './revocation.ts';
import type { Session } from './session.ts';
import { SharedPace } from './shared-pace.ts';
import type { ClientSocket } from './socket.ts';
import { Tenancy } from './tenancy.ts';

/** Connections that go on in one turn of the event loop, of those that have much to say. */
const SERVED_AT_ONCE = 2;

/** What connections of one tenant take in one, of all that came since the last, beside others. */
const SHARE_BYTES = 512 * 1024;

/** The connections of a listener, wherever their sockets come from. */
export class Acceptor {
  readonly context: PulsarContext;
  readonly connections = new Set<Connection>();
  readonly #perAddress = new Map<string, number>();
  #nextId = 1;
  #closing = false;
  readonly #stopReviews: () => void;
  readonly #stopRegrouping: () => void;
  #emptied: () => void = () => {};

  constructor(
    parts: Omit<
      PulsarContext,
      'turns' | 'shares' | 'pace' | 'groups' | 'pool' | 'memory' | 'lookups' | 'tenancy' | 'counter'
    >,
  ) {
    this.context = {
      ...parts,
      turns: new Turns(parts.clock, SERVED_AT_ONCE),
      shares: new Shares(parts.clock, SHARE_BYTES),
      pace: new SharedPace(parts.options.publishRate, parts.clock),
      groups: new GroupPaces(parts.broker.resourceGroups, parts.clock),
      pool: new BufferPool(),
      memory: new EntryMemory(parts.options.entryBlockBytes, parts.options.maxOpenFrameBytes),
      lookups: { pending: 0, most: parts.options.maxConcurrentLookups },
      tenancy: new Tenancy(parts.options.tenancy),
      counter: new ConnectionCounter(),
    };
    const sessions = () => this.#sessions();
    this.#stopReviews = closeWhatIsRevoked(this.context, sessions);
    this.#stopRegrouping = this.context.groups.follow(sessions, parts.log);
  }

  accept(socket: ClientSocket): void {
    const ip = socket.remoteAddress;
    if (ip === undefined || this.#closing) {
      socket.destroy();
      return;
    }
    const refusal = this.#objection(ip);
    if (refusal !== undefined) {
      this.context.counter.refused();
      this.context.log.warn('connection refused', { address: ip, reason: refusal });
      turnAway(socket, refusal, this.context.clock);
      return;
    }
    this.#perAddress.set(ip, (this.#perAddress.get(ip) ?? 0) + 1);
    const connection = new Connection(this.context, socket, this.#nextId++, () => {
      this.connections.delete(connection);
      this.context.counter.gone(connection.wasConnected);
      this.#forget(ip);
      if (this.connections.size === 0) this.#emptied();
    });
    this.connections.add(connection);
    this.context.counter.opened();
  }

  /** Whoever waits for the rate that was goes on by that which counts now. */
  adopt({ publishRate, maxConcurrentLookups }: AdjustableOptions): void {
    const { pace, lookups, clock, log } = this.context;
    lookups.most = maxConcurrentLookups;
    if (isSameLimit(pace.rate, publishRate)) return;
    pace.setRate(publishRate);
    const regroup = ({ publishing }: Session) => publishing.regroup();
    inSlices(clock, [...this.#sessions()], regroup).catch((error: unknown) => {
      log.error('producers keep to the publish rate of the broker that was', { error });
    });
  }

  hold(): void {
    this.#closing = true;
    for (const connection of this.connections) connection.hold();
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#stopReviews();
    this.#stopRegrouping();
    if (this.connections.size === 0) return;
    const { clock, options } = this.context;
    await new Promise<void>((resolve) => {
      const cancel = clock.after(options.drainTimeoutMs, () => {
        for (const connection of this.connections) connection.close('the broker stops');
      });
      this.#emptied = () => {
        cancel();
        resolve();
      };
      for (const connection of this.connections) connection.end();
    });
  }

  *#sessions(): Iterable<Session> {
    for (const { session } of this.connections) yield session;
  }

  #objection(ip: string): string | undefined {
    const { maxConnections, maxConnectionsPerAddress } = this.context.options;
    if (this.connections.size >= maxConnections) return 'Reached the maximum number of connections';
    const fromThere = this.#perAddress.get(ip) ?? 0;
    if (fromThere < maxConnectionsPerAddress) return undefined;
    return `Reached the maximum number of connections on address ${ip}`;
  }

  #forget(ip: string): void {
    const left = (this.#perAddress.get(ip) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(ip, left);
    else this.#perAddress.delete(ip);
  }
}

/** How long a refused client may take to read why, in milliseconds. */
const TURN_AWAY_MS = 1_000;

function turnAway(socket: ClientSocket, message: string, clock: Clock): void {
  socket.on('error', () => socket.destroy());
  const cancel = clock.after(TURN_AWAY_MS, () => socket.destroy());
  socket.on('close', cancel);
  socket.resume();
  socket.end(
    encodeCommand('ERROR', {
      request_id: MINUS_ONE,
      error: ServerError.NotAllowedError,
      message,
    }),
  );
}

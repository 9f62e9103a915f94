/**
 * The part of a TCP socket that a connection needs. Production has `node:net` sockets; the
 * simulation has its own.
 */
import type { ClientCertificate } from '../auth/provider.ts';

/** What an outbox writes to. */
export interface ByteSink {
  readonly writableLength: number;
  readonly destroyed: boolean;
  write(bytes: Buffer, written: () => void): boolean;
  cork(): void;
  uncork(): void;
}

export interface ClientSocket extends ByteSink {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  /** What the peer of a TLS connection proved to own; undefined where it showed nothing. */
  readonly certificate?: ClientCertificate | undefined;
  readonly writableEnded: boolean;
  /** The chunk is lent: after the call its bytes may be others. */
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** `end`: the peer sends nothing more. `close`: the socket is no more; comes last, once. */
  on(event: 'end' | 'close', listener: () => void): unknown;
  pause(): unknown;
  resume(): unknown;
  /** Sends what is left, with `bytes` after it, and then that nothing more comes. */
  end(): unknown;
  end(bytes: Buffer): unknown;
  /** Gives up at once what is not sent; `close` follows. */
  destroy(): unknown;
}

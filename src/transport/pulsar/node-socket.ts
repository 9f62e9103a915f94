/** Node's sockets, made to read into memory that they all share. */
import { type ConnectOpts, type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { certificateOf } from '../tls/peer.ts';
import type { ClientSocket } from './socket.ts';

/** Bytes of one read at most. */
const RECEIVE_BYTES = 128 * 1024;

/** Each read is used up before the next one, on any socket, begins. */
const received = Buffer.allocUnsafeSlow(RECEIVE_BYTES);

/**
 * A connection that a server accepted paused, without a new buffer for each read: at hundreds of
 * megabytes a second these would keep the garbage collector busy. Node offers this (`onread`) to
 * sockets that one makes oneself, so the connection moves to such a one; should a later Node hide
 * what that takes, the socket stays as it is.
 */
export function readIntoSharedMemory(accepted: Socket): ClientSocket {
  const inside = accepted as unknown as { _handle: object | null };
  const handle = inside._handle;
  if (handle === null || handle === undefined) return accepted.resume();
  inside._handle = null;
  accepted.destroy();
  const onread: OnReadOpts = {
    buffer: received,
    callback: (bytes) => {
      socket.emit('data', received.subarray(0, bytes));
      return true;
    },
  };
  type Options = SocketConstructorOpts & ConnectOpts & { readonly handle: object };
  const options: Options = { handle, onread };
  const socket: Socket = new Socket(options);
  return socket;
}

/** A connection over TLS, with what its client has proved to own. */
export function overTls(socket: TLSSocket): ClientSocket {
  return Object.assign(socket, { certificate: certificateOf(socket) });
}

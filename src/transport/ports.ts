/** Ports that clients come in by. */
import type { Server } from 'node:net';
import { assert } from '../base/assert.ts';
import { BrokerError } from '../base/errors.ts';

export interface PortToOpen {
  readonly server: Server;
  /** 0 takes any that is free, undefined opens none. */
  readonly port: number | undefined;
}

/**
 * Opens the ports of `host`, all of them or none; resolves with those that were taken, in the same
 * order. Rejects with `address-in-use` or `bad-option`.
 */
export async function openPorts(
  host: string,
  wanted: readonly PortToOpen[],
): Promise<readonly (number | undefined)[]> {
  const opened: Server[] = [];
  const ports: (number | undefined)[] = [];
  for (const { server, port } of wanted) {
    if (port === undefined) {
      ports.push(undefined);
      continue;
    }
    try {
      ports.push(await open(server, host, port));
    } catch (error) {
      for (const other of opened) other.close();
      throw cannotListen(host, port, error as NodeJS.ErrnoException);
    }
    opened.push(server);
  }
  return ports;
}

async function open(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  assert(address !== null && typeof address === 'object', 'a TCP server has a port');
  return address.port;
}

function cannotListen(host: string, port: number, cause: NodeJS.ErrnoException): BrokerError {
  if (cause.code === 'EADDRINUSE') {
    const message = `Port ${port} of ${host} is in use: stop what listens there, or choose another`;
    return new BrokerError('address-in-use', message, { cause });
  }
  const message = `Cannot listen on port ${port} of ${host}: ${cause.message}`;
  return new BrokerError('bad-option', message, { cause });
}

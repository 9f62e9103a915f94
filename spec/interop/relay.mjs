// A TCP relay that keeps the raw bytes of both directions of every connection. It changes nothing
// on the way: what it saves is what the client and the broker really said to each other.
//
//   node spec/interop/relay.mjs --listen 7650 --target localhost:6650   shows sizes as they pass

import { connect, createServer } from 'node:net';
import { pathToFileURL } from 'node:url';

/**
 * Starts a relay. The result has `port`, `conversations` (in order of connection, each with
 * `clientToServer` and `serverToClient` as lists of chunks) and `close()`.
 */
export async function startRelay({ target, listen = 0, onChunk = () => {} }) {
  const [host, port] = target.split(':');
  const conversations = [];
  const sockets = new Set();
  const server = createServer((client) => {
    const conversation = { clientToServer: [], serverToClient: [] };
    conversations.push(conversation);
    const broker = connect({ host, port: Number(port) });
    join(client, broker, conversation.clientToServer, 'c2s');
    join(broker, client, conversation.serverToClient, 's2c');
  });

  function join(from, to, chunks, direction) {
    sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (chunk) => {
      chunks.push(chunk);
      onChunk(direction, chunk);
      if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => from.resume());
    from.on('end', () => to.end());
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
  }

  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen, '127.0.0.1', resolve);
  });
  return {
    port: server.address().port,
    conversations,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function main(args) {
  const value = (name, fallback) => {
    const at = args.indexOf(name);
    return at < 0 ? fallback : args[at + 1];
  };
  const relay = await startRelay({
    target: value('--target', 'localhost:6650'),
    listen: Number(value('--listen', '7650')),
    onChunk: (direction, chunk) => console.log(`${direction} ${chunk.length} bytes`),
  });
  console.log(`listening on pulsar://localhost:${relay.port}`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(process.argv.slice(2));
